package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestLayersOfConfiguration(t *testing.T) {
	file := filepath.Join(t.TempDir(), "c.yml")
	f := func(yml string, env []string, want string, check func(Config) bool) {
		t.Helper()
		if err := os.WriteFile(file, []byte(yml), 0o600); err != nil {
			t.Fatal(err)
		}
		c := Defaults()
		err := c.Load(file, env)
		if err == nil {
			err = c.Check()
		}
		if want != "" {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%q %q: %v, want %q", yml, env, err, want)
			}
			return
		}
		if err != nil || !check(c) {
			t.Errorf("%q %q: %v %+v", yml, env, err, c)
		}
	}
	f("", nil, "", func(c Config) bool { return c.HTTP == "127.0.0.1:8080" })
	f("http: ':1'\nsmtp: {host: mail, port: 25}\nevents: {seal_every: 5m}", []string{"TOCSIN_HTTP=:2", "PATH=x"}, "", func(c Config) bool {
		return c.HTTP == ":2" && c.SMTP.Host == "mail" && c.SMTP.Port == 25 && c.Events.SealEvery == 5*time.Minute && c.SMTP.From != ""
	})
	f("htpp: ':1'", nil, "htpp is not a setting; did you mean http?", nil)
	f("smtp: {hots: x}", nil, "smtp.hots is not a setting; did you mean smtp.host?", nil)
	f("smtp: {port: many}", nil, "[1:14]", nil)
	f("http: [", nil, "c.yml", nil)
	f("", []string{"TOCSIN_SMTP_HOTS=x"}, "did you mean TOCSIN_SMTP_HOST?", nil)
	f("", []string{"TOCSIN_SMTP_PORT=x"}, "smtp.port", nil)
	f("log: {format: xml}", nil, "neither text nor json", nil)
	f("journal: {max_bytes: 10}", nil, "too small", nil)
	f("events: {engine: files}", nil, "neither embedded nor clickhouse", nil)
	f("events: {engine: clickhouse}", nil, "clickhouse.hosts", nil)
	f("events: {engine: clickhouse}\nclickhouse: {hosts: 'https://a:8443', tls: {ca_file: x}}\ntier: {directory: /x}", nil, "no tier", nil)
	f("events: {engine: clickhouse}\nclickhouse: {hosts: 'https://a:8443', cluster: main, replicated: true}", []string{"TOCSIN_CLICKHOUSE_PASSWORD=hunter2"}, "", func(c Config) bool {
		return c.ClickHouse.Replicated && c.ClickHouse.Cluster == "main" && c.ClickHouse.Password == "hunter2" && c.ClickHouse.Database == "tocsin"
	})
}

func TestSecretsAreNoFlagsAndNotShown(t *testing.T) {
	c := Defaults()
	c.SMTP.Password, c.DB = "hunter2", "postgres://u:hunter2@h/d"
	for _, k := range c.Keys() {
		if strings.Contains(k.Text(), "hunter2") {
			t.Errorf("%s shows its secret", k.Name)
		}
		if (k.Name == "smtp.password" || k.Name == "clickhouse.password") && k.Flag != "" {
			t.Error("a secret can be given on the command line")
		}
	}
}
