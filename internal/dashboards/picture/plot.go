package picture

import (
	"image/color"
	"math"
	"time"

	"github.com/tocsin-project/tocsin/internal/eventstore"
)

// series is what a chart over time shows.
type series struct {
	times []int64 // ns, ascending
	names []string
	rows  [][]float64 // by name; NaN where there is nothing
	other bool        // the last name stands for all the rest
}

// seriesOf reads a table whose first column is time and whose others are
// numbers; nil for any other.
func seriesOf(t eventstore.Table) *series {
	if len(t.Columns) < 2 || t.Columns[0].Type != "time" || len(t.Rows) < 2 {
		return nil
	}
	s := &series{other: t.Other && t.Chart == "line", rows: make([][]float64, len(t.Columns)-1)}
	for _, c := range t.Columns[1:] {
		if c.Type != "number" {
			return nil
		}
		s.names = append(s.names, c.Name)
	}
	for _, row := range t.Rows {
		at, ok := row[0].(int64)
		if !ok || len(s.times) > 0 && at <= s.times[len(s.times)-1] {
			return nil
		}
		s.times = append(s.times, at)
		for i, cell := range row[1:] {
			s.rows[i] = append(s.rows[i], number(cell))
		}
	}
	return s
}

// number is a cell as a number, NaN when it is none.
func number(cell any) float64 {
	switch v := cell.(type) {
	case int64:
		return float64(v)
	case float64:
		return v
	}
	return math.NaN()
}

func (s *series) colour(i int) color.NRGBA {
	if s.other && i == len(s.names)-1 {
		return other
	}
	return lines[i%len(lines)]
}

// chart draws one series as bars and several as lines, with a scale at the
// left, times below and the names on top.
func (c *canvas) chart(b box, s *series, zone *time.Location) {
	if len(s.names) > 1 {
		c.legend(b, s)
		b.y, b.h = b.y+18, b.h-18
	}
	top, step := s.scale()
	labels := 0.0
	for v := 0.0; v <= top; v += step {
		labels = max(labels, c.width(short(v), regular11))
	}
	plot := box{b.x + labels + 8, b.y + 6, b.w - labels - 12, b.h - 24}
	if plot.w < 20 || plot.h < 10 {
		return
	}
	y := func(v float64) float64 { return plot.y + plot.h*(1-v/top) }
	for v := 0.0; v <= top; v += step {
		c.fill(plot.x, y(v)-0.25, plot.w, 0.5, grid)
		c.right(plot.x-6, y(v)+4, labels+1, regular11, faint, short(v))
	}
	width := s.times[1] - s.times[0]
	first, last := s.times[0], s.times[len(s.times)-1]+width
	x := func(at int64) float64 { return plot.x + plot.w*float64(at-first)/float64(last-first) }
	c.clock(plot, first, last, x, zone)
	for i, row := range s.rows {
		if len(s.rows) == 1 {
			for j, v := range row {
				if v > 0 {
					c.fill(x(s.times[j]), y(v), max(0.5, plot.w*float64(width)/float64(last-first)-0.5), plot.y+plot.h-y(v), s.colour(0))
				}
			}
			continue
		}
		var points []point
		for j, v := range row {
			if math.IsNaN(v) {
				c.line(points, 1.5, s.colour(i))
				points = nil
				continue
			}
			points = append(points, point{x(s.times[j] + width/2), y(max(v, 0))})
		}
		c.line(points, 1.5, s.colour(i))
	}
}

func (c *canvas) legend(b box, s *series) {
	x := b.x
	for i, n := range s.names {
		if n == "" {
			n = "(empty)"
		}
		n = c.fit(n, 140, regular11)
		w := c.width(n, regular11)
		if x+w+14 > b.x+b.w {
			c.text(x, b.y+10, 20, regular11, faint, "…")
			return
		}
		c.fill(x, b.y+2, 9, 9, s.colour(i))
		c.text(x+13, b.y+10, w+1, regular11, ink, n)
		x += w + 26
	}
}

// scale is the highest mark of the axis, and the distance of the marks.
func (s *series) scale() (top, step float64) {
	for _, row := range s.rows {
		for _, v := range row {
			if v > top {
				top = v
			}
		}
	}
	if top == 0 {
		return 1, 1
	}
	step = math.Pow(10, math.Floor(math.Log10(top/2)))
	for _, m := range []float64{1, 2, 5, 10} {
		if step*m*4 >= top {
			step *= m
			break
		}
	}
	return math.Ceil(top/step) * step, step
}

// clock writes times below the plot, at round times of the zone.
func (c *canvas) clock(plot box, first, last int64, x func(int64) float64, zone *time.Location) {
	span := time.Duration(last - first)
	every, layout := 24*time.Hour, "Jan 2"
	for _, t := range []struct {
		every  time.Duration
		layout string
	}{{time.Second, "15:04:05"}, {5 * time.Second, "15:04:05"}, {15 * time.Second, "15:04:05"}, {time.Minute, "15:04"}, {5 * time.Minute, "15:04"}, {15 * time.Minute, "15:04"}, {time.Hour, "15:04"},
		{3 * time.Hour, "15:04"}, {6 * time.Hour, "Jan 2 15:04"}, {12 * time.Hour, "Jan 2 15:04"}, {24 * time.Hour, "Jan 2"}, {7 * 24 * time.Hour, "Jan 2"}, {28 * 24 * time.Hour, "Jan 2"}, {364 * 24 * time.Hour, "2006"}} {
		every, layout = t.every, t.layout
		if float64(span/every) <= plot.w/70 {
			break
		}
	}
	_, offset := time.Unix(0, first).In(zone).Zone()
	shift := int64(offset) * int64(time.Second)
	n := int64(every)
	for at := ((first+shift+n-1)/n)*n - shift; at < last; at += n {
		text := time.Unix(0, at).In(zone).Format(layout)
		c.fill(x(at)-0.25, plot.y+plot.h, 0.5, 3, faint)
		if w := c.width(text, regular11); x(at)-w/2 >= plot.x-8 && x(at)+w/2 <= plot.x+plot.w+4 {
			c.text(x(at)-w/2, plot.y+plot.h+15, w+1, regular11, faint, text)
		}
	}
}
