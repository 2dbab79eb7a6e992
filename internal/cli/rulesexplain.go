package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tocsin-project/tocsin/internal/eventfile"
	"github.com/tocsin-project/tocsin/internal/normalize"
	"github.com/tocsin-project/tocsin/sigma"
)

func rulesExplainCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "explain --rule FILE --event FILE", Short: "Show what of a rule's condition holds for an event, and what does not", Args: cobra.NoArgs,
		Long: "Show what of a rule's condition holds for an event, and what does not.\n\nThe event is the first record of a file in any form that tocsin hunt reads, or the one of --record.\nExit code: 0 the rule matches, 1 it does not, 2 it could not be done.",
	}
	var f ruleFlags
	f.addReading(c)
	rule := c.Flags().String("rule", "", "file with the rule")
	id := c.Flags().String("id", "", "id or name of the rule, where the file has several")
	event := c.Flags().String("event", "", "file with the event")
	record := c.Flags().Int("record", 1, "number of the record in the file, from 1")
	_, _ = c.MarkFlagRequired("rule"), c.MarkFlagRequired("event")
	c.RunE = func(c *cobra.Command, _ []string) error {
		o, err := f.options()
		if err != nil {
			return err
		}
		d, err := oneDocument(*rule, *id, o)
		if err != nil {
			return err
		}
		if d.Rule == nil {
			return errors.New("a correlation or filter is about other rules; explain one of those")
		}
		m := sigma.NewMatcher([]*sigma.Rule{d.Rule}, sigma.MatcherOptions{FoldNames: true, Keep: eventfile.KeepFields})
		set, errs := normalize.Load(normalize.Shipped())
		if len(errs) > 0 {
			return errs[0]
		}
		dec := eventfile.NewDecoder(m, nil, normalize.New(set))
		if err := readRecord(c.Context(), *event, *record, dec); err != nil {
			return err
		}
		w := c.OutOrStdout()
		tree := d.Rule.Tree(dec.Record)
		applies := dec.Class.Len() > 0
		fmt.Fprintf(w, "%s  %s\n", mark(tree.Held), visible(d.Title))
		drawBranch(w, tree, "")
		if !applies {
			fmt.Fprintf(w, "The rule is not tried on this event: its log source (%s) is none of the event's.\n", sourceText(d.Rule.Logsource))
		}
		if !tree.Held || !applies {
			return answerNo("")
		}
		return nil
	}
	return c
}

var errFound = errors.New("found")

// readRecord leaves the wanted record in the decoder.
func readRecord(ctx context.Context, path string, number int, dec *eventfile.Decoder) error {
	var failed error
	err := eventfile.Read(ctx, path, nil, func(b *eventfile.Block) error {
		found := false
		dec.Each(b, func(n int, err error) bool {
			if found = n == number; found {
				failed = err
				dec.KeepKeywords()
			}
			return !found
		})
		if found {
			return errFound
		}
		return nil
	})
	switch {
	case errors.Is(err, errFound):
		return failed
	case err != nil:
		return err
	}
	return fmt.Errorf("%s has no record %d", path, number)
}

func mark(held bool) string {
	if held {
		return "✓"
	}
	return "✗"
}

func drawBranch(w io.Writer, b sigma.Branch, indent string) {
	switch b.Op {
	case "item":
		value := "the event has no such field"
		switch p := b.Item; {
		case p.Field == "":
			value = "anywhere in the event"
		case p.Present && p.Value.Kind() == sigma.Null:
			value = "null"
		case p.Present:
			value = p.Value.Text()
			if len(value) > 200 {
				value = strings.ToValidUTF8(value[:200], "") + "…"
			}
			value = "= " + value
		}
		fmt.Fprintf(w, "%s%s %s   %s  (line %d)\n", indent, mark(b.Held), visible(b.Item.Test), visible(value), b.Item.Line)
		return
	case "selection":
		fmt.Fprintf(w, "%s%s %s\n", indent, mark(b.Held), visible(b.Name))
		if len(b.Kids) == 1 && b.Kids[0].Op == "and" {
			b = b.Kids[0] // all items of a selection must hold: that goes without saying
		}
	case "not":
		fmt.Fprintf(w, "%s%s not\n", indent, mark(b.Held))
	default:
		fmt.Fprintf(w, "%s%s %s\n", indent, mark(b.Held), map[string]string{"and": "all of", "or": "one of"}[b.Op])
	}
	for _, k := range b.Kids {
		drawBranch(w, k, indent+"  ")
	}
}

func sourceText(l sigma.Logsource) string {
	var parts []string
	for _, p := range [3][2]string{{"category", l.Category}, {"product", l.Product}, {"service", l.Service}} {
		if p[1] != "" {
			parts = append(parts, p[0]+" "+p[1])
		}
	}
	if parts == nil {
		return "any"
	}
	return strings.Join(parts, ", ")
}
