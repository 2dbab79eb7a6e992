package oncall

import (
	"errors"
	"time"
)

// Kinds of target.
const (
	TargetSchedule = "schedule" // whoever is on call on it when the step comes
	TargetPerson   = "person"
)

// Target is who a step pages.
type Target struct {
	Kind string `json:"kind"`
	ID   string `json:"id"`
}

// Step is one stage of an escalation.
type Step struct {
	Targets []Target `json:"targets"`
	// DelaySeconds is the wait after the step before it (for the first, after
	// the start of the run; later rounds begin after the policy's pause).
	DelaySeconds int `json:"delay_seconds"`
}

// Policy says who is paged, in which order, and how often over.
type Policy struct {
	ID      string
	Name    string
	Steps   []Step
	Repeat  int // rounds after the first
	Version int64
	Created time.Time
}

// Validate says what is wrong with a policy.
func (p Policy) Validate() error {
	switch {
	case p.Name == "" || len(p.Name) > 100:
		return errors.New("an escalation policy has a name of at most 100 characters")
	case len(p.Steps) == 0 || len(p.Steps) > 20:
		return errors.New("an escalation policy has 1 to 20 steps")
	case p.Repeat < 0 || p.Repeat > 100:
		return errors.New("an escalation policy repeats 0 to 100 times")
	}
	for _, s := range p.Steps {
		if len(s.Targets) == 0 || len(s.Targets) > 20 {
			return errors.New("a step has 1 to 20 targets")
		}
		if s.DelaySeconds < 0 || s.DelaySeconds > 24*3600 {
			return errors.New("a step's delay is at most a day")
		}
		for _, t := range s.Targets {
			if t.Kind != TargetSchedule && t.Kind != TargetPerson || t.ID == "" || len(t.ID) > 64 {
				return errors.New("a target is a schedule or a person")
			}
		}
	}
	return nil
}

// plan is a policy as a run keeps it.
type plan struct {
	Steps  []Step `json:"steps"`
	Repeat int    `json:"repeat"`
	Case   Case   `json:"case"`
}

// minPause keeps a policy without delays from paging in a loop.
const minPause = time.Minute

// pause is the wait after the last step of a round: what the most patient step
// of the policy gives.
func (p plan) pause() time.Duration {
	longest := minPause
	for _, s := range p.Steps {
		longest = max(longest, s.delay())
	}
	return longest
}

func (s Step) delay() time.Duration { return time.Duration(s.DelaySeconds) * time.Second }

// place is where a run stands: the step to take next (0-based). Step
// len(Steps) of the last round means that only the wait for an answer is left.
type place struct{ step, round int }

// after is the place that follows at, and the wait before it.
func (p plan) after(at place) (place, time.Duration) {
	switch {
	case at.step+1 < len(p.Steps):
		return place{at.step + 1, at.round}, p.Steps[at.step+1].delay()
	case at.round < p.Repeat:
		return place{0, at.round + 1}, p.pause()
	}
	return place{len(p.Steps), at.round}, p.pause()
}

// sameRound reports whether the step to take next follows one of its own
// round, so that it may come early when nobody was reached.
func (p plan) sameRound(next place) bool { return next.step > 0 && next.step < len(p.Steps) }

// over reports whether no step is left.
func (p plan) over(at place) bool { return at.step >= len(p.Steps) }
