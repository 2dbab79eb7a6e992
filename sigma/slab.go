package sigma

// slab hands out runs of T from few large allocations without pointers, so
// that a hundred thousand groups cost the garbage collector nothing. Runs come
// in classes of capacity; what is given back is used again for its class. A
// run's reference is its segment and its place in it.
type slab[T any] struct {
	caps     []int // capacity of each class, rising, at most segmentSize
	segments [][]T
	used     int        // of the last segment
	free     [][]uint32 // references by class
	taken    int        // units in use
	idle     int        // units given back
}

const (
	segmentBits  = 12
	segmentSize  = 1 << segmentBits
	firstSegment = 8 // segments double from here, so that a small state stays small
)

func newSlab[T any](caps []int) slab[T] {
	return slab[T]{caps: caps, free: make([][]uint32, len(caps))}
}

// class is the smallest class that holds n; len(caps) when none does.
func (s *slab[T]) class(n int) int {
	for i, c := range s.caps {
		if c >= n {
			return i
		}
	}
	return len(s.caps)
}

func (s *slab[T]) take(class int) uint32 {
	n := s.caps[class]
	s.taken += n
	if f := s.free[class]; len(f) > 0 {
		ref := f[len(f)-1]
		s.free[class] = f[:len(f)-1]
		s.idle -= n
		return ref
	}
	if len(s.segments) == 0 || s.used+n > len(s.segments[len(s.segments)-1]) {
		size := min(firstSegment<<min(len(s.segments), segmentBits), segmentSize)
		for size < n {
			size *= 2
		}
		s.segments = append(s.segments, make([]T, size))
		s.used = 0
	}
	ref := uint32(len(s.segments)-1)<<segmentBits | uint32(s.used)
	s.used += n
	return ref
}

func (s *slab[T]) give(ref uint32, class int) {
	s.taken -= s.caps[class]
	s.idle += s.caps[class]
	s.free[class] = append(s.free[class], ref)
}

// at returns the first n of the run.
func (s *slab[T]) at(ref uint32, n int) []T {
	seg, off := s.segments[ref>>segmentBits], int(ref&(segmentSize-1))
	return seg[off : off+n]
}

// one returns the first of the run.
func (s *slab[T]) one(ref uint32) *T {
	return &s.segments[ref>>segmentBits][ref&(segmentSize-1)]
}
