package classify

import "fmt"

// Matrix holds the priority of each pair: Matrix[urgency-1][impact-1]. It is
// looked up, never computed.
type Matrix [3][3]int

// DefaultMatrix is the usual one: it has no 3, because it is no sum.
func DefaultMatrix() Matrix { return Matrix{{1, 2, 4}, {2, 4, 5}, {4, 5, 6}} }

// Priority looks up the cell; 0 when impact or urgency is not within 1..3.
func (m Matrix) Priority(impact, urgency int) int {
	if impact < 1 || impact > 3 || urgency < 1 || urgency > 3 {
		return 0
	}
	return m[urgency-1][impact-1]
}

// Bands groups priorities into levels.
type Bands struct {
	Critical []int `json:"critical" yaml:"critical"`
	Serious  []int `json:"serious" yaml:"serious"`
	Mild     []int `json:"mild" yaml:"mild"`
}

// DefaultBands is 5–6 critical, 4 serious, 1–2 mild.
func DefaultBands() Bands { return Bands{Critical: []int{5, 6}, Serious: []int{4}, Mild: []int{1, 2}} }

type band struct {
	level    string
	priority []int
}

// fromLow lists the bands, lowest first.
func (b Bands) fromLow() []band {
	return []band{{"mild", b.Mild}, {"serious", b.Serious}, {"critical", b.Critical}}
}

// Level is the band of a priority: critical, serious, mild; "" for a priority
// that is in none.
func (b Bands) Level(priority int) string {
	for _, band := range b.fromLow() {
		for _, p := range band.priority {
			if p == priority {
				return band.level
			}
		}
	}
	return ""
}

// check returns what is wrong with matrix and bands, and what is merely odd.
func check(m Matrix, b Bands) (wrong, odd []string) {
	cells := map[int]bool{}
	for u := 1; u <= 3; u++ {
		for i := 1; i <= 3; i++ {
			p := m.Priority(i, u)
			cells[p] = true
			if p < 1 || p > 9 {
				wrong = append(wrong, fmt.Sprintf("matrix: the priority at urgency %s, impact %s must be 1 to 9, not %d", degree(u), degree(i), p))
			}
			if i > 1 && p < m.Priority(i-1, u) {
				wrong = append(wrong, fmt.Sprintf("matrix: at urgency %s, more impact (%s) gives a lower priority (%d)", degree(u), degree(i), p))
			}
			if u > 1 && p < m.Priority(i, u-1) {
				wrong = append(wrong, fmt.Sprintf("matrix: at impact %s, more urgency (%s) gives a lower priority (%d)", degree(i), degree(u), p))
			}
		}
	}
	count := map[int]int{}
	top := 0
	for _, band := range b.fromLow() {
		reached, highest := false, top
		for _, p := range band.priority {
			count[p]++
			reached = reached || cells[p]
			highest = max(highest, p)
			if p < top {
				wrong = append(wrong, fmt.Sprintf("bands: %s holds %d, which is lower than a priority of a lower band", band.level, p))
			}
			if !cells[p] {
				odd = append(odd, fmt.Sprintf("bands: priority %d of %s occurs in no cell of the matrix", p, band.level))
			}
		}
		if !reached {
			odd = append(odd, fmt.Sprintf("bands: no cell of the matrix is %s", band.level))
		}
		top = highest
	}
	for p := 1; p <= 9; p++ {
		switch {
		case cells[p] && count[p] == 0:
			wrong = append(wrong, fmt.Sprintf("bands: priority %d of the matrix is in no band", p))
		case count[p] > 1:
			wrong = append(wrong, fmt.Sprintf("bands: priority %d is listed %d times; each is in exactly one band", p, count[p]))
		}
	}
	return wrong, odd
}

func degree(n int) string { return [...]string{"?", "low", "medium", "high"}[n] }
