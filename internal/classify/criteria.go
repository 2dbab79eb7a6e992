package classify

import "fmt"

// criterion is one line of a criteria list: when it holds, it answers.
type criterion struct {
	Criterion
	when        expression
	then        string
	disposition string
	decideBy    int // minutes
	reason      template
}

// criteria are in order; the first that holds answers for the axis.
type criteria []criterion

// find returns the first criterion that holds, nil for none, and notes on those
// that could not be computed before it.
func (c criteria) find(axis string, vars map[string]any) (*criterion, []string) {
	var notes []string
	for i := range c {
		ok, err := c[i].when.holds(vars)
		if err != nil {
			notes = append(notes, fmt.Sprintf("%s: criterion %q could not be computed: %v", axis, c[i].ID, err))
			continue
		}
		if ok {
			return &c[i], notes
		}
	}
	return nil, notes
}

func (c *criterion) explain(value string, vars map[string]any) Axis {
	return Axis{Value: value, Criterion: c.Criterion, Reason: c.reason.render(vars), Inputs: c.when.values(vars)}
}

// builtIn explains an answer that is given in code.
func builtIn(value, id, title, reason string, inputs ...Input) Axis {
	if inputs == nil {
		inputs = []Input{}
	}
	return Axis{Value: value, Criterion: Criterion{ID: id, Title: title}, Reason: reason, Inputs: inputs}
}
