package cli

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

type export struct {
	ID        string `json:"id"`
	State     string `json:"state"`
	Rows      int64  `json:"rows"`
	AboutRows int64  `json:"about_rows"`
	Bytes     int64  `json:"bytes"`
	Percent   int    `json:"percent"`
	Error     string `json:"error"`
}

func exportCommand() *cobra.Command {
	c := &cobra.Command{Use: "export QUERY", Short: "Make a file of all events that match", Args: cobra.ExactArgs(1),
		Long:    "The server makes the file in the background, beside its other work, and keeps it for 24 hours; this waits and fetches it. Ctrl-C stops waiting and the export.",
		Example: "  tocsin export 'outcome:failure' --since 720h --format csv --fields time,user.name,src.ip --out failures.csv\n  tocsin export 'class:http_activity | count by src.ip' --format ndjson --out -"}
	connect := clientFlags(c)
	format := c.Flags().String("format", "csv", "csv, ndjson or parquet")
	out := c.Flags().String("out", "", "file to write; - for standard output")
	since := c.Flags().Duration("since", 24*time.Hour, "how far back")
	from := c.Flags().String("from", "", "start instead of --since: RFC 3339, a date, or relative such as now-7d")
	to := c.Flags().String("to", "now", "end")
	fields := c.Flags().StringSlice("fields", nil, "fields, with commas between; none: all of an event (CSV: the usual columns)")
	c.RunE = func(c *cobra.Command, args []string) error {
		if *out == "" {
			return errors.New("name the file to write: --out events.csv, or --out - for standard output")
		}
		cl, err := connect()
		if err != nil {
			return err
		}
		ctx, stop := signal.NotifyContext(c.Context(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		begin := *from
		if begin == "" {
			begin = time.Now().Add(-*since).UTC().Format(time.RFC3339)
		}
		var e export
		if err := cl.post("/api/v1/exports", map[string]any{"q": args[0], "from": begin, "to": *to, "format": *format, "fields": append([]string{}, *fields...)}, &e); err != nil {
			return err
		}
		path := "/api/v1/exports/" + url.PathEscape(e.ID)
		p := newProgress(c.ErrOrStderr(), nil, false)
		for e.State == "waiting" || e.State == "running" {
			select {
			case <-ctx.Done():
				p.clear()
				return errors.Join(cl.do("DELETE", path, nil, nil), errors.New("stopped"))
			case <-time.After(300 * time.Millisecond):
			}
			if err := cl.get(path, nil, &e); err != nil {
				return err
			}
			p.percent(e.Percent, fmt.Sprintf("%d of about %d", e.Rows, e.AboutRows))
		}
		p.clear()
		if e.State != "done" {
			return fmt.Errorf("the export is %s: %s", e.State, e.Error)
		}
		n, err := cl.fetch(path+"/file", *out, c.OutOrStdout())
		if err != nil {
			return err
		}
		if e.Error != "" {
			fmt.Fprintln(c.ErrOrStderr(), "note:", e.Error)
		}
		fmt.Fprintf(c.ErrOrStderr(), "%d rows, %d bytes\n", e.Rows, n)
		return nil
	}
	return c
}

// fetch writes what a path answers into a file that appears when it is whole;
// "-" is out.
func (c *client) fetch(path, file string, out io.Writer) (n int64, err error) {
	req, err := http.NewRequest("GET", c.url+path, nil)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	res, err := (&http.Client{}).Do(req) // a large file takes its time
	if err != nil {
		return 0, fmt.Errorf("reach the server: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("the server answered %s", res.Status)
	}
	if file == "-" {
		return io.Copy(out, res.Body)
	}
	f, err := os.OpenFile(file+".part", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, err
	}
	defer os.Remove(file + ".part") // gone already when all went well
	n, err = io.Copy(f, res.Body)
	if err = errors.Join(err, f.Close()); err != nil {
		return n, fmt.Errorf("fetch the file: %w", err)
	}
	return n, os.Rename(file+".part", file)
}
