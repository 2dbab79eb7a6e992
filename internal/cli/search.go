package cli

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

func searchCommand() *cobra.Command {
	c := &cobra.Command{Use: "search QUERY", Short: "Search events, newest first", Args: cobra.MaximumNArgs(1),
		Example: "  tocsin search 'outcome:failure and src.ip:203.0.113.0/24' --since 24h\n  tocsin search 'http.status:>=500' --json | jq .message"}
	connect := clientFlags(c)
	since := c.Flags().Duration("since", time.Hour, "how far back")
	limit := c.Flags().Int("limit", 100, "at most so many events")
	asJSON := c.Flags().Bool("json", false, "one JSON object a line, with the original")
	c.RunE = func(c *cobra.Command, args []string) error {
		cl, err := connect()
		if err != nil {
			return err
		}
		q := url.Values{"from": {time.Now().Add(-*since).UTC().Format(time.RFC3339)}}
		if len(args) == 1 {
			q.Set("q", args[0])
		}
		for left := *limit; left > 0; {
			q.Set("limit", strconv.Itoa(min(left, 1000)))
			var page struct {
				Items      []json.RawMessage `json:"items"`
				Next       string            `json:"next"`
				Incomplete bool              `json:"incomplete"`
				Reason     string            `json:"reason"`
			}
			if err := cl.get("/api/v1/events", q, &page); err != nil {
				return err
			}
			for _, raw := range page.Items {
				if *asJSON {
					fmt.Fprintln(c.OutOrStdout(), string(raw))
					continue
				}
				var e struct {
					Time    string         `json:"time"`
					Message string         `json:"message"`
					Columns map[string]any `json:"columns"`
				}
				if err := json.Unmarshal(raw, &e); err != nil {
					return err
				}
				host, _ := e.Columns["host.name"].(string)
				fmt.Fprintf(c.OutOrStdout(), "%s  %-16s  %s\n", e.Time, host, visible(e.Message))
			}
			if page.Incomplete {
				fmt.Fprintln(c.ErrOrStderr(), "incomplete:", page.Reason)
			}
			left -= len(page.Items)
			if page.Next == "" || len(page.Items) == 0 {
				break
			}
			q.Set("cursor", page.Next)
		}
		return nil
	}
	return c
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
