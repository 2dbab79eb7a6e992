package attack

import "slices"

// Rule is what coverage looks at.
type Rule struct {
	ID    string
	Tags  []string
	State string // live, waiting, blind, disabled
	Hits  int64
}

// Count is how well something is covered. A rule counts once in each.
type Count struct {
	Rules    int   `json:"rules" doc:"Loaded, those that are switched off left out."`
	Live     int   `json:"live"`
	Waiting  int   `json:"waiting"`
	Blind    int   `json:"blind"`
	Disabled int   `json:"disabled"`
	Hits     int64 `json:"hits" doc:"In the last 30 days."`
}

func (c *Count) add(r *Rule) {
	switch r.State {
	case "disabled":
		c.Disabled++
		return
	case "live":
		c.Live++
	case "waiting":
		c.Waiting++
	default:
		c.Blind++
	}
	c.Rules++
	c.Hits += r.Hits
}

// TechniqueCoverage is one cell of the matrix; a technique counts the rules of
// its sub-techniques too.
type TechniqueCoverage struct {
	ID   string              `json:"id"`
	Name string              `json:"name"`
	IDs  []string            `json:"rule_ids" doc:"Rules tagged with exactly this, at most 100."`
	Subs []TechniqueCoverage `json:"sub_techniques,omitempty"`
	Count
}

// TacticCoverage is one column of the matrix.
type TacticCoverage struct {
	ID         string              `json:"id"`
	Short      string              `json:"short"`
	Name       string              `json:"name"`
	Techniques []TechniqueCoverage `json:"techniques"`
	Covered    int                 `json:"covered" doc:"Techniques with a live rule."`
	Count
}

// Coverage says which rules cover what.
type Coverage struct {
	Tactics  []TacticCoverage `json:"tactics"`
	Untagged int              `json:"untagged" doc:"Rules that name no technique."`
	Unknown  []UnknownTag     `json:"unknown" doc:"Tags that resolve to nothing in this version."`
	Replaced []ReplacedTag    `json:"replaced" doc:"Tags of retired techniques, counted with their successor."`
}

// UnknownTag is a tag that names nothing.
type UnknownTag struct {
	Tag   string `json:"tag"`
	Rules int    `json:"rules"`
}

// ReplacedTag is a tag whose technique was retired.
type ReplacedTag struct {
	Was   string `json:"was"`
	Now   string `json:"now"`
	Rules int    `json:"rules"`
}

const maxRuleIDs = 100

// Cover counts rules into the matrix.
func (m *Matrix) Cover(rules []Rule) Coverage {
	out := Coverage{Unknown: []UnknownTag{}, Replaced: []ReplacedTag{}}
	exact := map[string][]*Rule{} // by technique
	unknown, replaced := map[string]int{}, map[[2]string]int{}
	tactic := map[string][]*Rule{}
	for i := range rules {
		r := &rules[i]
		tagged := false
		for _, text := range r.Tags {
			t, known := m.Resolve(text)
			if !known {
				unknown[text]++
			}
			if t.Was != "" {
				replaced[[2]string{t.Was, t.Technique}]++
			}
			if t.Technique != "" {
				tagged = true
				exact[t.Technique] = put(exact[t.Technique], r)
				for _, id := range m.Techniques[m.techniques[t.Technique]].Tactics {
					tactic[id] = put(tactic[id], r)
				}
			}
		}
		if !tagged {
			out.Untagged++
			for _, text := range r.Tags {
				if t, _ := m.Resolve(text); t.Tactic != "" {
					tactic[t.Tactic] = put(tactic[t.Tactic], r)
				}
			}
		}
	}
	for _, t := range m.Tactics {
		c := TacticCoverage{ID: t.ID, Short: t.Short, Name: t.Name, Techniques: m.column(t.ID, exact), Count: count(tactic[t.ID])}
		for _, x := range c.Techniques {
			if x.Live > 0 {
				c.Covered++
			}
		}
		out.Tactics = append(out.Tactics, c)
	}
	for tag, n := range unknown {
		out.Unknown = append(out.Unknown, UnknownTag{tag, n})
	}
	for k, n := range replaced {
		out.Replaced = append(out.Replaced, ReplacedTag{k[0], k[1], n})
	}
	slices.SortFunc(out.Unknown, func(a, b UnknownTag) int { return compare(a.Tag, b.Tag) })
	slices.SortFunc(out.Replaced, func(a, b ReplacedTag) int { return compare(a.Was, b.Was) })
	return out
}

func (m *Matrix) column(tactic string, exact map[string][]*Rule) []TechniqueCoverage {
	out := []TechniqueCoverage{}
	at := map[string]int{}
	all := map[string][]*Rule{}
	for _, t := range m.Techniques { // a technique comes before its sub-techniques
		if !t.in(tactic) {
			continue
		}
		c := TechniqueCoverage{ID: t.ID, Name: t.Name, IDs: ids(exact[t.ID]), Count: count(exact[t.ID])}
		p := parent(t.ID)
		if i, ok := at[p]; p != "" && ok {
			out[i].Subs = append(out[i].Subs, c)
		} else {
			p = t.ID
			at[t.ID] = len(out)
			out = append(out, c)
		}
		for _, r := range exact[t.ID] {
			all[p] = put(all[p], r)
		}
	}
	for i := range out {
		out[i].Count = count(all[out[i].ID])
	}
	return out
}

func put(list []*Rule, r *Rule) []*Rule {
	if n := len(list); n > 0 && list[n-1] == r || slices.Contains(list, r) {
		return list
	}
	return append(list, r)
}

func count(rules []*Rule) (c Count) {
	for _, r := range rules {
		c.add(r)
	}
	return c
}

func ids(rules []*Rule) []string {
	out := []string{}
	for _, r := range rules[:min(len(rules), maxRuleIDs)] {
		out = append(out, r.ID)
	}
	return out
}

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
