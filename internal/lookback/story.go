package lookback

import "time"

// burst is how long after each other equal lines are one.
const burst = 10 * time.Minute

// story makes the lines of the timeline. Facts come oldest first.
type story struct {
	items []Item
	last  map[string]int // the newest line of its text, by kind and entity
}

func (s *story) add(f *fact) {
	if s.last == nil {
		s.last = map[string]int{}
	}
	when := at(f.at)
	key := string(f.kind) + "\x00" + f.entity.Kind + "\x00" + f.entity.Value + "\x00" + f.text
	if i, ok := s.last[key]; ok && folds(f.kind) && when.Sub(s.items[i].Last) <= burst {
		s.items[i].Count++
		s.items[i].Last = when
		return
	}
	s.last[key] = len(s.items)
	s.items = append(s.items, Item{At: when, Last: when, Kind: f.kind, Entity: f.entity, Text: f.text, Event: f.id.String(), Source: f.source, Count: 1})
}

// folds reports what is told once a burst. Each login, logout and change of an
// account has a line of its own.
func folds(k Kind) bool { return k != Login && k != Logout && k != Account }
