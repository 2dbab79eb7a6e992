package classify

import (
	"fmt"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
)

// scale reads impact or urgency: the highest of its readings, 1 when none
// gives more.
type scale []reading

// reading translates one value: a number by steps, words by a table.
type reading struct {
	id, title string
	when      *expression // nil: always
	of        expression
	words     map[string]int
	steps     []step // ascending
}

type step struct{ from, value int }

// read returns the scale's value and what decided it.
func (s scale) read(name string, vars map[string]any) (int, Axis, []string) {
	best := 1
	a := Axis{Criterion: Criterion{ID: "lowest", Title: "Nothing raises it"}, Reason: fmt.Sprintf("Nothing raises the %s.", name), Inputs: []Input{}}
	var notes []string
	for _, r := range s {
		value, text, err := r.read(vars)
		if err != nil {
			notes = append(notes, fmt.Sprintf("%s: reading %q could not be computed: %v", name, r.id, err))
			continue
		}
		if value > best {
			best = value
			a.Criterion = Criterion{ID: r.id, Title: r.title}
			a.Reason = fmt.Sprintf("%s (%s) makes the %s %s.", r.title, text, name, degree(value))
			a.Inputs = r.of.values(vars)
			if r.when != nil {
				a.Inputs = append(a.Inputs, r.when.values(vars)...)
			}
		}
	}
	a.Value = fmt.Sprint(best)
	return best, a, notes
}

func (r *reading) read(vars map[string]any) (int, string, error) {
	if r.when != nil {
		if ok, err := r.when.holds(vars); err != nil || !ok {
			return 0, "", err
		}
	}
	v, _, err := r.of.program.Eval(vars)
	if err != nil {
		return 0, "", err
	}
	if list, ok := v.(traits.Lister); ok {
		best, text := 0, ""
		for it := list.Iterator(); it.HasNext() == types.True; {
			if value, word := r.one(it.Next()); value > best {
				best, text = value, word
			}
		}
		return best, text, nil
	}
	value, text := r.one(v)
	return value, text, nil
}

func (r *reading) one(v ref.Val) (value int, text string) {
	switch n := v.(type) {
	case types.Int:
		for _, s := range r.steps {
			if int64(n) >= int64(s.from) {
				value = s.value
			}
		}
		return value, fmt.Sprint(int64(n))
	case types.Bool, types.String:
		text = show(v)
		return r.words[text], text
	}
	return 0, ""
}
