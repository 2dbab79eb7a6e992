package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/tocsin-project/tocsin/internal/app"
	"github.com/tocsin-project/tocsin/internal/db"
)

// configFlags adds a flag for each setting that is no secret. The returned
// function reads defaults, file, environment and flags, later ones winning.
func configFlags(c *cobra.Command) func() (app.Config, error) {
	var file string
	c.Flags().StringVar(&file, "config", os.Getenv("TOCSIN_CONFIG"), "YAML file with settings (TOCSIN_CONFIG)")
	defaults := app.Defaults()
	for _, k := range defaults.Keys() {
		if k.Flag != "" {
			c.Flags().String(k.Flag, k.Text(), k.Help+" ("+k.Env+")")
		}
	}
	return func() (app.Config, error) {
		conf := app.Defaults()
		if err := conf.Load(file, os.Environ()); err != nil {
			return conf, err
		}
		for _, k := range conf.Keys() {
			if k.Flag != "" && c.Flags().Changed(k.Flag) {
				text, err := c.Flags().GetString(k.Flag)
				if err != nil {
					return conf, err
				}
				if err := k.Set(text); err != nil {
					return conf, fmt.Errorf("--%s: %w", k.Flag, err)
				}
			}
		}
		return conf, conf.Check()
	}
}

func logger(conf app.Config) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(conf.Log.Level)); err != nil {
		return nil, fmt.Errorf("log.level: %q is none of debug, info, warn, error", conf.Log.Level)
	}
	o := &slog.HandlerOptions{Level: level}
	if conf.Log.Format == "json" {
		return slog.New(slog.NewJSONHandler(os.Stderr, o)), nil
	}
	return slog.New(slog.NewTextHandler(os.Stderr, o)), nil
}

func serveCommand() *cobra.Command {
	c := &cobra.Command{Use: "serve", Short: "Run the server", Args: cobra.NoArgs, Long: "Runs the server until it gets SIGINT or SIGTERM. When ready it prints one JSON line on standard output; logs and the first steps go to standard error."}
	config := configFlags(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		conf, err := config()
		if err != nil {
			return err
		}
		log, err := logger(conf)
		if err != nil {
			return err
		}
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
		defer stop()
		a, err := app.Start(ctx, app.Options{Config: conf, Version: Version, Log: log, Now: time.Now, BootstrapToken: os.Getenv("TOCSIN_BOOTSTRAP_TOKEN")})
		if err != nil {
			return err
		}
		if conf.Log.Format == "text" {
			a.Banner(c.ErrOrStderr())
		} else if u := a.SetupURL(); u != "" {
			log.Info("make the first administrator by this one-time link", "url", u)
		}
		ready := map[string]any{"ready": true, "http": a.Addr()}
		if s := a.SyslogAddr(); s != "" {
			ready["syslog"] = s
		}
		line, err := json.Marshal(ready)
		if err != nil {
			return err
		}
		fmt.Fprintln(c.OutOrStdout(), string(line))
		<-ctx.Done()
		stop() // a second signal ends at once
		log.Info("stopping")
		a.Stop()
		return nil
	}
	return c
}

func migrateCommand() *cobra.Command {
	c := &cobra.Command{Use: "migrate", Short: "Bring the relational store's schema up to this program (serve does it too)", Args: cobra.NoArgs}
	config := configFlags(c)
	dry := c.Flags().Bool("dry-run", false, "only list what would be done")
	c.RunE = func(c *cobra.Command, _ []string) error {
		conf, err := config()
		if err != nil {
			return err
		}
		d, err := openStore(c.Context(), conf)
		if err != nil {
			return err
		}
		defer d.Close()
		todo, err := d.Pending(c.Context())
		if err != nil {
			return err
		}
		if len(todo) == 0 {
			fmt.Fprintln(c.OutOrStdout(), "The schema is up to date.")
			return nil
		}
		for _, m := range todo {
			fmt.Fprintf(c.OutOrStdout(), "%04d %s (%d lines)\n", m.Version, m.Name, strings.Count(m.SQL, "\n"))
		}
		if *dry {
			return nil
		}
		_, err = d.Migrate(c.Context(), time.Now)
		return err
	}
	return c
}

func openStore(ctx context.Context, conf app.Config) (*db.DB, error) {
	dsn := conf.DB
	if dsn == "" {
		dsn = conf.Data + "/tocsin.db"
	}
	if ctx == nil {
		ctx = context.Background()
	}
	return db.Open(ctx, dsn, slog.New(slog.DiscardHandler))
}
