package classify

import "testing"

func TestExamples(t *testing.T) {
	results := RunExamples(Default())
	if len(results) < 44 {
		t.Errorf("%d examples, expected at least 44", len(results))
	}
	names := map[string]bool{}
	for _, r := range results {
		t.Run(r.Example.Name, func(t *testing.T) {
			if names[r.Example.Name] {
				t.Error("the name occurs twice")
			}
			names[r.Example.Name] = true
			for _, d := range r.Differences {
				t.Error(d)
			}
			if !r.Pass() {
				t.Logf("reason: %s", r.Result.Reason)
			}
			for axis, a := range map[string]Axis{
				"decision": r.Result.Explain.Decision, "type": r.Result.Explain.Type, "lead": r.Result.Explain.Lead,
				"track": r.Result.Explain.Track, "impact": r.Result.Explain.Impact, "urgency": r.Result.Explain.Urgency,
			} {
				if a.Reason == "" || a.Criterion.ID == "" || a.Criterion.Title == "" || a.Inputs == nil {
					t.Errorf("%s is not explained: %+v", axis, a)
				}
			}
		})
	}
}
