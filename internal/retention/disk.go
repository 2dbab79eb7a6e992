package retention

import (
	"fmt"
	"syscall"
)

// States of the disk.
const (
	DiskOK   = "ok"
	DiskLow  = "low"  // segments go to the tier early
	DiskFull = "full" // and what the classes allow is dropped early
)

// Space is what the data directory's file system has, in bytes.
type Space struct{ Free, Total uint64 }

// Disk says when space is low, in percent of the total, and how to ask for it.
type Disk struct {
	LowPercent, FullPercent uint64
	Space                   func() (Space, error)
}

// StatDisk asks the file system that dir is on.
func StatDisk(dir string) func() (Space, error) {
	return func() (Space, error) {
		var st syscall.Statfs_t
		if err := syscall.Statfs(dir, &st); err != nil {
			return Space{}, fmt.Errorf("ask for the free space of %s: %w", dir, err)
		}
		return Space{Free: st.Bavail * uint64(st.Bsize), Total: st.Blocks * uint64(st.Bsize)}, nil
	}
}

// state names the state and how many bytes are missing to be out of it.
func (d Disk) state(sp Space) (state string, missing int64) {
	low, full := sp.Total/100*d.LowPercent, sp.Total/100*d.FullPercent
	switch {
	case sp.Free < full:
		return DiskFull, int64(low - sp.Free)
	case sp.Free < low:
		return DiskLow, int64(low - sp.Free)
	}
	return DiskOK, 0
}

// plan says in a sentence what is done about a state.
func plan(state string, tier, floors bool) string {
	const last = " If space runs out, the journal refuses what is new and senders wait; nothing that was acknowledged or is held is dropped."
	switch {
	case state == DiskOK && tier:
		return "There is room. Segments move to the tier at their age and are dropped when their class says so."
	case state == DiskOK:
		return "There is room. Segments are dropped when their class says so."
	case state == DiskLow && tier:
		return "Space is low: the oldest segments move to the tier early." + last
	case state == DiskLow:
		return "Space is low, and there is no tier that segments could move to. Add space, or shorten what a class keeps." + last
	case floors:
		return "The disk is full: the oldest segments that are not held are dropped early, down to the floor that their class allows." + last
	}
	return "The disk is full, and no class allows segments to be dropped early. Add space now." + last
}

// measure looks at the disk and keeps what it saw.
func (s *Service) measure() (state string, missing int64) {
	sp, err := s.Disk.Space()
	s.alarm("disk", err)
	if err != nil {
		return DiskOK, 0 // nothing is dropped early on a guess
	}
	state, missing = s.Disk.state(sp)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != "" && s.state != state {
		s.Log.Warn("the state of the disk changed", "from", s.state, "to", state, "free", sp.Free, "total", sp.Total)
	}
	s.space, s.state = sp, state
	return state, missing
}
