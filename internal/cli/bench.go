package cli

import (
	"errors"
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/tocsin-project/tocsin/internal/eventfile"
	"github.com/tocsin-project/tocsin/internal/hunt"
	"github.com/tocsin-project/tocsin/sigma"
)

func benchCommand() *cobra.Command {
	c := &cobra.Command{Use: "bench", Short: "Measure parts of the program on this machine"}
	d := &cobra.Command{Use: "detect --rules DIR --events FILE", Short: "What matching JSON records costs: µs of processor time a record, and records a second", Args: cobra.NoArgs}
	var f ruleFlags
	f.add(d)
	events := d.Flags().StringArray("events", nil, "file of JSON records, .gz or .zst too; may be given several times")
	cores := d.Flags().Int("cores", runtime.NumCPU(), "cores for records a second")
	limit := d.Flags().Int("limit", 100_000, "records that are read at most")
	_, _ = d.MarkFlagRequired("rules"), d.MarkFlagRequired("events")
	d.RunE = func(c *cobra.Command, _ []string) error {
		o, err := f.options()
		if err != nil {
			return err
		}
		loaded, err := hunt.LoadRules(f.rules, o, runtime.NumCPU())
		if err != nil {
			return err
		}
		var rules []*sigma.Rule
		for _, doc := range loaded.Docs {
			if doc.Rule != nil {
				rules = append(rules, doc.Rule)
			}
		}
		began := hunt.CPU()
		m := sigma.NewMatcher(rules, sigma.MatcherOptions{FoldNames: true, Keep: eventfile.KeepFields})
		compiled := hunt.CPU() - began
		b, err := hunt.NewBench(m, *events, *limit, nil)
		if err != nil {
			return err
		}
		if b.Records() == 0 {
			return errors.New("the files hold no JSON records that can be read")
		}
		rounds := min(1000, max(1, 100_000/b.Records()))
		match, raw, walk := b.Match(rounds), b.Raw(rounds), b.Walk(500)
		out := c.OutOrStdout()
		for _, l := range []struct {
			name  string
			value float64
			unit  string
		}{
			{"rules_loaded", float64(len(rules)), "rules"}, {"records", float64(b.Records()), "records"}, {"hits", float64(match.Hits), "hits"},
			{"compile_s", compiled.Seconds(), "s"}, {"match_us", match.Micros, "µs"}, {"raw_us", raw.Micros, "µs"}, {"oracle_us", walk.Micros, "µs"},
			{"speedup", walk.Micros / match.Micros, "ratio"}, {"allocs", match.Allocs, "allocs"}, {"raw_eps", b.Parallel(*cores, rounds), "records/s"},
		} {
			fmt.Fprintf(out, "bench detect.%s %.2f %s\n", l.name, l.value, l.unit)
		}
		return nil
	}
	c.AddCommand(d, benchSearchCommand())
	return c
}
