// Package attack is MITRE ATT&CK Enterprise as far as rules need it: tactics,
// techniques and sub-techniques in the order of the matrix, what became of
// those that were retired, and which rules cover what.
//
// The tables are those of version 19.1 (May 2026), built from its published
// STIX objects. ATT&CK is a trademark of The MITRE Corporation; the content is
// used under its terms of use (https://attack.mitre.org/resources/legal-and-branding/terms-of-use/).
// In version 19 the tactic Defense Evasion became Stealth, some of its
// techniques moved to the new tactic Defense Impairment, and T1562 was taken
// apart; tags of older rules are understood.
package attack

import (
	"embed"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
)

// Version is the version of ATT&CK that the tables hold.
const Version = "19.1"

// Source says where the tables come from.
const Source = "MITRE ATT&CK Enterprise 19.1, STIX objects of May 2026"

//go:embed data/*.csv
var data embed.FS

// Tactic is a column of the matrix.
type Tactic struct{ ID, Short, Name string }

// Technique is a technique, or a sub-technique when its id has a dot.
type Technique struct {
	ID, Name string
	Tactics  []string // ids
}

// Matrix is the tables. It is immutable.
type Matrix struct {
	Tactics    []Tactic    // in the matrix's order
	Techniques []Technique // by id
	tactics    map[string]int
	techniques map[string]int
	retired    map[string]string // id → successor, "" for none
}

// oldTactics are names that tactics had in earlier versions.
var oldTactics = [...][2]string{{"defense-evasion", "stealth"}}

// Load reads the tables.
func Load() (*Matrix, error) {
	m := &Matrix{tactics: map[string]int{}, techniques: map[string]int{}, retired: map[string]string{}}
	err := errs(
		table("tactics", 5, func(r []string) {
			m.tactics[r[2]], m.tactics[strings.ToLower(r[1])] = len(m.Tactics), len(m.Tactics)
			m.Tactics = append(m.Tactics, Tactic{r[1], r[2], r[3]})
		}),
		table("techniques", 4, func(r []string) {
			m.techniques[r[0]] = len(m.Techniques)
			m.Techniques = append(m.Techniques, Technique{r[0], r[1], strings.Split(r[2], "|")})
		}),
		table("retired", 4, func(r []string) { m.retired[r[0]] = r[3] }),
	)
	for _, old := range oldTactics {
		m.tactics[old[0]] = m.tactics[old[1]]
	}
	return m, err
}

func errs(all ...error) error {
	for _, err := range all {
		if err != nil {
			return err
		}
	}
	return nil
}

func table(name string, columns int, row func([]string)) error {
	f, err := data.Open("data/attack_" + name + ".csv")
	if err != nil {
		return err
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.FieldsPerRecord = columns
	rows, err := r.ReadAll()
	if err != nil {
		return fmt.Errorf("ATT&CK %s: %w", name, err)
	}
	for _, x := range rows[1:] {
		row(x)
	}
	return nil
}

// Tag is what a rule's tag names.
type Tag struct {
	Technique string // id in this version
	Tactic    string // id
	// Was is the retired id that the tag names, when it was replaced.
	Was string
}

// Resolve reads a tag such as attack.t1059.001 or attack.credential-access.
// known is false for a tag of ATT&CK that names nothing here; other tags, of
// groups and software too, are known and empty.
func (m *Matrix) Resolve(tag string) (t Tag, known bool) {
	name, ok := strings.CutPrefix(strings.ToLower(tag), "attack.")
	if !ok {
		return t, true
	}
	if len(name) > 1 && name[1] >= '0' && name[1] <= '9' {
		if name[0] != 't' {
			return t, true
		}
		return m.technique(strings.ToUpper(name))
	}
	i, ok := m.tactics[strings.ReplaceAll(name, "_", "-")]
	if !ok {
		return t, false
	}
	t.Tactic = m.Tactics[i].ID
	return t, true
}

// technique follows retired ids to what took their place.
func (m *Matrix) technique(id string) (Tag, bool) {
	t := Tag{Technique: id}
	for range 5 {
		if _, ok := m.techniques[t.Technique]; ok {
			return t, true
		}
		next := m.retired[t.Technique]
		if next == "" {
			break
		}
		t.Was, t.Technique = id, next
	}
	return Tag{}, false
}

// Technique returns a technique by its id.
func (m *Matrix) Technique(id string) (Technique, bool) {
	i, ok := m.techniques[id]
	if !ok {
		return Technique{}, false
	}
	return m.Techniques[i], true
}

// parent is the technique of a sub-technique, "" for others.
func parent(id string) string {
	p, _, sub := strings.Cut(id, ".")
	if !sub {
		return ""
	}
	return p
}

func (t Technique) in(tactic string) bool { return slices.Contains(t.Tactics, tactic) }
