// Package cli is the commands that people type. serve runs the server; verify
// reads a stopped server's data; the others talk to a running server's API, or
// check files without one.
package cli

import (
	"context"
	"fmt"
	"io"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// Version is set when the program is built (-ldflags -X).
var Version = "dev"

// Main runs a command line and returns the exit code: 0 done, 1 the answer is
// no (verification failed, a policy has mistakes), 2 it could not be done.
func Main(args []string, out, errOut io.Writer) int {
	root := &cobra.Command{
		Use: "tocsin", Short: "Security events, incidents, on-call and their proof, in one program",
		SilenceUsage: true, SilenceErrors: true,
	}
	root.SetOut(out)
	root.SetErr(errOut)
	root.SetArgs(args)
	root.AddCommand(serveCommand(), searchCommand(), tailCommand(), exportCommand(), drillCommand(), verifyCommand(), segmentsCommand(), policyCommand(), rulesCommand(), huntCommand(), benchCommand(), parseCommand(), migrateCommand(), versionCommand())
	if err := root.ExecuteContext(context.Background()); err != nil {
		if no, ok := err.(answerNo); ok {
			if no != "" {
				fmt.Fprintln(errOut, no)
			}
			return 1
		}
		fmt.Fprintln(errOut, "tocsin:", err)
		return 2
	}
	return 0
}

// answerNo is a clean "no" to what was asked, as opposed to a failure.
type answerNo string

func (a answerNo) Error() string { return string(a) }

func versionCommand() *cobra.Command {
	return &cobra.Command{Use: "version", Short: "Print the version", Args: cobra.NoArgs, Run: func(c *cobra.Command, _ []string) {
		rev := ""
		if bi, ok := debug.ReadBuildInfo(); ok {
			rev = " " + bi.GoVersion
		}
		fmt.Fprintf(c.OutOrStdout(), "tocsin %s%s\n", Version, rev)
	}}
}
