package sigma

import (
	"fmt"
	"testing"
)

func TestNeeds(t *testing.T) {
	for _, c := range []struct{ detection, want string }{
		{"{a: {Image|endswith: x}, condition: a}", "[[Image]]"},
		{"{a: {Image: x, CommandLine|contains: y}, condition: a}", "[[CommandLine] [Image]]"},
		{"{a: [{Image: x}, {CommandLine: y}], condition: a}", "[[CommandLine Image]]"},
		{"{a: [{Image: x, User: z}, {Image: y}], condition: a}", "[[Image]]"},
		{"{a: {Image: x}, b: {User: y}, condition: a or b}", "[[Image User]]"},
		{"{a: {Image: x}, b: {User: y}, condition: a and not b}", "[[Image]]"},
		{"{a: {Image: x}, b: {Image: y}, condition: 1 of them}", "[[Image]]"},
		{"{a: {Image: x}, b: {user: y}, condition: all of them}", "[[Image] [user]]"},
		{"{a: {Image: x}, condition: not a}", "[]"},
		{"{a: [word], condition: a}", "[]"},
		{"{a: [word, {Image: x}], condition: a}", "[]"},
		{"{a: {Image: null}, condition: a}", "[]"},
		{"{a: {Image|exists: false}, condition: a}", "[]"},
		{"{a: {Image|exists: true}, condition: a}", "[[Image]]"},
		{"{a: {Image|neq: x, User: y}, condition: a}", "[[User]]"},
		{"{a: {Image|fieldref: User}, condition: a}", "[[Image] [User]]"},
		{"{a: {Image: x}, b: {IMAGE: y}, condition: a and b}", "[[Image]]"},
		{"{a: {A: 1, B: 1}, b: {C: 1, D: 1}, condition: a or b}", "[[A C] [A D] [B C] [B D]]"},
		{"{a: {A: 1}, b: {B: 1}, condition: [a, b]}", "[[A B]]"},
		{"{a: {A: 1}, b: {B: 1}, condition: not (a or b)}", "[]"},
	} {
		docs, errs := Parse("r.yml", []byte("title: t\nlogsource: {product: x}\ndetection: "+c.detection+"\n"))
		if len(errs) > 0 {
			t.Fatalf("%s: %v", c.detection, errs)
		}
		if got := fmt.Sprint(docs[0].Rule.Needs()); got != c.want {
			t.Errorf("%s: %s, want %s", c.detection, got, c.want)
		}
	}
}

// What Needs says is needed is: an event without it does not match, whatever
// else it has.
func TestAnEventWithoutWhatIsNeededNeverMatches(t *testing.T) {
	for _, detection := range []string{
		"{a: {A: '*', B: '*'}, b: {C: '*', D: '*'}, condition: a or b}",
		"{a: {A: '*'}, b: {B: '*'}, c: {C: '*'}, condition: (a or b) and not c}",
		"{a: [{A: '*'}, {B: '*', C: '*'}], condition: a}",
	} {
		docs, errs := Parse("r.yml", []byte("title: t\nlogsource: {product: x}\ndetection: "+detection+"\n"))
		if len(errs) > 0 {
			t.Fatal(errs)
		}
		r := docs[0].Rule
		names := []string{"A", "B", "C", "D"}
		for mask := range 1 << len(names) {
			ev := fields{}
			for i, n := range names {
				if mask&(1<<i) != 0 {
					ev[n] = StringValue("v")
				}
			}
			enough := true
			for _, alternatives := range r.Needs() {
				any := false
				for _, f := range alternatives {
					_, has := ev[f]
					any = any || has
				}
				enough = enough && any
			}
			if r.Match(ev) && !enough {
				t.Errorf("%s matches %v, which lacks what it needs: %v", detection, ev, r.Needs())
			}
		}
	}
}

type fields map[string]Value

func (f fields) Field(name string) (Value, bool) { v, ok := f[name]; return v, ok }
func (f fields) Keywords(func(string) bool)      {}
