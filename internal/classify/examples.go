package classify

import (
	"embed"
	"fmt"
	"io/fs"
	"strconv"
)

// The worked examples of the default policy. "ref" names the requirement that
// an example illustrates.
//
//go:embed examples/*.yaml
var workedExamples embed.FS

// Example is a worked case: facts and what the policy has to make of them.
type Example struct {
	Name   string `yaml:"name" json:"name"`
	Ref    string `yaml:"ref" json:"ref,omitempty"` // the requirement that it illustrates
	Facts  Facts  `yaml:"facts" json:"facts"`
	Expect Expect `yaml:"expect" json:"expect"`
}

// Expect is the expected result; "" and nil are not compared.
type Expect struct {
	Decision          string `yaml:"decision" json:"decision,omitempty"` // watch: undetermined
	Disposition       string `yaml:"disposition" json:"disposition,omitempty"`
	Type              string `yaml:"type" json:"type,omitempty"`
	Lead              string `yaml:"lead" json:"lead,omitempty"`
	Track             string `yaml:"track" json:"track,omitempty"`
	Level             string `yaml:"level" json:"level,omitempty"`
	Criterion         string `yaml:"criterion" json:"criterion,omitempty"`
	DecideByMinutes   *int   `yaml:"decide_by_minutes" json:"decide_by_minutes,omitempty"`
	ReassessMinutes   *int   `yaml:"reassess_minutes" json:"reassess_minutes,omitempty"`
	Page              *bool  `yaml:"page" json:"page,omitempty"`
	CloseWhenRestored *bool  `yaml:"close_when_restored" json:"close_when_restored,omitempty"`
	AskIntent         *bool  `yaml:"ask_intent" json:"ask_intent,omitempty"`
}

// ExampleResult is one example, run.
type ExampleResult struct {
	Example     Example  `json:"example"`
	Result      Result   `json:"result"`
	Differences []string `json:"differences,omitempty"` // "lead is operations, expected security"
}

// Pass tells whether the policy did what was expected.
func (r ExampleResult) Pass() bool { return len(r.Differences) == 0 }

// LoadExamples reads a list of examples. The error is of type Errors.
func LoadExamples(b []byte) ([]Example, error) {
	var out []Example
	if err := decode(b, &out); err != nil {
		return nil, err
	}
	for i, e := range out {
		if e.Name == "" {
			return nil, Errors{{Reason: fmt.Sprintf("example %d has no name", i+1)}}
		}
		if e.Expect == (Expect{}) {
			return nil, Errors{{Reason: fmt.Sprintf("example %q expects nothing", e.Name)}}
		}
	}
	return out, nil
}

// ShippedExamples are those that the default policy answers as written.
func ShippedExamples() []Example {
	broken := func(err error) {
		if err != nil { // a programming error; a test loads them
			panic(fmt.Sprintf("classify: the built-in examples are broken: %v", err))
		}
	}
	files, err := fs.Glob(workedExamples, "examples/*.yaml")
	broken(err)
	var out []Example
	for _, name := range files {
		b, err := fs.ReadFile(workedExamples, name)
		broken(err)
		some, err := LoadExamples(b)
		broken(err)
		out = append(out, some...)
	}
	return out
}

// RunExamples runs the shipped examples against a policy.
func RunExamples(p *Policy) []ExampleResult { return Run(p, ShippedExamples()) }

// Run runs examples against a policy.
func Run(p *Policy, examples []Example) []ExampleResult {
	out := make([]ExampleResult, 0, len(examples))
	for _, e := range examples {
		r := p.Evaluate(e.Facts)
		out = append(out, ExampleResult{Example: e, Result: r, Differences: e.Expect.differences(r)})
	}
	return out
}

func (e Expect) differences(r Result) []string {
	var out []string
	compare := func(what, got, want string) {
		if want != "" && got != want {
			out = append(out, fmt.Sprintf("%s is %s, expected %s", what, got, want))
		}
	}
	decision := r.Decision
	if decision == Undetermined {
		decision = watch
	}
	compare("decision", decision, e.Decision)
	compare("disposition", r.Disposition, e.Disposition)
	compare("type", r.Type, e.Type)
	compare("lead", r.Lead, e.Lead)
	compare("track", r.Track, e.Track)
	compare("level", r.Level, e.Level)
	compare("criterion", r.Criterion.ID, e.Criterion)
	number := func(what string, got int, want *int) {
		if want != nil {
			compare(what, strconv.Itoa(got), strconv.Itoa(*want))
		}
	}
	number("decide_by_minutes", r.DecideByMinutes, e.DecideByMinutes)
	number("reassess_minutes", r.ReassessMinutes, e.ReassessMinutes)
	truth := func(what string, got bool, want *bool) {
		if want != nil {
			compare(what, strconv.FormatBool(got), strconv.FormatBool(*want))
		}
	}
	truth("page", r.Page, e.Page)
	truth("close_when_restored", r.CloseWhenRestored, e.CloseWhenRestored)
	truth("ask_intent", r.AskIntent, e.AskIntent)
	return out
}
