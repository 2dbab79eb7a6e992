package eventstore

import "slices"

// epoch is a time during which no file left the list of segments. A search is
// counted in the epoch that it began in; a file that leaves the list is removed
// when no search of that epoch or an older one runs any more.
type epoch struct {
	readers int
	garbage []func()
}

// enter counts a reader. The caller holds viewMu.
func (s *Store) enter() *epoch {
	if len(s.epochs) == 0 {
		s.epochs = []*epoch{{}}
	}
	e := s.epochs[len(s.epochs)-1]
	e.readers++
	return e
}

// leave ends what enter began.
func (s *Store) leave(e *epoch) {
	s.viewMu.Lock()
	e.readers--
	garbage := s.reap()
	s.viewMu.Unlock()
	runAll(garbage)
}

// relist changes the list of segments; after runs once nobody reads the old one.
func (s *Store) relist(change func([]Segment) []Segment, after func()) {
	s.viewMu.Lock()
	segments := change(slices.Clone(s.segments))
	sortSegments(segments)
	s.segments = segments
	e := s.enter()
	e.readers--
	e.garbage = append(e.garbage, after)
	s.epochs = append(s.epochs, &epoch{})
	garbage := s.reap()
	s.viewMu.Unlock()
	runAll(garbage)
}

// reap takes what may go now. The caller holds viewMu.
func (s *Store) reap() (garbage []func()) {
	for len(s.epochs) > 1 && s.epochs[0].readers == 0 {
		garbage = append(garbage, s.epochs[0].garbage...)
		s.epochs = s.epochs[1:]
	}
	return garbage
}

func runAll(fs []func()) {
	for _, f := range fs {
		f()
	}
}
