package attack

import "fmt"

// Layer is a layer of the ATT&CK Navigator (format 4.5).
type Layer struct {
	Name        string            `json:"name"`
	Versions    map[string]string `json:"versions"`
	Domain      string            `json:"domain"`
	Description string            `json:"description"`
	Techniques  []LayerTechnique  `json:"techniques"`
	Gradient    Gradient          `json:"gradient"`
	Sorting     int               `json:"sorting"`
	HideOff     bool              `json:"hideDisabled"`
}

// Gradient colours the scores.
type Gradient struct {
	Colors   []string `json:"colors"`
	MinValue int64    `json:"minValue"`
	MaxValue int64    `json:"maxValue"`
}

// LayerTechnique is one scored cell.
type LayerTechnique struct {
	ID      string `json:"techniqueID"`
	Tactic  string `json:"tactic"`
	Score   int64  `json:"score"`
	Comment string `json:"comment"`
	Enabled bool   `json:"enabled"`
	Show    bool   `json:"showSubtechniques"`
}

// Navigator makes a layer of a coverage, scored by rules, live or hits.
func (c Coverage) Navigator(name, by string) Layer {
	l := Layer{
		Name: name, Versions: map[string]string{"attack": "19", "navigator": "5.2.0", "layer": "4.5"}, Domain: "enterprise-attack", Sorting: 3,
		Description: "Detection rules by technique, scored by " + by + ". " + Source + ".",
		Techniques:  []LayerTechnique{}, Gradient: Gradient{Colors: []string{"#fff7d6", "#2c7a4b"}, MaxValue: 1},
	}
	add := func(tactic string, t TechniqueCoverage) {
		if t.Rules+t.Disabled == 0 {
			return
		}
		score := int64(t.Rules)
		switch by {
		case "live":
			score = int64(t.Live)
		case "hits":
			score = t.Hits
		}
		l.Gradient.MaxValue = max(l.Gradient.MaxValue, score)
		l.Techniques = append(l.Techniques, LayerTechnique{ID: t.ID, Tactic: tactic, Score: score, Enabled: true, Show: len(t.Subs) > 0,
			Comment: fmt.Sprintf("%d rules: %d live, %d waiting, %d blind; %d off; %d hits in 30 days", t.Rules, t.Live, t.Waiting, t.Blind, t.Disabled, t.Hits)})
	}
	for _, t := range c.Tactics {
		for _, x := range t.Techniques {
			add(t.Short, x)
			for _, s := range x.Subs {
				add(t.Short, s)
			}
		}
	}
	return l
}
