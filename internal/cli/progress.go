package cli

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// progress draws a bar on a terminal; on anything else it is silent.
type progress struct {
	w     io.Writer
	mu    sync.Mutex
	on    bool
	drawn bool
	total int64
	done  int64
	name  string
	began time.Time
	last  time.Time
}

func newProgress(w io.Writer, files []string, quiet bool) *progress {
	p := &progress{w: w, began: time.Now()}
	f, ok := w.(*os.File)
	if !ok || quiet {
		return p
	}
	info, err := f.Stat()
	if p.on = err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb"; !p.on {
		return p
	}
	for _, name := range files {
		if info, err := os.Stat(name); err == nil {
			p.total += info.Size()
		}
	}
	return p
}

func (p *progress) file(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.name = name
}

func (p *progress) read(_ string, n int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done += n
	if now := time.Now(); p.on && now.Sub(p.last) > 100*time.Millisecond {
		p.last = now
		p.draw(now)
	}
}

func (p *progress) draw(now time.Time) {
	const width = 30
	part := 0.0
	if p.total > 0 {
		part = min(1, float64(p.done)/float64(p.total))
	}
	left := ""
	if took := now.Sub(p.began); part > 0.01 && took > time.Second {
		left = fmt.Sprintf("  %s left", time.Duration(float64(took)*(1-part)/part).Round(time.Second))
	}
	full := int(part * width)
	fmt.Fprintf(p.w, "\r\x1b[K%3.0f%% %s%s %s%s", 100*part, strings.Repeat("█", full), strings.Repeat("░", width-full), visible(filepath.Base(p.name)), left)
	p.drawn = true
}

// clear takes the bar away before other output.
func (p *progress) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.drawn {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.drawn = false
	}
}

func (p *progress) end() { p.clear() }

// percent draws how far something is that the server does.
func (p *progress) percent(n int, name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.total, p.done, p.name = 100, int64(n), name; p.on {
		p.draw(time.Now())
	}
}
