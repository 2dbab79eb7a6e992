package picture

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/tocsin-project/tocsin/internal/eventstore"
)

// figure draws the first number of a table, large.
func (c *canvas) figure(b box, t eventstore.Table) {
	value, name := "0", ""
	for i, col := range t.Columns {
		if col.Type == "number" {
			name = col.Name
			if len(t.Rows) > 0 {
				value = cell(t.Rows[0][i], "number", time.UTC)
			}
			break
		}
	}
	f, size := bold34, 34.0
	if c.width(value, f) > b.w || b.h < 44 {
		f, size = bold20, 20
	}
	c.text(b.x, b.y+size, b.w, f, ink, value)
	c.text(b.x, b.y+size+18, b.w, regular11, faint, name)
}

// bar is one line of a list.
type bar struct {
	label string
	value float64
	shown string
	rest  bool // stands for all that is not shown
}

// barsOf reads a table of names and a number; nil for any other. What is behind
// the first number, such as a percentage, is left out.
func barsOf(t eventstore.Table, zone *time.Location) (out []bar) {
	at := -1
	for i, col := range t.Columns {
		if col.Type == "number" {
			at = i
			break
		}
	}
	if at < 1 {
		return nil
	}
	for i, row := range t.Rows {
		var label []string
		for j, v := range row[:at] {
			label = append(label, cell(v, t.Columns[j].Type, zone))
		}
		out = append(out, bar{strings.Join(label, ", "), number(row[at]), cell(row[at], "number", zone), t.Other && t.Chart == "bar" && i == len(t.Rows)-1})
	}
	return out
}

const barH = 22

// bars draws as many lines as there is room for.
func (c *canvas) bars(b box, all []bar) {
	room := max(1, int(b.h/barH))
	left := 0
	if len(all) > room {
		left = len(all) - room + 1
		all = all[:room-1]
	}
	top, widest := 0.0, 0.0
	for _, x := range all {
		widest = max(widest, c.width(x.shown, regular12))
		if !x.rest {
			top = max(top, x.value)
		}
	}
	for i, x := range all {
		y := b.y + float64(i)*barH
		with := lines[0]
		if x.rest {
			with = other
		}
		c.text(b.x, y+11, b.w-widest-10, regular12, ink, x.label)
		c.right(b.x+b.w, y+11, widest+1, regular12, ink, x.shown)
		c.fill(b.x, y+14, b.w, 4, grid)
		if top > 0 && x.value > 0 {
			c.fill(b.x, y+14, b.w*min(1, x.value/top), 4, with)
		}
	}
	if left > 0 {
		c.text(b.x, b.y+float64(len(all))*barH+11, b.w, regular11, faint, fmt.Sprintf("and %d more", left))
	}
}

const rowH = 17

// table draws as many rows as there is room for, each column as wide as its
// cells want and the place allows.
func (c *canvas) table(b box, t eventstore.Table, zone *time.Location) {
	if len(t.Columns) == 0 {
		return
	}
	room := max(1, int(b.h/rowH)-1)
	rows := t.Rows
	if len(rows) > room {
		rows = rows[:max(room-1, 0)]
	}
	texts := make([][]string, len(rows))
	wants := make([]float64, len(t.Columns))
	for j, col := range t.Columns {
		wants[j] = c.width(col.Name, bold12)
	}
	for i, row := range rows {
		for j, v := range row {
			s := c.fit(cell(v, t.Columns[j].Type, zone), b.w, regular12)
			texts[i] = append(texts[i], s)
			wants[j] = max(wants[j], c.width(s, regular12))
		}
	}
	widths := share(wants, b.w, 12)
	x := b.x
	for j, col := range t.Columns {
		c.place(x, b.y+12, widths[j], bold12, col.Type, col.Name)
		for i := range rows {
			c.place(x, b.y+12+float64(i+1)*rowH, widths[j], regular12, col.Type, texts[i][j])
		}
		x += widths[j] + 12
	}
	for i := range rows {
		c.fill(b.x, b.y+16+float64(i)*rowH, b.w, 0.5, grid)
	}
	if n := len(t.Rows) - len(rows); n > 0 {
		c.text(b.x, b.y+12+float64(len(rows)+1)*rowH, b.w, regular11, faint, fmt.Sprintf("and %d more", n))
	}
}

// place draws a cell: numbers at the right of their column.
func (c *canvas) place(x, y, w float64, f face, kind, s string) {
	if kind == "number" {
		c.right(x+w, y, w, f, ink, s)
		return
	}
	c.text(x, y, w, f, ink, s)
}

// share divides a width: who wants little gets it, the others share the rest.
func share(wants []float64, total, gap float64) []float64 {
	out := make([]float64, len(wants))
	left := total - gap*float64(len(wants)-1)
	open := len(wants)
	for again := true; again && open > 0; {
		again = false
		each := left / float64(open)
		for i, w := range wants {
			if out[i] == 0 && w <= each {
				out[i], again = max(w, 0.1), true
				left -= out[i]
				open--
			}
		}
	}
	for i := range out {
		if out[i] == 0 {
			out[i] = max(left/float64(open), 0.1)
		}
	}
	return out
}

// cell is a cell as people read it.
func cell(v any, kind string, zone *time.Location) string {
	switch v := v.(type) {
	case string:
		return v
	case int64:
		if kind == "time" {
			return time.Unix(0, v).In(zone).Format("2006-01-02 15:04:05")
		}
		return grouped(strconv.FormatInt(v, 10))
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1e15 {
			return grouped(strconv.FormatInt(int64(v), 10))
		}
		return strconv.FormatFloat(v, 'g', 4, 64)
	}
	return "–"
}

// grouped puts commas between thousands.
func grouped(digits string) string {
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// short is a mark of an axis.
func short(v float64) string {
	for _, u := range []struct {
		of   float64
		name string
	}{{1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e3, "k"}} {
		if v >= u.of {
			return strconv.FormatFloat(v/u.of, 'g', 4, 64) + u.name
		}
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}
