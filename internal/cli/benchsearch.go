package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/eventstore/catalogue"
	"github.com/tocsin-project/tocsin/internal/record"
	"github.com/tocsin-project/tocsin/internal/searchbench"
)

func benchSearchCommand() *cobra.Command {
	c := &cobra.Command{Use: "search", Short: "What writing and searching events costs here: makes events, seals them, asks", Args: cobra.NoArgs}
	events := c.Flags().Int("events", 10_000_000, "events that are made; needs about 150 bytes of disk each")
	dir := c.Flags().String("dir", "", "directory for them, empty; a temporary one by default")
	keep := c.Flags().Bool("keep", false, "leave the directory")
	part := c.Flags().String("part", "", "")
	rate := c.Flags().Int("rate", 0, "")
	_, _ = c.Flags().MarkHidden("part"), c.Flags().MarkHidden("rate")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if *part != "" {
			return benchPart(c.Context(), c.OutOrStdout(), *dir, *part, *events, *rate)
		}
		if *events < 100_000 {
			return errors.New("a measurement needs at least 100,000 events")
		}
		root := *dir
		if root == "" {
			made, err := os.MkdirTemp("", "tocsin-bench-search")
			if err != nil {
				return err
			}
			root = made
		}
		if !*keep {
			defer os.RemoveAll(root)
		}
		b := &searchBench{out: c.OutOrStdout(), log: c.ErrOrStderr(), ctx: c.Context(), root: root, events: *events}
		return b.run()
	}
	return c
}

// searchBench runs each part of the measurement in a process of its own.
type searchBench struct {
	out, log io.Writer
	ctx      context.Context
	root     string
	events   int
	peak     float64
}

// partResult is what one part prints.
type partResult struct {
	Written    searchbench.Written
	Asked      searchbench.Asked
	P95        time.Duration
	Bytes      int64 // of segments and their filters
	PeakMB     float64
	ServerIdle float64
}

func (b *searchBench) run() error {
	big, small := filepath.Join(b.root, "all"), filepath.Join(b.root, "tenth")
	var w partResult
	if err := b.part(&w, big, "write", b.events, 0); err != nil {
		return err
	}
	n := float64(w.Written.Events)
	b.report("write_eps", n/w.Written.Wall.Seconds(), "events/s")
	b.report("write_cpu", w.Written.CPU.Seconds()/n*1e6, "CPU-s/M")
	b.report("prepare_cpu", w.Written.Prepared.Seconds()/n*1e6, "CPU-s/M")
	b.report("bytes_per_event", float64(w.Bytes)/n, "bytes")
	var needles time.Duration
	for _, k := range searchbench.Kinds() {
		var r partResult
		if err := b.part(&r, big, "ask-"+k.Name, b.events, 0); err != nil {
			return err
		}
		b.report(k.Name+"_ms", ms(r.Asked.Warm), "ms")
		b.report("first_"+k.Name+"_ms", ms(r.Asked.First), "ms")
		b.report(k.Name+"_cpu_ms", ms(r.Asked.WarmCPU), "CPU-ms")
		b.report("first_"+k.Name+"_cpu_ms", ms(r.Asked.FirstCPU), "CPU-ms")
		if isNeedle(k.Name) {
			needles += r.Asked.Warm
		}
	}
	rate := int(n / w.Written.Wall.Seconds() / 2)
	var alone, beside partResult
	if err := errors.Join(b.part(&alone, big, "mixed", b.events, 0), b.part(&beside, big, "mixed", b.events, rate)); err != nil {
		return err
	}
	b.report("p95_ms", ms(alone.P95), "ms")
	b.report("under_ingest_p95_ms", ms(beside.P95), "ms")
	b.report("under_ingest_rate", float64(rate), "events/s")
	b.report("under_ingest_p95_ratio", beside.P95.Seconds()/alone.P95.Seconds(), "ratio")
	b.report("rss_mb", b.peak, "MB")
	if err := b.part(&w, small, "write", b.events/10, 0); err != nil {
		return err
	}
	var tenth time.Duration
	for _, k := range searchbench.Kinds() {
		if !isNeedle(k.Name) && k.Name != "newest" {
			continue
		}
		var r partResult
		if err := b.part(&r, small, "ask-"+k.Name, b.events/10, 0); err != nil {
			return err
		}
		b.report("tenth_"+k.Name+"_ms", ms(r.Asked.Warm), "ms")
		if isNeedle(k.Name) {
			tenth += r.Asked.Warm
		}
	}
	b.report("needle_growth_10x", needles.Seconds()/tenth.Seconds(), "ratio")
	for _, r := range victoriaLogs {
		b.report("victorialogs_2m."+r.name, r.value, r.unit)
	}
	return nil
}

// victoriaLogs are figures of another store to set beside ours, not measured
// here: v1.26.0 over 2 M events of another generator, warm, on 2 shared cores;
// what it spends on HTTP and JSON when writing is counted.
var victoriaLogs = []struct {
	name  string
	value float64
	unit  string
}{
	{"write_cpu", 54, "CPU-s/M"}, {"bytes_per_event", 100, "bytes"}, {"exact_ms", 103, "ms"}, {"word_ms", 43, "ms"}, {"field_ms", 99, "ms"},
	{"substring_ms", 1492, "ms"}, {"newest_ms", 653, "ms"}, {"histogram_ms", 695, "ms"},
}

func isNeedle(kind string) bool { return kind == "exact" || kind == "word" || kind == "field" }

func ms(d time.Duration) float64 { return d.Seconds() * 1000 }

func (b *searchBench) report(name string, v float64, unit string) {
	fmt.Fprintf(b.out, "bench search.%s %.2f %s\n", name, v, unit)
}

func (b *searchBench) part(r *partResult, dir, part string, events, rate int) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(b.ctx, self, "bench", "search", "--dir", dir, "--part", part, "--events", fmt.Sprint(events), "--rate", fmt.Sprint(rate))
	cmd.Stderr = b.log
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("%s: %w", part, err)
	}
	if err := json.Unmarshal(out, r); err != nil {
		return err
	}
	b.peak = max(b.peak, r.PeakMB)
	return nil
}

// benchPart does one part and prints its result.
func benchPart(ctx context.Context, out io.Writer, dir, part string, events, rate int) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	d, err := db.Open(ctx, filepath.Join(dir, "tocsin.db"), slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer d.Close()
	if _, err := d.Migrate(ctx, time.Now); err != nil {
		return err
	}
	st, err := eventstore.Open(ctx, eventstore.Options{Dir: dir, Catalogue: catalogue.New(d, record.New(d, time.Now))})
	if err != nil {
		return err
	}
	defer st.Close(ctx)
	var r partResult
	switch name, ask := strings.CutPrefix(part, "ask-"); {
	case ask:
		for _, k := range searchbench.Kinds() {
			if k.Name == name {
				if r.Asked, err = searchbench.Ask(ctx, st, k, events, 9); err != nil {
					return err
				}
			}
		}
	case part == "mixed":
		if r.P95, err = searchbench.Mixed(ctx, st, events, rate, 20*time.Second); err != nil {
			return err
		}
	case part == "write":
		if r.Written, err = searchbench.Write(ctx, st, events, func(done int) { fmt.Fprintf(os.Stderr, "%d of %d events written\n", done, events) }); err != nil {
			return err
		}
		if r.Bytes, err = sizeOf(filepath.Join(dir, "segments")); err != nil {
			return err
		}
	}
	r.PeakMB = peakMB()
	return json.NewEncoder(out).Encode(r)
}

func sizeOf(dir string) (n int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err == nil {
			n += info.Size()
		}
		return err
	})
	return n, err
}

// peakMB is the most memory that this process had resident; 0 where the system
// does not tell.
func peakMB() float64 {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(b)) {
		var kb float64
		if _, err := fmt.Sscanf(line, "VmHWM: %f kB", &kb); err == nil {
			return kb / 1024
		}
	}
	return 0
}
