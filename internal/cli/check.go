package cli

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tocsin-project/tocsin/internal/classify"
	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/normalize"
)

func policyCommand() *cobra.Command {
	c := &cobra.Command{Use: "policy", Short: "Check classification policies"}
	c.AddCommand(&cobra.Command{Use: "test [FILE]", Short: "Run the worked examples under a policy file, or the shipped policy", Args: cobra.MaximumNArgs(1), RunE: func(c *cobra.Command, args []string) error {
		policy := classify.Default()
		if len(args) == 1 {
			text, err := os.ReadFile(args[0])
			if err != nil {
				return err
			}
			if policy, err = classify.Load(text); err != nil {
				return answerNo(fmt.Sprintf("%s does not compile:\n%v", args[0], err))
			}
		}
		failed := 0
		results := classify.RunExamples(policy)
		for _, r := range results {
			mark := "ok  "
			if !r.Pass() {
				mark = "FAIL"
				failed++
			}
			fmt.Fprintf(c.OutOrStdout(), "%s  %s\n", mark, r.Example.Name)
			for _, d := range r.Differences {
				fmt.Fprintf(c.OutOrStdout(), "      %v\n", d)
			}
		}
		fmt.Fprintf(c.OutOrStdout(), "%d examples, %d differ.\n", len(results), failed)
		if failed > 0 {
			return answerNo("")
		}
		return nil
	}}, &cobra.Command{Use: "show", Short: "Print the shipped policy", Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		_, err := c.OutOrStdout().Write(classify.DefaultYAML())
		return err
	}})
	return c
}

func parseCommand() *cobra.Command {
	c := &cobra.Command{Use: "parse FILE", Short: "Show how the lines of a file are read (- for standard input)", Args: cobra.ExactArgs(1)}
	source := c.Flags().String("source", "test", "name of the input that they would come from")
	transport := c.Flags().String("transport", "http", "http, or syslog-tcp for lines with a syslog header")
	c.RunE = func(c *cobra.Command, args []string) error {
		var in io.Reader = os.Stdin
		if args[0] != "-" {
			f, err := os.Open(args[0])
			if err != nil {
				return err
			}
			defer f.Close()
			in = f
		}
		set, errs := normalize.Load(normalize.Shipped())
		if len(errs) > 0 {
			return errs[0]
		}
		w := normalize.New(set).Worker()
		lines := bufio.NewScanner(in)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			if strings.TrimSpace(lines.Text()) == "" {
				continue
			}
			e := w.Line(*source, *transport, []byte(lines.Text()), time.Now().UnixNano())
			describe(c.OutOrStdout(), &e)
		}
		return lines.Err()
	}
	return c
}

func describe(w io.Writer, e *event.Event) {
	kind := e.SourceType
	if kind == "" {
		kind = "(no mapping)"
	}
	fmt.Fprintf(w, "%s  %s  %s  %s\n", time.Unix(0, e.Time).UTC().Format(time.RFC3339Nano), kind, e.Status, visible(e.Message))
	for _, c := range e.Columns {
		fmt.Fprintf(w, "    %-20s %s\n", c.ID.Info().Name, visible(c.Value.Text()))
	}
	for _, f := range e.Fields {
		fmt.Fprintf(w, "    · %-18s %s\n", f.Key, visible(f.Value.Text()))
	}
}
