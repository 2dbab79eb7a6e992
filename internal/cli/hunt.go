package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"sort"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/tocsin-project/tocsin/internal/detect"
	"github.com/tocsin-project/tocsin/internal/eventfile"
	"github.com/tocsin-project/tocsin/internal/hunt"
	"github.com/tocsin-project/tocsin/internal/normalize"
	"github.com/tocsin-project/tocsin/sigma"
)

// ruleFlags are those of every command that reads rules without a server.
type ruleFlags struct {
	rules, pipelines, placeholders []string
}

func (f *ruleFlags) add(c *cobra.Command) {
	c.Flags().StringArrayVar(&f.rules, "rules", nil, "directory or file of Sigma rules; may be given several times")
	f.addReading(c)
}

func (f *ruleFlags) addReading(c *cobra.Command) {
	c.Flags().StringArrayVar(&f.pipelines, "pipeline", nil, "processing pipeline (pySigma YAML) applied to the rules; may be given several times")
	c.Flags().StringArrayVar(&f.placeholders, "placeholder", nil, "values for %name% in rules: name=value,value or name=@FILE with a value a line")
}

// options reads pipelines and placeholders.
func (f *ruleFlags) options() (o sigma.Options, err error) {
	for _, path := range f.pipelines {
		text, err := os.ReadFile(path)
		if err != nil {
			return o, err
		}
		p, perr := sigma.ParsePipeline(path, text)
		if perr != nil {
			return o, perr
		}
		o.Pipelines = append(o.Pipelines, p)
	}
	for _, p := range f.placeholders {
		name, values, ok := strings.Cut(p, "=")
		if !ok {
			return o, fmt.Errorf("--placeholder %q: write name=value,value or name=@FILE", p)
		}
		list := strings.Split(values, ",")
		if path, isFile := strings.CutPrefix(values, "@"); isFile {
			text, err := os.ReadFile(path)
			if err != nil {
				return o, err
			}
			list = strings.Fields(string(text))
		}
		if o.Placeholders == nil {
			o.Placeholders = map[string][]string{}
		}
		o.Placeholders[name] = list
	}
	return o, nil
}

func huntCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "hunt [--rules DIR …] FILE…", Short: "Match Sigma rules against files of logs, without a server", Args: cobra.MinimumNArgs(1),
		Long: `Match Sigma rules against files of logs, without a server. Without --rules
the starter rules are used.

FILE is JSON (a record a line, or a document), EVTX, Event XML, a Zeek log, auditd, syslog
or a web server's access log; .gz, .zst and .zip are read, directories walked.
Hits go to standard output, a summary to standard error. Records that cannot
be read are counted and passed over.

Exit code: 0 done, 1 a file could not be read to its end, 2 it could not be done.`,
		Example: `  tocsin hunt --rules sigma/rules Security.evtx
  tocsin hunt --rules sigma/rules --level high --format tsv logs/*.jsonl.gz
  tocsin hunt --rules my.yml --logsource product=linux,service=auditd audit.log`,
	}
	var f ruleFlags
	f.add(c)
	format := c.Flags().String("format", "table", strings.Join(hunt.Formats, ", "))
	level := c.Flags().String("level", "", "leave out hits below: informational, low, medium, high, critical")
	source := c.Flags().String("logsource", "", "where all records come from, such as product=windows,service=security; else the records tell")
	cores := c.Flags().Int("cores", runtime.NumCPU(), "goroutines that match")
	quiet := c.Flags().Bool("quiet", false, "no progress and no summary")
	c.RunE = func(c *cobra.Command, args []string) error {
		began := time.Now()
		// Reading rules makes much garbage and little that stays.
		debug.SetGCPercent(400)
		sources, err := readLogsource(*source)
		if err != nil {
			return err
		}
		minimum, err := readLevel(*level)
		if err != nil {
			return err
		}
		out, err := hunt.NewWriter(c.OutOrStdout(), *format)
		if err != nil {
			return err
		}
		o, err := f.options()
		if err != nil {
			return err
		}
		rules, err := loadRules(f.rules, o, *cores)
		if err != nil {
			return err
		}
		files, err := eventfile.Files(args)
		if err != nil {
			return err
		}
		set, errs := normalize.Load(normalize.Shipped())
		if len(errs) > 0 {
			return errs[0]
		}
		ctx, stop := signal.NotifyContext(c.Context(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		bar := newProgress(c.ErrOrStderr(), files, *quiet)
		run := hunt.Options{
			Rules: rules, Files: files, Logsource: sources, MinLevel: minimum, Cores: *cores, Mappings: normalize.New(set),
			Explain: *format != "tsv", FileStart: bar.file, Progress: bar.read,
		}
		loaded := time.Since(began)
		summary, err := hunt.Run(ctx, run, func(h hunt.Hit) error {
			bar.clear()
			return out.Write(h)
		})
		bar.end()
		if ferr := out.Flush(); err == nil {
			err = ferr
		}
		if !*quiet {
			summarise(c.ErrOrStderr(), rules, summary, loaded, time.Since(began))
		}
		switch {
		case errors.Is(err, context.Canceled):
			return answerNo("stopped before the end")
		case errors.Is(err, syscall.EPIPE):
			return nil // whoever read has enough
		case err != nil:
			return err
		case len(summary.Failed) > 0:
			return answerNo("")
		}
		return nil
	}
	return c
}

// loadRules reads the rules of paths, or the starter rules where there are none.
func loadRules(paths []string, o sigma.Options, cores int) (*hunt.Rules, error) {
	if len(paths) == 0 {
		return hunt.LoadFS(detect.StarterRules(), o)
	}
	return hunt.LoadRules(paths, o, cores)
}

func readLogsource(text string) ([]sigma.Logsource, error) {
	if text == "" {
		return nil, nil
	}
	var s sigma.Logsource
	for _, pair := range strings.Split(text, ",") {
		key, value, _ := strings.Cut(pair, "=")
		switch strings.TrimSpace(key) {
		case "category":
			s.Category = value
		case "product":
			s.Product = value
		case "service":
			s.Service = value
		default:
			return nil, fmt.Errorf("--logsource %q: write category=…, product=… or service=…, with commas between", pair)
		}
	}
	return []sigma.Logsource{s}, nil
}

func readLevel(text string) (sigma.Level, error) {
	switch l := sigma.Level(strings.ToLower(text)); l {
	case sigma.LevelNone, sigma.Informational, sigma.Low, sigma.Medium, sigma.High, sigma.Critical:
		return l, nil
	}
	return "", fmt.Errorf("unknown level %q: one of informational, low, medium, high, critical", text)
}

const summaryRules = 20

func summarise(w io.Writer, rules *hunt.Rules, s hunt.Summary, loaded, took time.Duration) {
	names := map[string]string{}
	for _, d := range rules.Docs {
		names[d.Ref()] = d.Title
	}
	ids := make([]string, 0, len(s.ByRule))
	for id := range s.ByRule {
		ids = append(ids, id)
	}
	sort.Slice(ids, func(i, j int) bool {
		return s.ByRule[ids[i]] > s.ByRule[ids[j]] || s.ByRule[ids[i]] == s.ByRule[ids[j]] && names[ids[i]] < names[ids[j]]
	})
	for i, id := range ids {
		if i == summaryRules {
			fmt.Fprintf(w, "%9s  and %d rules more\n", "", len(ids)-i)
			break
		}
		fmt.Fprintf(w, "%9d  %s\n", s.ByRule[id], visible(names[id]))
	}
	fmt.Fprintf(w, "%d hits of %d rules in %d records of %d files; %d rules, %d rejected; %.2f s, of which rules %.2f s; %.0f records a second\n",
		s.Hits, len(ids), s.Records, s.Files, len(rules.Docs), len(rules.Rejected), took.Seconds(), loaded.Seconds(), float64(s.Records)/took.Seconds())
	if s.Unknown > 0 {
		fmt.Fprintf(w, "%d records are of no known log source: only rules without one apply to them; --logsource says where they come from.\n", s.Unknown)
	}
	if s.Broken > 0 {
		fmt.Fprintf(w, "%d records could not be read, such as:\n", s.Broken)
		for _, b := range s.Samples {
			fmt.Fprintf(w, "  %s:%d: %v\n", b.File, b.Record, b.Err)
		}
	}
	if s.Late > 0 {
		fmt.Fprintf(w, "%d hits came too late for their correlation to count them.\n", s.Late)
	}
	for _, f := range s.Failed {
		fmt.Fprintf(w, "%s: %v\n", f.File, f.Err)
	}
	if len(rules.Rejected) > 0 {
		fmt.Fprintf(w, "Rules that were rejected are named by: tocsin rules check DIR\n")
	}
}
