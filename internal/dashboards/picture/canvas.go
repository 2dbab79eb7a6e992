package picture

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"
	"strings"
	"unicode"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
)

// scale is pixels a unit.
const scale = 2

func rgb(n uint32) color.NRGBA { return color.NRGBA{uint8(n >> 16), uint8(n >> 8), uint8(n), 255} }

// The colours of the light scheme.
var (
	ground = rgb(0xf4f5f8)
	paper  = rgb(0xffffff)
	edge   = rgb(0xd5dae1)
	grid   = rgb(0xe6e9ee)
	ink    = rgb(0x1b2330)
	faint  = rgb(0x5b6676)
	bad    = rgb(0xa61e1e)
	other  = rgb(0x8a94a3)
	lines  = [...]color.NRGBA{rgb(0x3b5bdb), rgb(0xc2410c), rgb(0x0b7285), rgb(0x862e9c), rgb(0x2b8a3e), rgb(0xa61e4d), rgb(0x5f3dc4), rgb(0x7a5c00), rgb(0x1864ab), rgb(0x495057)}
)

// face is one cut of the font.
type face int

const (
	regular11 face = iota
	regular12
	bold12
	bold20
	bold34
	faces
)

// canvas is a picture with its fonts, for one goroutine.
type canvas struct {
	img   *image.RGBA
	faces [faces]font.Face
}

func newCanvas(w, h int) (*canvas, error) {
	c := &canvas{img: image.NewRGBA(image.Rect(0, 0, w*scale, h*scale))}
	for f, cut := range [faces]struct {
		ttf  []byte
		size float64
	}{regular11: {goregular.TTF, 11}, regular12: {goregular.TTF, 12}, bold12: {gobold.TTF, 12}, bold20: {gobold.TTF, 20}, bold34: {gobold.TTF, 34}} {
		parsed, err := opentype.Parse(cut.ttf)
		if err == nil {
			c.faces[f], err = opentype.NewFace(parsed, &opentype.FaceOptions{Size: cut.size * scale, DPI: 72, Hinting: font.HintingFull})
		}
		if err != nil {
			return nil, fmt.Errorf("font of pictures: %w", err)
		}
	}
	return c, nil
}

// fill fills a rectangle.
func (c *canvas) fill(x, y, w, h float64, with color.NRGBA) {
	px := func(v float64) int { return int(math.Round(v * scale)) }
	draw.Draw(c.img, image.Rect(px(x), px(y), px(x+w), px(y+h)), image.NewUniform(with), image.Point{}, draw.Src)
}

// text draws one line with its baseline at y, cut to w, and returns its width.
func (c *canvas) text(x, y, w float64, f face, with color.NRGBA, s string) float64 {
	s = c.fit(s, w, f)
	d := font.Drawer{Dst: c.img, Src: image.NewUniform(with), Face: c.faces[f], Dot: fixed.P(int(math.Round(x*scale)), int(math.Round(y*scale)))}
	d.DrawString(s)
	return c.width(s, f)
}

// right draws one line that ends at x.
func (c *canvas) right(x, y, w float64, f face, with color.NRGBA, s string) {
	s = c.fit(s, w, f)
	c.text(x-c.width(s, f), y, w+1, f, with, s)
}

func (c *canvas) width(s string, f face) float64 {
	return float64(font.MeasureString(c.faces[f], s)) / 64 / scale
}

// fit is a line as it is drawn: without control characters, cut to a width.
func (c *canvas) fit(s string, w float64, f face) string {
	if len(s) > 2000 {
		s = s[:2000]
	}
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.In(r, unicode.Cf) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	if c.width(s, f) <= w {
		return s
	}
	runes := []rune(s)
	lo, hi := 0, len(runes)
	for lo < hi {
		if mid := (lo + hi + 1) / 2; c.width(string(runes[:mid])+"…", f) <= w {
			lo = mid
		} else {
			hi = mid - 1
		}
	}
	if lo == 0 {
		return ""
	}
	return string(runes[:lo]) + "…"
}

const lineH = 16

// paragraph draws text over several lines, as far as there is room.
func (c *canvas) paragraph(b box, s string, with color.NRGBA) {
	y := b.y + 12
	line := ""
	flush := func() {
		if y <= b.y+b.h {
			c.text(b.x, y, b.w, regular12, with, line)
		}
		y += lineH
		line = ""
	}
	for _, row := range strings.Split(s, "\n") {
		if y > b.y+b.h {
			return
		}
		for _, word := range strings.Fields(row) {
			with := strings.TrimSpace(line + " " + word)
			if line != "" && c.width(with, regular12) > b.w {
				flush()
				with = word
			}
			line = with
		}
		flush()
	}
}

type point struct{ x, y float64 }

// line draws a line through points, each piece as a thin quadrangle. Only the
// place that the line takes is rasterised.
func (c *canvas) line(points []point, w float64, with color.NRGBA) {
	if len(points) < 2 {
		return
	}
	lo, hi := points[0], points[0]
	for _, p := range points {
		lo, hi = point{min(lo.x, p.x), min(lo.y, p.y)}, point{max(hi.x, p.x), max(hi.y, p.y)}
	}
	place := image.Rect(int((lo.x-w)*scale), int((lo.y-w)*scale), int((hi.x+w)*scale)+1, int((hi.y+w)*scale)+1).Intersect(c.img.Bounds())
	r := vector.NewRasterizer(place.Dx(), place.Dy())
	at := func(x, y float64) (float32, float32) {
		return float32(x*scale - float64(place.Min.X)), float32(y*scale - float64(place.Min.Y))
	}
	for i := 1; i < len(points); i++ {
		a, b := points[i-1], points[i]
		long := math.Hypot(b.x-a.x, b.y-a.y)
		if long == 0 {
			continue
		}
		dx, dy := (b.x-a.x)/long*w/2, (b.y-a.y)/long*w/2
		r.MoveTo(at(a.x-dx-dy, a.y-dy+dx))
		r.LineTo(at(b.x+dx-dy, b.y+dy+dx))
		r.LineTo(at(b.x+dx+dy, b.y+dy-dx))
		r.LineTo(at(a.x-dx+dy, a.y-dy-dx))
		r.ClosePath()
	}
	r.Draw(c.img, place, image.NewUniform(with), image.Point{})
}
