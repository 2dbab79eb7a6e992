package classify

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
)

// The matrix and the bands as the organisation's figure shows them.
func TestDefaultMatrixIsTheFigure(t *testing.T) {
	b, err := os.ReadFile("../../../shared/data/standards/priority_matrix.json")
	if err != nil {
		t.Skipf("the data of the standards is not here: %v", err)
	}
	var figure struct {
		Impact []string
		Matrix map[string]map[string]int
		Levels []struct {
			ID     string
			Scores []int
		}
	}
	if err := json.Unmarshal(b, &figure); err != nil {
		t.Fatal(err)
	}
	for u, urgency := range figure.Impact {
		for i, impact := range figure.Impact {
			if got, want := DefaultMatrix().Priority(i+1, u+1), figure.Matrix[urgency][impact]; got != want {
				t.Errorf("urgency %s, impact %s: %d, expected %d", urgency, impact, got, want)
			}
		}
	}
	for _, l := range figure.Levels {
		for _, p := range l.Scores {
			if got := DefaultBands().Level(p); got != l.ID {
				t.Errorf("priority %d is %q, expected %q", p, got, l.ID)
			}
		}
	}
}

func TestTypesAreThoseOfRSIT(t *testing.T) {
	b, err := os.ReadFile("../../../shared/data/standards/rsit.json")
	if err != nil {
		t.Skipf("the data of the standards is not here: %v", err)
	}
	var taxonomy struct {
		Classes []struct {
			ID    string
			Types []struct{ ID string }
		}
	}
	if err := json.Unmarshal(b, &taxonomy); err != nil {
		t.Fatal(err)
	}
	known := newVocabulary()
	n := 0
	for _, c := range taxonomy.Classes {
		for _, typ := range c.Types {
			n++
			if _, ok := known.canonical(typ.ID); !ok {
				t.Errorf("%s is not known", typ.ID)
			}
		}
	}
	if n != 39 || len(taxonomy.Classes) != 11 {
		t.Errorf("%d classes, %d types", len(taxonomy.Classes), n)
	}
}

func TestPriorityOutsideTheMatrix(t *testing.T) {
	for _, c := range [][2]int{{0, 1}, {1, 0}, {4, 1}, {1, 4}, {-1, -1}} {
		if p := DefaultMatrix().Priority(c[0], c[1]); p != 0 {
			t.Errorf("impact %d, urgency %d: %d, expected 0", c[0], c[1], p)
		}
	}
	if l := DefaultBands().Level(3); l != "" {
		t.Errorf("priority 3 is %q, and no cell has it", l)
	}
}

// Every matrix that check accepts is monotone and has each cell in one band.
func TestCheck(t *testing.T) {
	if wrong, odd := check(DefaultMatrix(), DefaultBands()); wrong != nil || odd != nil {
		t.Errorf("the default: %q, %q", wrong, odd)
	}
	rank := map[string]int{"mild": 1, "serious": 2, "critical": 3}
	r := rand.New(rand.NewPCG(1, 2))
	accepted := 0
	for range 200_000 {
		var m Matrix
		for u := range m {
			for i := range m[u] {
				m[u][i] = 1 + u + i + r.IntN(2)
			}
		}
		b := Bands{Mild: []int{1, 2, 3}, Serious: []int{4}, Critical: []int{5, 6}}
		if r.IntN(4) == 0 {
			b.Serious = append(b.Serious, r.IntN(7))
		}
		if r.IntN(4) == 0 {
			b.Mild = slices.Delete(slices.Clone(b.Mild), r.IntN(3), 3)
		}
		if wrong, _ := check(m, b); wrong != nil {
			continue
		}
		accepted++
		for u := 1; u <= 3; u++ {
			for i := 1; i <= 3; i++ {
				p := m.Priority(i, u)
				if b.Level(p) == "" {
					t.Fatalf("%v %v: priority %d has no level", m, b, p)
				}
				if i > 1 && (p < m.Priority(i-1, u) || rank[b.Level(p)] < rank[b.Level(m.Priority(i-1, u))]) {
					t.Fatalf("%v %v: not monotone in impact", m, b)
				}
				if u > 1 && (p < m.Priority(i, u-1) || rank[b.Level(p)] < rank[b.Level(m.Priority(i, u-1))]) {
					t.Fatalf("%v %v: not monotone in urgency", m, b)
				}
			}
		}
	}
	if accepted == 0 {
		t.Error("nothing was accepted")
	}
}

func TestThreshold(t *testing.T) {
	p := Default()
	for _, c := range []struct {
		name    string
		service int
		breadth string
		outage  Outage
		crossed bool
		toGo    int
	}{
		{"below", 1, "single", Outage{Minutes: 299, Ongoing: true}, false, 1},
		{"reached", 1, "single", Outage{Minutes: 300, Ongoing: true}, true, 0},
		{"over, so nothing to wait for", 1, "single", Outage{Minutes: 5}, false, 0},
		{"criticality weighs", 3, "single", Outage{Minutes: 60}, true, 0},
		{"breadth weighs", 1, "organisation", Outage{Minutes: 15}, true, 0},
		{"the week adds up", 1, "single", Outage{Minutes: 5, Minutes7d: 600}, true, 0},
		{"the week is nearer", 1, "single", Outage{Minutes: 5, Minutes7d: 590, Ongoing: true}, false, 10},
		{"the number counts", 1, "single", Outage{Minutes: 1, Recurrences7d: 10}, true, 0},
		{"unknown breadth, not rated", 0, "", Outage{Minutes: 23, Ongoing: true}, false, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := p.threshold.measure(&Facts{Service: Service{Criticality: c.service}, Breadth: c.breadth, Outage: c.outage})
			if m.Crossed != c.crossed || m.toGo != c.toGo {
				t.Errorf("%+v, expected crossed %t, to go %d", m, c.crossed, c.toGo)
			}
		})
	}
}
