package picture

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-project/tocsin/internal/eventstore"
)

var noon = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

func drawn(t *testing.T, b Board) image.Image {
	t.Helper()
	out, err := Draw(b)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Draw(b)
	if err != nil || !bytes.Equal(out, again) {
		t.Errorf("the same board gives other bytes (%v)", err)
	}
	if dir := os.Getenv("TOCSIN_TEST_PICTURES"); dir != "" { // to look at
		if err := os.WriteFile(dir+"/"+t.Name()+".png", out, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	img, err := png.Decode(bytes.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// count counts pixels of a colour.
func count(img image.Image, with color.NRGBA) (n int) {
	r := img.Bounds()
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			if a, b, c, _ := img.At(x, y).RGBA(); uint8(a>>8) == with.R && uint8(b>>8) == with.G && uint8(c>>8) == with.B {
				n++
			}
		}
	}
	return n
}

func columnsOf(pairs ...string) (out []eventstore.TableColumn) {
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, eventstore.TableColumn{Name: pairs[i], Type: pairs[i+1]})
	}
	return out
}

func tops(values ...int) eventstore.Table {
	t := eventstore.Table{Columns: columnsOf("source", "text", "count", "number", "percent", "number"), Chart: "bar"}
	for i, v := range values {
		t.Rows = append(t.Rows, []any{strings.Repeat("name ", i+1), int64(v), 1.5})
	}
	return t
}

func overTime(n int, names ...string) eventstore.Table {
	t := eventstore.Table{Columns: columnsOf("time", "time"), Chart: "line"}
	for _, name := range names {
		t.Columns = append(t.Columns, eventstore.TableColumn{Name: name, Type: "number"})
	}
	for i := range n {
		row := []any{noon.Add(time.Duration(i-n) * time.Hour).UnixNano()}
		for j := range names {
			row = append(row, int64(50+40*math.Sin(float64(i)/4+float64(j))))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func TestAWholeBoard(t *testing.T) {
	prague, err := time.LoadLocation("Europe/Prague")
	if err != nil {
		t.Fatal(err)
	}
	table := eventstore.Table{Columns: columnsOf("time", "time", "host.name", "text", "message", "text", "count", "number"), Chart: "none"}
	for range 20 {
		table.Rows = append(table.Rows, []any{noon.UnixNano(), "srv-1.example.org", "Failed password for invalid user příliš žluťoučký kůň from 192.0.2.1 port 22 ssh2", int64(1234567)})
	}
	stopped := tops(1)
	stopped.Incomplete, stopped.Reason = true, "Counting was stopped after 10s."
	split := overTime(48, "fw", "web", "auth", "other")
	split.Other = true
	img := drawn(t, Board{Title: "Overview", Description: "What comes in, from where, what fails, and how severe it is.", Window: "2026-05-31 14:00 to 2026-06-01 14:00 Europe/Prague (+02:00), the last 24h", Made: noon, Zone: prague,
		Panels: []Panel{
			{Title: "Events", Kind: "count", W: 3, H: 3, Table: eventstore.Table{Columns: columnsOf("count", "number"), Rows: [][]any{{int64(48_213_907)}}}},
			{Title: "Nothing", Kind: "count", X: 3, W: 3, H: 3, Table: eventstore.Table{Columns: columnsOf("count", "number")}},
			{Title: "Note", Kind: "text", X: 6, W: 6, H: 3, Text: "Read this first: what is shown here is counted from the events of the last day, and long lines are wrapped at words.\n\nA second paragraph."},
			{Title: "By source", Kind: "chart", Y: 3, W: 12, H: 8, Table: split},
			{Title: "One series", Kind: "chart", Y: 11, W: 4, H: 7, Table: overTime(24, "count")},
			{Title: "Top sources", Kind: "top", X: 4, Y: 11, W: 4, H: 7, Table: tops(1000, 800, 799, 400, 10, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1)},
			{Title: "Stopped", Kind: "top", X: 8, Y: 11, W: 4, H: 3, Table: stopped},
			{Title: "Broken", Kind: "top", X: 8, Y: 14, W: 4, H: 4, Error: "The event store is closed.", Range: "7d"},
			{Title: "Rows", Kind: "table", Y: 18, W: 12, H: 6, Table: table},
		}})
	if size := img.Bounds().Size(); size.X != 2*width || size.Y != 2*(headH+24*(cellH+gap)+footH) {
		t.Errorf("%v", size)
	}
	for i := range 3 {
		if count(img, lines[i]) < 200 {
			t.Errorf("series %d is not drawn", i)
		}
	}
	if count(img, bad) < 100 || count(img, other) < 100 {
		t.Error("what went wrong, or the rest, is not drawn")
	}
}

func TestBarsAreAsLongAsTheirValues(t *testing.T) {
	one := count(drawn(t, Board{Panels: []Panel{{Kind: "top", W: 6, H: 8, Table: tops(100)}}}), lines[0])
	two := count(drawn(t, Board{Panels: []Panel{{Kind: "top", W: 6, H: 8, Table: tops(100, 50, 0)}}}), lines[0])
	if one == 0 || math.Abs(float64(two)/float64(one)-1.5) > 0.02 {
		t.Errorf("%d and %d pixels", one, two)
	}
	rest := tops(100, 500)
	rest.Other = true
	if n := count(drawn(t, Board{Panels: []Panel{{Kind: "top", W: 6, H: 8, Table: rest}}}), lines[0]); n != one {
		t.Errorf("the rest changes the scale: %d and %d pixels", n, one)
	}
}

func TestPanelsBeyondTheHighestPictureAreLeftOut(t *testing.T) {
	var b Board
	for i := range 40 {
		b.Panels = append(b.Panels, Panel{Kind: "text", Text: "x", Y: 25 * i, W: 12, H: 25})
	}
	if h := drawn(t, b).Bounds().Dy(); h > 2*maxHeight || h < maxHeight {
		t.Errorf("%d pixels high", h)
	}
}

func TestNothingOddStopsAPicture(t *testing.T) {
	odd := eventstore.Table{Columns: columnsOf("\x00", "text", "n", "number"), Rows: [][]any{{"\u202Eevil\n\xff日本語", math.NaN()}, {nil, nil}, {strings.Repeat("x", 5000), math.Inf(1)}}}
	chart := eventstore.Table{Columns: columnsOf("time", "time", "v", "number"), Rows: [][]any{{int64(1), nil}, {int64(2), -5.0}, {int64(3), 1e300}}}
	for _, kind := range []string{"count", "top", "chart", "table", "text", "unknown"} {
		for _, table := range []eventstore.Table{odd, chart, {}, {Columns: columnsOf("time", "time", "v", "number"), Rows: [][]any{{int64(5), int64(0)}, {int64(6), int64(0)}}}} {
			for _, size := range [][2]int{{1, 1}, {2, 2}, {12, 8}} {
				if _, err := Draw(Board{Title: strings.Repeat("t", 3000), Panels: []Panel{{Kind: kind, W: size[0], H: size[1], Table: table, Text: strings.Repeat("word\n", 5000)}}}); err != nil {
					t.Errorf("%s %v: %v", kind, size, err)
				}
			}
		}
	}
}

func TestCellsReadAsPeopleWriteThem(t *testing.T) {
	for _, c := range []struct {
		v    any
		kind string
		want string
	}{
		{int64(1234567), "number", "1,234,567"}, {int64(-1000), "number", "-1,000"}, {int64(999), "number", "999"}, {1.23456, "number", "1.235"}, {2000.0, "number", "2,000"},
		{nil, "text", "–"}, {"x", "text", "x"}, {noon.UnixNano(), "time", "2026-06-01 12:00:00"},
	} {
		if got := cell(c.v, c.kind, time.UTC); got != c.want {
			t.Errorf("%v: %q, want %q", c.v, got, c.want)
		}
	}
	for v, want := range map[float64]string{0: "0", 0.5: "0.5", 1500: "1.5k", 2e6: "2M", 3e9: "3G", 4e12: "4T"} {
		if got := short(v); got != want {
			t.Errorf("%v: %q, want %q", v, got, want)
		}
	}
}

func BenchmarkAWholeBoard(b *testing.B) {
	var board Board
	for i := range 12 {
		board.Panels = append(board.Panels, Panel{Kind: "chart", X: 6 * (i % 2), Y: i / 2 * 8, W: 6, H: 8, Table: overTime(120, "a", "b", "c", "d", "e", "f")})
	}
	for b.Loop() {
		if _, err := Draw(board); err != nil {
			b.Fatal(err)
		}
	}
}
