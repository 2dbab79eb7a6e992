package cli

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tocsin-project/tocsin/internal/attack"
	"github.com/tocsin-project/tocsin/sigma"
)

func rulesNewCommand() *cobra.Command {
	c := &cobra.Command{Use: "new [FILE]", Short: "Write a rule to start from, with tests", Args: cobra.MaximumNArgs(1)}
	title := c.Flags().String("title", "What happens, in a few words", "title")
	author := c.Flags().String("author", os.Getenv("USER"), "author")
	category := c.Flags().String("category", "process_creation", "log source")
	product := c.Flags().String("product", "windows", "log source")
	service := c.Flags().String("service", "", "log source; takes the category's place")
	kind := c.Flags().String("kind", "rule", "rule, correlation, unusual or filter")
	c.RunE = func(c *cobra.Command, args []string) error {
		source := fmt.Sprintf("category: %s, product: %s", *category, *product)
		if *service != "" {
			source = fmt.Sprintf("product: %s, service: %s", *product, *service)
		}
		body, ok := templates[*kind]
		if !ok {
			return fmt.Errorf("unknown kind %q: rule, correlation, unusual or filter", *kind)
		}
		if *author == "" {
			*author = "your name"
		}
		text := strings.NewReplacer("TITLE", *title, "UUID", newUUID(), "AUTHOR", *author, "DATE", time.Now().Format("2006-01-02"), "SOURCE", source).Replace(head + body)
		if _, errs := sigma.Parse("new.yml", []byte(text)); len(errs) > 0 {
			return fmt.Errorf("the rule would not load: %w; quote what holds a colon", errs[0])
		}
		if len(args) == 0 {
			_, err := fmt.Fprint(c.OutOrStdout(), text)
			return err
		}
		f, err := os.OpenFile(args[0], os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if errors.Is(err, os.ErrExist) {
			return fmt.Errorf("%s is there already", args[0])
		}
		if err != nil {
			return err
		}
		if _, err := f.WriteString(text); err != nil {
			_ = f.Close()
			return err
		}
		return f.Close()
	}
	return c
}

const head = `title: TITLE
id: UUID
status: experimental
description: What the rule sees, and why that deserves attention.
author: AUTHOR
date: DATE
`

var templates = map[string]string{
	"rule": `tags: [attack.execution, attack.t1059]
logsource: {SOURCE}
detection:
  selection:
    Image|endswith: '\tool.exe'
    CommandLine|windash|contains: ' -option '
  known:
    ParentImage|endswith: '\manager.exe'
  condition: selection and not known
falsepositives: [Who does this rightfully, and how to tell.]
level: medium
tocsin:
  impact: 2
  urgency: 2
  dedup: [host.name, user.name]
  summary: "Tool with its option on {host.name} by {user.name}"
tests:
  - {match: true, event: {Image: 'C:\x\tool.exe', CommandLine: 'tool.exe -option 1'}}
  - {match: false, event: {Image: 'C:\x\tool.exe', CommandLine: 'tool.exe -option 1', ParentImage: 'C:\x\manager.exe'}}
`,
	"correlation": `correlation:
  type: event_count            # value_count, temporal, temporal_ordered, value_sum, value_avg, value_percentile, value_median
  rules: [name-of-a-rule]      # id or name
  group-by: [user.name]
  timespan: 10m
  condition: {gte: 10}
level: medium
tocsin: {impact: 2, urgency: 2, summary: "{why}"}
`,
	"unusual": `unusual:
  type: first_seen             # rare, deviation
  rules: [name-of-a-rule]      # id or name
  group-by: [user.name]        # who has habits
  field: host.name             # what is new for them
  memory: 60d                  # how long a value counts as known
  learn: 7d                    # quiet while a group is younger
level: medium
tocsin: {impact: 2, urgency: 1, summary: "{why}"}
`,
	"filter": `logsource: {SOURCE}
filter:
  rules: [id-of-a-rule]        # ids or names, or: any
  selection:
    ParentImage|endswith: '\manager.exe'
  condition: not selection     # what is left out
tocsin: {owner: AUTHOR, reason: Why this is expected here., expires: DATE}
`,
}

// newUUID is a random UUID (RFC 9562, version 4).
func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func rulesCoverageCommand() *cobra.Command {
	c := &cobra.Command{Use: "coverage [DIR…]", Short: "Which techniques of ATT&CK rules are about; without DIR the starter rules"}
	layer := c.Flags().Bool("navigator", false, "write a layer for the ATT&CK Navigator instead")
	var f ruleFlags
	f.addReading(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		o, err := f.options()
		if err != nil {
			return err
		}
		rules, err := loadRules(args, o, runtime.NumCPU())
		if err != nil {
			return err
		}
		m, err := attack.Load()
		if err != nil {
			return err
		}
		var list []attack.Rule
		for _, d := range rules.Docs {
			if d.Filter == nil {
				list = append(list, attack.Rule{ID: d.Ref(), Tags: d.Tags, State: "live"})
			}
		}
		cover := m.Cover(list)
		w := c.OutOrStdout()
		if *layer {
			return writeJSON(w, cover.Navigator("Tocsin rules", "rules"))
		}
		for _, t := range cover.Tactics {
			fmt.Fprintf(w, "%-24s %4d of %4d techniques, %5d rules\n", t.Name, t.Covered, len(t.Techniques), t.Rules)
		}
		fmt.Fprintf(w, "%d rules, %d without a technique.\n", len(list), cover.Untagged)
		return nil
	}
	return c
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
