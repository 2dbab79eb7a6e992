package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tocsin-project/tocsin/internal/detect"
	"github.com/tocsin-project/tocsin/internal/hunt"
	"github.com/tocsin-project/tocsin/sigma"
)

func rulesCommand() *cobra.Command {
	c := &cobra.Command{Use: "rules", Short: "Check, try, convert and install detection rules"}
	c.AddCommand(rulesCheckCommand(), rulesExplainCommand(), rulesTestCommand(), rulesConvertCommand(), rulesNewCommand(), rulesCoverageCommand(), rulesInstallCommand())
	return c
}

// checked is what rules check says as JSON.
type checked struct {
	Files    int             `json:"files"`
	Rules    int             `json:"rules"` // documents: rules, correlations, filters
	Loaded   int             `json:"loaded"`
	Rejected []hunt.Rejected `json:"rejected"`
	Warnings []warning       `json:"warnings"`
}

type warning struct {
	Path   string `json:"path"`
	Line   int    `json:"line"`
	Rule   string `json:"rule"`
	Check  string `json:"check"`
	Reason string `json:"reason"`
}

func rulesCheckCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "check [DIR…]", Short: "Load rules and name every one that does not load, and what is doubtful; without DIR the starter rules",
		Long: "Load rules and name every one that does not load, and what is doubtful; without DIR the starter rules.\n\nExit code: 0 all load, 1 some do not, 2 it could not be done.",
	}
	var f ruleFlags
	f.addReading(c)
	format := c.Flags().String("format", "text", "text or json")
	verbose := c.Flags().Bool("list", false, "also list the rules that load")
	quiet := c.Flags().Bool("no-warnings", false, "leave out warnings")
	c.RunE = func(c *cobra.Command, args []string) error {
		if *format != "text" && *format != "json" {
			return fmt.Errorf("unknown format %q: text or json", *format)
		}
		o, err := f.options()
		if err != nil {
			return err
		}
		out, loaded, err := check(args, o)
		if err != nil {
			return err
		}
		if *quiet {
			out.Warnings = []warning{}
		}
		w := c.OutOrStdout()
		if *format == "json" {
			e := json.NewEncoder(w)
			e.SetEscapeHTML(false)
			if err := e.Encode(out); err != nil {
				return err
			}
		} else {
			show(w, out, loaded, *verbose)
		}
		if len(out.Rejected) > 0 {
			return answerNo("")
		}
		return nil
	}
	return c
}

// check loads rules as the server would, linking correlations too.
func check(paths []string, o sigma.Options) (checked, []*sigma.Document, error) {
	rules, err := loadRules(paths, o, runtime.NumCPU())
	if err != nil {
		return checked{}, nil, err
	}
	docs := rules.Docs
	_, unlinked := sigma.NewCorrelator(docs, sigma.Limits{})
	bad := map[string]bool{}
	for _, e := range unlinked {
		bad[e.Rule] = true
		rules.Rejected = append(rules.Rejected, hunt.Reject(e, docs))
	}
	var loaded []*sigma.Document
	for _, d := range docs {
		if d.Custom["tocsin"] != nil {
			if err := detect.CheckProposal(d); err != nil {
				err.File, err.Rule = d.File, d.Ref()
				rules.Rejected = append(rules.Rejected, hunt.Reject(err, docs))
				continue
			}
		}
		if d.Correlation == nil || !bad[d.Ref()] {
			loaded = append(loaded, d)
		}
	}
	out := checked{Files: rules.Files, Rules: len(loaded) + len(rules.Rejected), Loaded: len(loaded), Rejected: rules.Rejected, Warnings: []warning{}}
	if out.Rejected == nil {
		out.Rejected = []hunt.Rejected{}
	}
	seen := map[warning]bool{}
	for _, w := range append(rules.Warnings, sigma.Lint(docs)...) {
		one := warning{w.File, w.Line, w.Rule, w.Check, w.Reason}
		if !seen[one] {
			seen[one] = true
			out.Warnings = append(out.Warnings, one)
		}
	}
	return out, loaded, nil
}

func show(w io.Writer, out checked, loaded []*sigma.Document, list bool) {
	if list {
		for _, d := range loaded {
			fmt.Fprintf(w, "%-13s %s  %s\n", d.Level, d.Ref(), visible(d.Title))
		}
	}
	for _, x := range out.Warnings {
		fmt.Fprintf(w, "warning   %s:%d: %s (%s)\n", x.Path, x.Line, visible(x.Reason), x.Check)
	}
	for _, r := range out.Rejected {
		fmt.Fprintf(w, "REJECTED  %s\n", visible(r.String()))
	}
	fmt.Fprintf(w, "%d files, %d documents: %d loaded, %d rejected, %d warnings.\n", out.Files, out.Rules, out.Loaded, len(out.Rejected), len(out.Warnings))
}

func rulesTestCommand() *cobra.Command {
	c := &cobra.Command{Use: "test [DIR]", Short: "Run the test events that rules carry under the key tests; without DIR the starter rules", Args: cobra.MaximumNArgs(1)}
	verbose := c.Flags().Bool("verbose", false, "list the tests that pass too")
	c.RunE = func(c *cobra.Command, args []string) error {
		fsys := detect.StarterRules()
		if len(args) == 1 {
			if info, err := os.Stat(args[0]); err != nil || !info.IsDir() {
				return fmt.Errorf("%s is no directory", args[0])
			}
			fsys = os.DirFS(args[0])
		}
		tested, err := detect.RunTests(fsys)
		if err != nil {
			return err
		}
		w, failed := c.OutOrStdout(), 0
		for _, e := range tested.Report.Rejected {
			fmt.Fprintf(w, "REJECTED  %s\n", e)
		}
		for _, t := range tested.Tests {
			if t.Pass() {
				if *verbose {
					fmt.Fprintf(w, "ok    %s:%d  %s\n", t.File, t.Line, visible(t.Title))
				}
				continue
			}
			failed++
			fmt.Fprintf(w, "FAIL  %s:%d  %s: %d hits, want %d. %s\n", t.File, t.Line, visible(t.Title), t.Got, t.Want, t.Fault)
		}
		for _, l := range tested.Untested {
			fmt.Fprintf(w, "      %s:%d  %s has no tests\n", l.File, l.Line, visible(l.Title))
		}
		fmt.Fprintf(w, "%d tests of %d rules, %d failed; %d rules rejected, %d without tests.\n",
			len(tested.Tests), len(tested.Report.Loaded), failed, len(tested.Report.Rejected), len(tested.Untested))
		if failed+len(tested.Report.Rejected) > 0 {
			return answerNo("")
		}
		return nil
	}
	return c
}

// oneDocument reads the only document of a file, or the one with an id.
func oneDocument(path, id string, o sigma.Options) (*sigma.Document, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	docs, errs := o.Parse(path, text)
	var found []*sigma.Document
	var names []string
	for _, d := range docs {
		names = append(names, d.Ref())
		if id == "" || d.ID == id || d.Name == id {
			found = append(found, d)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(errs) > 0:
		return nil, errs[0]
	case id != "":
		return nil, fmt.Errorf("%s has no rule %s", path, id)
	}
	return nil, fmt.Errorf("%s has %d documents; name one with --id: %s", path, len(docs), strings.Join(names, ", "))
}
