package app

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/tocsin-project/tocsin/internal/journal"
	"github.com/tocsin-project/tocsin/internal/notify"
	"github.com/tocsin-project/tocsin/internal/notify/egress"
	"github.com/tocsin-project/tocsin/internal/notify/ntfy"
	"github.com/tocsin-project/tocsin/internal/notify/smtp"
	"github.com/tocsin-project/tocsin/internal/notify/webhook"
)

func (a *App) serve(h http.Handler, log *slog.Logger) {
	ctx, cancel := context.WithCancel(context.Background())
	a.http = &http.Server{
		Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 2 * time.Minute, WriteTimeout: 2 * time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		BaseContext: func(net.Listener) context.Context { return ctx }, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	go func() {
		if err := a.http.Serve(a.addr); !errors.Is(err, http.ErrServerClosed) {
			log.Error("serving HTTP ended", "error", err)
		}
	}()
	a.life.add("http", func() {
		limit, done := context.WithTimeout(context.Background(), 10*time.Second)
		defer done()
		go func() { // streams end at once, requests may finish
			time.Sleep(200 * time.Millisecond)
			cancel()
		}()
		if err := a.http.Shutdown(limit); err != nil {
			a.http.Close()
		}
		cancel()
	})
}

func (a *App) lockData(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("create the data directory: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("open the data directory: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return fmt.Errorf("another Tocsin uses the data directory %s; stop it, or choose another with --data", dir)
	}
	a.life.add("data directory", func() { f.Close() })
	return nil
}

func openJournal(ctx context.Context, c Config, log *slog.Logger) (journal.Journal, error) {
	if c.Journal.URL == "" {
		return journal.Open(ctx, journal.Options{Dir: filepath.Join(c.Data, "journal"), MaxBytes: c.Journal.MaxBytes, Log: log})
	}
	var monitors []string
	for m := range strings.SplitSeq(c.Journal.Monitors, ",") {
		if m = strings.TrimSpace(m); m != "" {
			monitors = append(monitors, m)
		}
	}
	return journal.Connect(ctx, journal.Cluster{URL: c.Journal.URL, Monitors: monitors, MaxBytes: c.Journal.MaxBytes, Replicas: c.Journal.Replicas})
}

func openChannels(c Config, webhookKey []byte) (map[string]notify.Channel, error) {
	out := map[string]notify.Channel{}
	eg := outside(c)
	if c.SMTP.Host != "" {
		mail, err := smtp.New(smtp.Options{Host: c.SMTP.Host, Port: c.SMTP.Port, TLS: smtp.TLS(c.SMTP.TLS), User: c.SMTP.User, Password: c.SMTP.Password, From: c.SMTP.From})
		if err != nil {
			return nil, err
		}
		out["email"] = mail
	}
	hook, err := webhook.New(webhookKey, eg)
	if err != nil {
		return nil, err
	}
	out["webhook"] = hook
	push, err := ntfy.New(ntfy.Options{Server: c.Ntfy.Server, Token: c.Ntfy.Token, HTTP: eg})
	if err != nil {
		return nil, err
	}
	out["ntfy"] = push
	return out, nil
}

// outside is where addresses that people type in may lead.
func outside(c Config) (eg egress.Options) {
	if c.Webhook.AllowPrivate {
		eg.PlainHTTP = true
		eg.Allow = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}
	}
	return eg
}

// secretFile reads a key of 32 bytes, made on first use.
func secretFile(dir, name string) ([]byte, error) {
	path := filepath.Join(dir, name)
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		key := make([]byte, 32)
		rand.Read(key)
		b = []byte(hex.EncodeToString(key) + "\n")
		err = os.WriteFile(path, b, 0o600)
	}
	if err != nil {
		return nil, fmt.Errorf("the key %s: %w", name, err)
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(b)))
	if err != nil || len(key) < 32 {
		return nil, fmt.Errorf("the key %s is damaged: want at least 64 hexadecimal digits", name)
	}
	return key, nil
}

// prefixes reads addresses and networks, separated by commas.
func prefixes(list string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for text := range strings.SplitSeq(list, ",") {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		if a, err := netip.ParseAddr(text); err == nil {
			out = append(out, netip.PrefixFrom(a, a.BitLen()))
			continue
		}
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("proxies: %q is neither an address nor a network", text)
		}
		out = append(out, p)
	}
	return out, nil
}

// dirFS is a folder of the data directory; an absent one is empty.
func dirFS(data, name string) fs.FS { return os.DirFS(filepath.Join(data, name)) }

// Banner tells a newcomer in plain words what to do next.
func (a *App) Banner(w io.Writer) {
	fmt.Fprintf(w, "\nTocsin %s is ready.\n\n  Open        http://%s\n", a.o.Version, a.Addr())
	if u := a.SetupURL(); u != "" {
		fmt.Fprintf(w, "  First step  %s\n              (sets the first administrator's passphrase; works once, for 72 hours)\n", u)
	}
	if host, port, err := net.SplitHostPort(a.SyslogAddr()); err == nil {
		fmt.Fprintf(w, "  First line  logger -n %s -P %s -d -t sshd 'Failed password for root from 203.0.113.9 port 4022 ssh2'\n", host, port)
	}
	fmt.Fprintf(w, "  Data        %s\n\n", a.o.Config.Data)
}
