package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/mod/sumdb/note"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/eventstore/catalogue"
)

func segmentsCommand() *cobra.Command {
	c := &cobra.Command{Use: "segments", Short: "Sealed segments of events: list, verify, bring back from the tier"}
	c.AddCommand(segmentsList(), segmentsVerify(), segmentsRestore())
	return c
}

type segment struct {
	ID      string `json:"id"`
	Class   string `json:"class"`
	Rows    int64  `json:"rows"`
	Bytes   int64  `json:"bytes"`
	MinTime string `json:"min_time"`
	MaxTime string `json:"max_time"`
	Tier    string `json:"tier"`
	State   string `json:"state"`
	Detail  string `json:"detail"`
	Holds   []struct {
		Reason string `json:"reason"`
	} `json:"holds"`
}

func (s segment) print(w io.Writer) {
	state := s.State
	if s.Detail != "" {
		state += " (" + visible(s.Detail) + ")"
	}
	fmt.Fprintf(w, "%s  %-12s  %-9s  %9d rows  %11d bytes  %s to %s  %d holds  %s\n", s.ID, s.Class, s.Tier, s.Rows, s.Bytes, short(s.MinTime), short(s.MaxTime), len(s.Holds), state)
}

// short is a time without its fraction.
func short(t string) string {
	whole, _, cut := strings.Cut(t, ".")
	if cut {
		return whole + "Z"
	}
	return whole
}

// eachSegment goes through all segments that match.
func eachSegment(cl *client, q url.Values, fn func(segment) error) error {
	for {
		var page struct {
			Items []segment `json:"items"`
			Next  string    `json:"next"`
		}
		if err := cl.get("/api/v1/segments", q, &page); err != nil {
			return err
		}
		for _, g := range page.Items {
			if err := fn(g); err != nil {
				return err
			}
		}
		if page.Next == "" {
			return nil
		}
		q.Set("cursor", page.Next)
	}
}

func segmentsList() *cobra.Command {
	c := &cobra.Command{Use: "list", Short: "List segments, newest first", Args: cobra.NoArgs}
	connect := clientFlags(c)
	class := c.Flags().String("class", "", "only this retention class")
	tier := c.Flags().String("tier", "", "only those that are local, or in the directory or s3 tier")
	state := c.Flags().String("state", "", "only those that are ok, missing or damaged")
	held := c.Flags().Bool("held", false, "only those that a hold keeps")
	c.RunE = func(c *cobra.Command, _ []string) error {
		cl, err := connect()
		if err != nil {
			return err
		}
		q := url.Values{"limit": {"500"}, "class": {*class}, "tier": {*tier}, "state": {*state}}
		if *held {
			q.Set("held", "true")
		}
		return eachSegment(cl, q, func(g segment) error {
			g.print(c.OutOrStdout())
			return nil
		})
	}
	return c
}

func segmentsVerify() *cobra.Command {
	c := &cobra.Command{Use: "verify [ID...]", Short: "Read segments whole and compare them with what was sealed",
		Long: "Asks a running server to verify segments (all, when none is named). With --offline it reads the data directory of a stopped server, and its tier. Exit code 1 means that something is wrong; each finding is named."}
	connect, config := clientFlags(c), configFlags(c)
	offline := c.Flags().Bool("offline", false, "without a server: read the data directory")
	c.RunE = func(c *cobra.Command, ids []string) error {
		checked, wrong := 0, 0
		if *offline {
			if len(ids) > 0 {
				return errors.New("--offline verifies all segments; name none")
			}
			conf, err := config()
			if err != nil {
				return err
			}
			d, err := openStore(c.Context(), conf)
			if err != nil {
				return err
			}
			defer d.Close()
			n, bad, err := verifySegments(c.Context(), conf, d)
			if err != nil {
				return err
			}
			for _, f := range bad {
				fmt.Fprintln(c.OutOrStdout(), "WRONG:", f)
			}
			checked, wrong = n, len(bad)
		} else {
			cl, err := connect()
			if err != nil {
				return err
			}
			if checked, wrong, err = verifyByServer(cl, ids, c.OutOrStdout()); err != nil {
				return err
			}
		}
		fmt.Fprintf(c.OutOrStdout(), "%d segments checked.\n", checked)
		if wrong > 0 {
			return answerNo(fmt.Sprintf("%d findings: this is not what was sealed.", wrong))
		}
		return nil
	}
	return c
}

func verifyByServer(cl *client, ids []string, out io.Writer) (checked, wrong int, err error) {
	if len(ids) == 0 {
		err := eachSegment(cl, url.Values{"limit": {"500"}}, func(g segment) error { ids = append(ids, g.ID); return nil })
		if err != nil {
			return 0, 0, err
		}
	}
	for _, id := range ids {
		var got struct {
			Faults []struct {
				What   string `json:"what"`
				Detail string `json:"detail"`
			} `json:"faults"`
		}
		if err := cl.post("/api/v1/segments/"+url.PathEscape(id)+"/verify", struct{}{}, &got); err != nil {
			return checked, wrong, fmt.Errorf("segment %s: %w", id, err)
		}
		checked++
		for _, f := range got.Faults {
			fmt.Fprintf(out, "WRONG: %s: %s: %s\n", id, f.What, visible(f.Detail))
		}
		wrong += len(got.Faults)
	}
	return checked, wrong, nil
}

func segmentsRestore() *cobra.Command {
	c := &cobra.Command{Use: "restore ID...", Short: "Bring segments back from the tier into the data directory", Args: cobra.MinimumNArgs(1)}
	connect := clientFlags(c)
	c.RunE = func(c *cobra.Command, ids []string) error {
		cl, err := connect()
		if err != nil {
			return err
		}
		for _, id := range ids {
			var g segment
			if err := cl.post("/api/v1/segments/"+url.PathEscape(id)+"/restore", struct{}{}, &g); err != nil {
				return fmt.Errorf("segment %s: %w", id, err)
			}
			g.print(c.OutOrStdout())
		}
		return nil
	}
	return c
}

// verifyTombstones checks the signatures of what a tenant's retention dropped.
func verifyTombstones(ctx context.Context, q db.Querier, v note.Verifier) (n int, bad []string, err error) {
	for last := ""; ; {
		page, err := catalogue.Tombstones(ctx, q, last, 1000)
		if err != nil {
			return n, bad, err
		}
		for i := range page {
			n++
			if err := page[i].Verify(q, v); err != nil {
				bad = append(bad, fmt.Sprintf("tombstone of segment %s: %v", page[i].Segment, err))
			}
		}
		if len(page) < 1000 {
			return n, bad, nil
		}
		last = page[len(page)-1].ID
	}
}
