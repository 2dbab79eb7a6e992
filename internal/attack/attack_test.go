package attack

import (
	"strings"
	"testing"
)

func matrix(t *testing.T) *Matrix {
	t.Helper()
	m, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestTheTablesAreWhole(t *testing.T) {
	m := matrix(t)
	subs := 0
	for _, x := range m.Techniques {
		if p := parent(x.ID); p != "" {
			subs++
			if _, ok := m.Technique(p); !ok {
				t.Errorf("%s has no parent", x.ID)
			}
		}
		for _, tactic := range x.Tactics {
			if _, ok := m.tactics[strings.ToLower(tactic)]; !ok {
				t.Errorf("%s is of the tactic %s, which is not there", x.ID, tactic)
			}
		}
	}
	if len(m.Tactics) != 15 || len(m.Techniques)-subs != 222 || subs != 475 {
		t.Errorf("%d tactics, %d techniques, %d sub-techniques", len(m.Tactics), len(m.Techniques)-subs, subs)
	}
	for id, next := range m.retired {
		if _, live := m.techniques[id]; live {
			t.Errorf("%s is retired and in the matrix", id)
		}
		if next != "" {
			if got, ok := m.technique(id); !ok || got.Was != id {
				t.Errorf("%s was replaced by %s, which leads nowhere", id, next)
			}
		}
	}
}

func TestResolve(t *testing.T) {
	m := matrix(t)
	for _, c := range []struct {
		tag, technique, tactic, was string
		known                       bool
	}{
		{"attack.t1059.001", "T1059.001", "", "", true},
		{"attack.T1059", "T1059", "", "", true},
		{"attack.t1562.001", "T1685", "", "T1562.001", true},
		{"attack.t1070.001", "T1685.005", "", "T1070.001", true},
		{"attack.stealth", "", "TA0005", "", true},
		{"attack.defense-evasion", "", "TA0005", "", true},
		{"attack.defense_evasion", "", "TA0005", "", true},
		{"attack.defense-impairment", "", "TA0112", "", true},
		{"attack.ta0006", "", "", "", true}, // below
		{"attack.t9999", "", "", "", false},
		{"attack.nonsense", "", "", "", false},
		{"attack.g0016", "", "", "", true},
		{"attack.s0002", "", "", "", true},
		{"cve.2021-44228", "", "", "", true},
	} {
		if c.tag == "attack.ta0006" {
			c.tactic = "TA0006"
		}
		got, known := m.Resolve(c.tag)
		if got.Technique != c.technique || got.Tactic != c.tactic || got.Was != c.was || known != c.known {
			t.Errorf("%s: %+v %v", c.tag, got, known)
		}
	}
}

func TestCoverage(t *testing.T) {
	c := matrix(t).Cover([]Rule{
		{"a", []string{"attack.t1059.001", "attack.execution"}, "live", 3},
		{"b", []string{"attack.t1059", "attack.t1059.001"}, "blind", 0},
		{"c", []string{"attack.t1562.001"}, "waiting", 0},
		{"d", []string{"attack.t1059.001"}, "disabled", 0},
		{"e", []string{"attack.execution"}, "live", 1},
		{"f", []string{"attack.t9999"}, "live", 0},
	})
	find := func(tactic, id string) TechniqueCoverage {
		for _, x := range c.Tactics {
			for _, tech := range x.Techniques {
				for _, s := range append([]TechniqueCoverage{tech}, tech.Subs...) {
					if x.Short == tactic && s.ID == id {
						return s
					}
				}
			}
		}
		t.Fatalf("%s is not in %s", id, tactic)
		return TechniqueCoverage{}
	}
	if got := find("execution", "T1059").Count; got != (Count{Rules: 2, Live: 1, Blind: 1, Disabled: 1, Hits: 3}) {
		t.Errorf("T1059 %+v", got)
	}
	if got := find("execution", "T1059.001"); got.Rules != 2 || len(got.IDs) != 3 {
		t.Errorf("T1059.001 %+v", got)
	}
	if got := find("defense-impairment", "T1685").Count; got != (Count{Rules: 1, Waiting: 1}) {
		t.Errorf("T1685 %+v", got)
	}
	if e := c.Tactics[3]; e.Short != "execution" || e.Rules != 3 || e.Hits != 4 || e.Covered != 1 {
		t.Errorf("execution %+v", e.Count)
	}
	if len(c.Unknown) != 1 || c.Unknown[0].Tag != "attack.t9999" || len(c.Replaced) != 1 || c.Replaced[0].Now != "T1685" || c.Untagged != 2 {
		t.Errorf("unknown %v, replaced %v, untagged %d", c.Unknown, c.Replaced, c.Untagged)
	}
	l := c.Navigator("x", "hits")
	if l.Gradient.MaxValue != 3 || len(l.Techniques) != 3 || l.Domain != "enterprise-attack" {
		t.Errorf("%+v", l)
	}
}
