package cli

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/tocsin-project/tocsin/internal/evidence/bundle"
)

func verifyEvidenceCommand() *cobra.Command {
	c := &cobra.Command{Use: "evidence FILE.zip", Short: "Check an evidence snapshot, from the raw bytes of its events to the signed checkpoint", Args: cobra.ExactArgs(1),
		Long: "Checks a downloaded evidence snapshot offline; nothing but the file is read. Without --key it is checked against the public key in the file itself, which only tells that the file fits together: bring the key that was kept elsewhere. Exit code 1 means that something is wrong; each finding is named."}
	kept := c.Flags().String("checkpoint", "", "file with a signed checkpoint that was kept elsewhere: the record that it was signed over must be the one of the snapshot")
	between := c.Flags().String("consistency", "", "file with the proof between that checkpoint and the snapshot's (GET /api/v1/record/consistency), when they are over different entries")
	key := c.Flags().String("key", "", "file with the installation's public key (record.pub) that was kept elsewhere")
	c.RunE = func(c *cobra.Command, args []string) error {
		file, err := os.ReadFile(args[0])
		if err != nil {
			return fmt.Errorf("read the snapshot: %w", err)
		}
		var trust bundle.Trust
		for _, f := range []struct {
			path, what string
			to         *string
		}{{*kept, "kept checkpoint", &trust.Checkpoint}, {*between, "proof of consistency", &trust.Consistency}, {*key, "public key", &trust.Key}} {
			if f.path == "" {
				continue
			}
			b, err := os.ReadFile(f.path)
			if err != nil {
				return fmt.Errorf("read the %s: %w", f.what, err)
			}
			*f.to = string(b)
		}
		r := bundle.Verify(file, trust)
		printReport(c.OutOrStdout(), r)
		if len(r.Findings) > 0 {
			return answerNo(fmt.Sprintf("%d findings: this is not what was taken, or it proves nothing.", len(r.Findings)))
		}
		return nil
	}
	return c
}

func printReport(out io.Writer, r bundle.Report) {
	m := r.Manifest
	if m.ID != "" {
		fmt.Fprintf(out, "Evidence %s of %s: %s\n", visible(m.ID), visible(m.Case), visible(m.Title))
		fmt.Fprintf(out, "Taken by %s at %s; %d events in %d sealed segments.\n", visible(m.TakenBy.Name), visible(m.TakenAt), r.Events, r.Segments)
	}
	for _, f := range r.Findings {
		fmt.Fprintln(out, "  WRONG:", visible(f.String()))
	}
	if len(r.Findings) > 0 {
		return
	}
	if m.Incomplete != "" {
		fmt.Fprintln(out, "When it was taken, not everything could be read:", visible(m.Incomplete))
	}
	if r.OwnKey {
		fmt.Fprintf(out, "Checked against the key in the file, %s. Compare it with the one that you kept, or use --key.\n", visible(m.PublicKey))
	} else {
		fmt.Fprintf(out, "Checked against the key that you kept (%s).\n", visible(r.Key))
	}
	if r.Pending > 0 {
		fmt.Fprintf(out, "Nothing was altered, but %d segments are not yet under a signed checkpoint: their roots are signed in the manifest only. Download the file again.\n", r.Pending)
		return
	}
	fmt.Fprintf(out, "Nothing was altered: raw bytes, leaves, roots of segments, entries of the record and the signed checkpoint (over %v entries) fit together. Of %d events, time and place in the journal are proved too.\n", r.Sizes, r.Placed)
}
