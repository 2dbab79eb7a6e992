package cli

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// scenario is an invented attack, as lines for the real syslog port.
type scenario struct {
	name, about string
	lines       func(send func(app, msg string))
}

var scenarios = []scenario{
	{"ssh-bruteforce", "somebody guesses passwords on a bastion host and gets in", func(send func(app, msg string)) {
		for i := range 12 {
			send("sshd", fmt.Sprintf("Failed password for invalid user %s from 203.0.113.66 port %d ssh2", []string{"admin", "oracle", "test", "git"}[i%4], 40000+i))
		}
		send("sshd", "Accepted password for deploy from 203.0.113.66 port 40100 ssh2")
		send("sudo", "deploy : TTY=pts/0 ; PWD=/home/deploy ; USER=root ; COMMAND=/bin/bash")
	}},
	{"malware", "the virus scanner of the mail gateway finds something", func(send func(app, msg string)) {
		send("clamd", "/var/spool/mail/in/invoice-2231.exe: Win.Trojan.Agent-9987 FOUND")
	}},
	{"backup-failed", "the nightly backup of the database fails", func(send func(app, msg string)) {
		send("restic", "Fatal: backup of nightly-db failed: no space left on device")
	}},
}

func drillCommand() *cobra.Command {
	var names []string
	long := "Plays an invented scenario through the real syslog port. All that comes of it is marked as an exercise and kept apart from what is real.\n\nScenarios:\n"
	for _, s := range scenarios {
		names = append(names, s.name)
		long += fmt.Sprintf("  %-16s %s\n", s.name, s.about)
	}
	c := &cobra.Command{Use: "drill SCENARIO", Short: "Play an invented scenario as an exercise", Long: long, Args: cobra.ExactArgs(1), ValidArgs: names}
	connect := clientFlags(c)
	syslog := c.Flags().String("syslog", "", "address of the syslog port; default: as the server says")
	c.RunE = func(c *cobra.Command, args []string) error {
		cl, err := connect()
		if err != nil {
			return err
		}
		for _, s := range scenarios {
			if s.name == args[0] {
				return play(c.OutOrStdout(), cl, s, *syslog)
			}
		}
		return fmt.Errorf("there is no scenario %q: choose one of %s", args[0], strings.Join(names, ", "))
	}
	return c
}

func play(out io.Writer, cl *client, s scenario, addr string) error {
	if addr == "" {
		var err error
		if addr, err = syslogOf(cl); err != nil {
			return err
		}
	}
	var x struct{ ID, Marker string }
	if err := cl.post("/api/v1/exercises", map[string]string{"scenario": s.name, "name": "Drill: " + s.about}, &x); err != nil {
		return err
	}
	conn, err := net.DialTimeout("tcp", addr, 10*time.Second)
	if err != nil {
		return fmt.Errorf("reach the syslog port: %w", err)
	}
	n := 0
	s.lines(func(app, msg string) {
		n++
		if err == nil {
			_, err = fmt.Fprintf(conn, "<38>1 %s drill-host %s 4242 - [exercise@32473 marker=\"%s\"] %s\n", time.Now().UTC().Format("2006-01-02T15:04:05.000Z07:00"), app, x.Marker, msg)
		}
	})
	if cerr := conn.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return fmt.Errorf("send to the syslog port: %w", err)
	}
	fmt.Fprintf(out, "Exercise %s: sent %d lines to %s (%s).\n", x.ID, n, addr, s.about)
	return wait(out, cl, x.ID)
}

// wait shows the cases that come of the exercise, for a few seconds.
func wait(out io.Writer, cl *client, exercise string) error {
	seen := map[string]bool{}
	deadline := time.Now().Add(6 * time.Second)
	for time.Now().Before(deadline) {
		var page struct {
			Items []struct{ ID, Number, Title, Decision, Level, Exercise string } `json:"items"`
		}
		if err := cl.get("/api/v1/cases?exercise=only&limit=50", nil, &page); err != nil {
			return err
		}
		for _, k := range page.Items {
			if k.Exercise == exercise && !seen[k.ID] {
				seen[k.ID] = true
				decision := k.Decision
				if decision == "" {
					decision = "undetermined"
				}
				fmt.Fprintf(out, "  %s  %s: %s, %s  %s/cases/%s\n", k.Number, k.Title, decision, k.Level, cl.url, k.ID)
			}
		}
		time.Sleep(250 * time.Millisecond)
	}
	if len(seen) == 0 {
		return answerNo("No case came of it within six seconds. Look at the server's status and at Detection.")
	}
	return nil
}

func syslogOf(cl *client) (string, error) {
	var page struct {
		Items []struct{ Kind, Transport string } `json:"items"`
	}
	if err := cl.get("/api/v1/sources", nil, &page); err != nil {
		return "", err
	}
	for _, s := range page.Items {
		if s.Kind == "syslog" {
			f := strings.Fields(s.Transport)
			return f[len(f)-1], nil
		}
	}
	return "", errors.New("the server receives no syslog; start it with --syslog")
}
