package cli

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tocsin-project/tocsin/internal/hunt"
	"github.com/tocsin-project/tocsin/sigma"
)

func rulesConvertCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "convert FILE…", Short: "Write rules as search queries, or old aggregations as correlations", Args: cobra.MinimumNArgs(1),
		Long: `Write rules in another form.

--to query (default): a query for the search screen or tocsin search that finds what the rule finds.
--to sigma: rules whose condition ends in an old aggregation, such as "selection | count() by user > 5",
as a rule and a correlation of Sigma 2.1; other documents as they are.

Exit code: 0 all converted, 1 something could not be, 2 it could not be done.`,
	}
	var f ruleFlags
	f.addReading(c)
	to := c.Flags().String("to", "query", "query or sigma")
	c.RunE = func(c *cobra.Command, args []string) error {
		o, err := f.options()
		if err != nil {
			return err
		}
		failed := 0
		for _, path := range args {
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			switch *to {
			case "sigma":
				out, problems := hunt.Modernise(path, text)
				fmt.Fprint(c.OutOrStdout(), out)
				for _, p := range problems {
					failed++
					fmt.Fprintln(c.ErrOrStderr(), p)
				}
			case "query":
				failed += convertQueries(c, path, text, o)
			default:
				return fmt.Errorf("unknown form %q: query or sigma", *to)
			}
		}
		if failed > 0 {
			return answerNo("")
		}
		return nil
	}
	return c
}

func convertQueries(c *cobra.Command, path string, text []byte, o sigma.Options) (failed int) {
	docs, errs := o.Parse(path, text)
	for _, e := range errs {
		failed++
		fmt.Fprintln(c.ErrOrStderr(), e)
	}
	for _, d := range docs {
		if d.Rule == nil {
			failed++
			fmt.Fprintf(c.ErrOrStderr(), "%s:%d: %s: correlations and filters have no query of their own\n", path, d.Line, d.Title)
			continue
		}
		q, notes, err := hunt.Query(d.Rule)
		if err != nil {
			failed++
			fmt.Fprintf(c.ErrOrStderr(), "%s:%d: %s: %v\n", path, d.Line, d.Title, err)
			continue
		}
		fmt.Fprintf(c.OutOrStdout(), "# %s\n", visible(strings.Join(append([]string{d.Title}, notes...), "; ")))
		fmt.Fprintln(c.OutOrStdout(), q)
	}
	return failed
}
