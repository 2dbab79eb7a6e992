package cli

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"text/tabwriter"

	"github.com/spf13/cobra"
)

func searchCommand() *cobra.Command {
	c := &cobra.Command{Use: "search QUERY", Short: "Search events, newest first, or make a table of them with pipes", Args: cobra.MaximumNArgs(1),
		Example: "  tocsin search 'outcome:failure and src.ip:203.0.113.0/24' --since 24h\n  tocsin search 'http.status:>=500' --json | jq .message\n  tocsin search 'outcome:failure | top 10 user.name' --since 7d"}
	connect := clientFlags(c)
	since := c.Flags().String("since", "1h", "how far back, such as 15m, 24h or 7d")
	from, to := c.Flags().String("from", "", "from this time on instead: RFC 3339, a date, or now-2d/d"), c.Flags().String("to", "", "up to this time")
	zone := c.Flags().String("zone", "", "zone of times in the query that name none, such as Europe/Prague")
	limit := c.Flags().Int("limit", 100, "at most so many events")
	asJSON := c.Flags().Bool("json", false, "one JSON object a line, with the original; a table as one object")
	asCSV := c.Flags().Bool("csv", false, "a table as CSV")
	c.RunE = func(c *cobra.Command, args []string) error {
		cl, err := connect()
		if err != nil {
			return err
		}
		q := url.Values{"from": {"now-" + *since}, "buckets": {"0"}, "fields": {"none"}}
		for name, v := range map[string]string{"from": *from, "to": *to, "tz": *zone} {
			if v != "" {
				q.Set(name, v)
			}
		}
		if len(args) == 1 {
			q.Set("q", args[0])
		}
		ctx, stop := signal.NotifyContext(c.Context(), syscall.SIGINT, syscall.SIGTERM)
		defer stop()
		p := printer{out: c.OutOrStdout(), json: *asJSON, csv: *asCSV}
		for left := *limit; left > 0; {
			q.Set("limit", strconv.Itoa(min(left, 1000)))
			var done struct {
				Next       string
				Incomplete bool
				Reason     string
			}
			before := p.rows
			err := cl.stream(ctx, "/api/v1/search/stream", q, func(name string, data []byte) error {
				switch name {
				case "rows":
					return p.events(data)
				case "table":
					p.table = append(p.table[:0], data...) // the last one is whole
				case "done":
					return json.Unmarshal(data, &done)
				}
				return nil
			})
			if err != nil || ctx.Err() != nil {
				return err
			}
			if done.Incomplete {
				fmt.Fprintln(c.ErrOrStderr(), "incomplete:", done.Reason)
			}
			left -= p.rows - before
			if done.Next == "" || p.rows == before {
				break
			}
			q.Set("cursor", done.Next)
		}
		return p.end()
	}
	return c
}

func tailCommand() *cobra.Command {
	c := &cobra.Command{Use: "tail [QUERY]", Short: "Show events as they come", Args: cobra.MaximumNArgs(1), Example: "  tocsin tail 'severity:>=high or outcome:failure'"}
	connect := clientFlags(c)
	asJSON := c.Flags().Bool("json", false, "one JSON object a line, with the original")
	limit := c.Flags().Int("limit", 0, "end after so many events; 0 for never")
	c.RunE = func(c *cobra.Command, args []string) error {
		cl, err := connect()
		if err != nil {
			return err
		}
		ctx, stop := signal.NotifyContext(c.Context(), syscall.SIGINT, syscall.SIGTERM)
		defer stop()
		p := printer{out: c.OutOrStdout(), json: *asJSON, limit: *limit}
		err = cl.stream(ctx, "/api/v1/events/tail", url.Values{"q": args}, func(name string, data []byte) error {
			var dropped struct{ Count int64 }
			switch name {
			case "rows":
				return p.events(data)
			case "dropped":
				if err := json.Unmarshal(data, &dropped); err != nil {
					return err
				}
				fmt.Fprintf(c.ErrOrStderr(), "… %d more events came at once and are not shown; narrow the query\n", dropped.Count)
			}
			return nil
		})
		if errors.Is(err, errEnough) || ctx.Err() != nil {
			return nil
		}
		return err
	}
	return c
}

// errEnough ends a stream that has shown what was asked for.
var errEnough = errors.New("enough")

// printer shows events and tables in a terminal, or as data.
type printer struct {
	out       io.Writer
	json, csv bool
	limit     int // events, 0 for no limit
	rows      int
	table     []byte
}

func (p *printer) events(data []byte) error {
	var page struct{ Items []json.RawMessage }
	if err := json.Unmarshal(data, &page); err != nil {
		return err
	}
	for _, raw := range page.Items {
		if p.rows++; p.json {
			fmt.Fprintln(p.out, string(raw))
		} else {
			var e struct {
				Time    string         `json:"time"`
				Message string         `json:"message"`
				Columns map[string]any `json:"columns"`
			}
			if err := json.Unmarshal(raw, &e); err != nil {
				return err
			}
			host, _ := e.Columns["host.name"].(string)
			fmt.Fprintf(p.out, "%s  %-16s  %s\n", e.Time, visible(host), visible(e.Message))
		}
		if p.rows == p.limit {
			return errEnough
		}
	}
	return nil
}

// end prints the table of a query with pipes.
func (p *printer) end() error {
	if p.table == nil {
		return nil
	}
	if p.json {
		_, err := fmt.Fprintln(p.out, string(p.table))
		return err
	}
	var t struct {
		Columns []struct{ Name string }
		Rows    [][]any
		Notes   []string
	}
	dec := json.NewDecoder(strings.NewReader(string(p.table)))
	dec.UseNumber()
	if err := dec.Decode(&t); err != nil {
		return err
	}
	lines := make([][]string, 1, len(t.Rows)+1)
	for _, c := range t.Columns {
		lines[0] = append(lines[0], c.Name)
	}
	for _, row := range t.Rows {
		line := make([]string, len(row))
		for i, cell := range row {
			line[i] = shownCell(cell)
		}
		lines = append(lines, line)
	}
	if p.csv {
		return csv.NewWriter(p.out).WriteAll(lines)
	}
	w := tabwriter.NewWriter(p.out, 0, 4, 2, ' ', 0)
	for _, line := range lines {
		fmt.Fprintln(w, strings.Join(line, "\t"))
	}
	for _, n := range t.Notes {
		fmt.Fprintln(w, n)
	}
	return w.Flush()
}

func shownCell(cell any) string {
	if cell == nil {
		return "-"
	}
	return visible(fmt.Sprint(cell))
}

// visible makes control and direction characters of log text harmless in a terminal.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r < ' ' || r >= 0x7f && r < 0xa0, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
			return '·'
		}
		return r
	}, s)
}
