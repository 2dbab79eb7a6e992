package cli

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"

	"github.com/tocsin-project/tocsin/internal/app"
	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/eventstore/catalogue"
	"github.com/tocsin-project/tocsin/internal/record"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

func verifyCommand() *cobra.Command {
	c := &cobra.Command{Use: "verify", Short: "Check that nothing in the record, and no sealed segment of events, was altered, removed or reordered", Args: cobra.NoArgs,
		Long: "Recomputes the record's Merkle tree and the hashes of sealed segments, offline: the server need not run, and its record may be checked while it does. Exit code 1 means that something is wrong; each finding is named."}
	c.AddCommand(verifyEvidenceCommand())
	config := configFlags(c)
	kept := c.Flags().String("checkpoint", "", "file with a signed checkpoint that was kept elsewhere: the record must still contain it")
	pub := c.Flags().String("public-key", "", "the installation's public key that was kept elsewhere; default: keys/record.pub of the data directory")
	segments := c.Flags().Bool("segments", true, "check sealed segments too (needs the server to be stopped)")
	c.RunE = func(c *cobra.Command, _ []string) error {
		conf, err := config()
		if err != nil {
			return err
		}
		if _, err := os.Stat(conf.Data); err != nil {
			return fmt.Errorf("the data directory: %w", err)
		}
		ctx := context.Background()
		d, err := openStore(ctx, conf)
		if err != nil {
			return err
		}
		defer d.Close()
		path := *pub
		if path == "" {
			path = filepath.Join(conf.Data, "keys", "record.pub")
		}
		verifier, _, err := record.LoadVerifier(path)
		if err != nil {
			return err
		}
		checkpoint := ""
		if *kept != "" {
			b, err := os.ReadFile(*kept)
			if err != nil {
				return fmt.Errorf("read the kept checkpoint: %w", err)
			}
			checkpoint = string(b)
		}
		wrong := 0
		tenants, err := db.Select(ctx, d.System("verify"), func(s db.Scanner) (int64, error) {
			var t int64
			return t, s.Scan(&t)
		}, "SELECT tenant FROM tenant ORDER BY tenant")
		if err != nil {
			return err
		}
		for _, t := range tenants {
			res, err := record.Verify(ctx, d.For(tenant.ID(t), "verify"), verifier, checkpoint)
			if err != nil {
				return err
			}
			fmt.Fprintf(c.OutOrStdout(), "Record: %d entries sealed and checked, %d not sealed yet, %d with personal data erased; newest checkpoint over %d.\n", res.Entries, res.Unsealed, res.Erased, res.Size)
			for _, f := range res.Findings {
				fmt.Fprintln(c.OutOrStdout(), "  WRONG:", f)
			}
			wrong += len(res.Findings)
			n, bad, err := verifyTombstones(ctx, d.For(tenant.ID(t), "verify"), verifier)
			if err != nil {
				return err
			}
			if n > 0 {
				fmt.Fprintf(c.OutOrStdout(), "Dropped segments: %d tombstones checked.\n", n)
			}
			for _, f := range bad {
				fmt.Fprintln(c.OutOrStdout(), "  WRONG:", f)
			}
			wrong += len(bad)
		}
		if *segments {
			n, bad, err := verifySegments(ctx, conf, d)
			if err != nil {
				return err
			}
			fmt.Fprintf(c.OutOrStdout(), "Events: %d sealed segments checked.\n", n)
			for _, f := range bad {
				fmt.Fprintln(c.OutOrStdout(), "  WRONG:", f)
			}
			wrong += len(bad)
		}
		if wrong > 0 {
			return answerNo(fmt.Sprintf("%d findings: this is not what was recorded.", wrong))
		}
		fmt.Fprintln(c.OutOrStdout(), "Nothing was altered.")
		return nil
	}
	return c
}

func verifySegments(ctx context.Context, conf app.Config, d *db.DB) (int, []string, error) {
	tier, err := app.OpenTier(conf)
	if err != nil {
		return 0, nil, err
	}
	s, err := eventstore.Open(ctx, eventstore.Options{Dir: conf.Data, Tier: tier, Catalogue: catalogue.New(d, nil), Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry()})
	if err != nil {
		return 0, nil, fmt.Errorf("open the event store (stop the server first, or use --segments=false): %w", err)
	}
	defer s.Close(ctx)
	faults, err := s.VerifySegments(ctx)
	var out []string
	for _, f := range faults {
		out = append(out, fmt.Sprint(f))
	}
	return len(s.Segments()), out, err
}
