package clickhouse

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// Options of a store. The zero value of each but Hosts and Layout has a default.
type Options struct {
	Hosts    []string // http:// or https://host:port, tried in turn
	Layout   Layout
	User     string // default
	Password string
	TLS      *tls.Config // nil for the system's authorities

	// Class names the retention class of an event, as for the embedded engine.
	Class      func(t tenant.ID, source, sourceType string) string
	Memory     int64         // bytes of rows that wait to be inserted; 256 MiB
	FlushRows  int           // rows of one insert; 50,000
	FlushEvery time.Duration // at the latest after the first row; 1 s
	Searches   int           // at once; more wait; 8
	SearchTime time.Duration // one search's time; 10 s
	Tries      int           // of one call; 4

	Transport http.RoundTripper // instead of one with TLS; for tests
	Log       *slog.Logger
	Metrics   prometheus.Registerer
	Now       func() time.Time
}

func (o Options) withDefaults() (Options, error) {
	if err := o.Layout.Check(); err != nil {
		return o, fmt.Errorf("clickhouse: %w", err)
	}
	if len(o.Hosts) == 0 {
		return o, errors.New("clickhouse: name at least one host")
	}
	for i, h := range o.Hosts {
		u, err := url.Parse(h)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || strings.Trim(u.Path, "/") != "" || u.User != nil || u.RawQuery != "" {
			return o, fmt.Errorf("clickhouse: host %d is not http://host:port or https://host:port", i+1)
		}
		o.Hosts[i] = u.Scheme + "://" + u.Host
	}
	o.Memory, o.FlushRows, o.Searches, o.Tries = orDefault(o.Memory, 256<<20), orDefault(o.FlushRows, 50_000), orDefault(o.Searches, 8), orDefault(o.Tries, 4)
	o.FlushEvery, o.SearchTime = orDefault(o.FlushEvery, time.Second), orDefault(o.SearchTime, 10*time.Second)
	if o.User == "" {
		o.User = "default"
	}
	if o.Class == nil {
		o.Class = func(tenant.ID, string, string) string { return eventstore.DefaultClass }
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Transport == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.TLSClientConfig, t.Proxy, t.TLSHandshakeTimeout = o.TLS, nil, 5*time.Second
		t.MaxIdleConnsPerHost = o.Searches + 2
		o.Transport = t
	}
	return o, nil
}

func orDefault[T int | int64 | time.Duration](v, def T) T {
	if v <= 0 {
		return def
	}
	return v
}

// TLSConfig trusts the authorities of a PEM file besides the system's and, when
// both are named, shows a client certificate; "" for none. The server's name is
// that of its host unless given.
func TLSConfig(caFile, certFile, keyFile, serverName string) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: serverName}
	if caFile != "" {
		pem, err := os.ReadFile(caFile)
		if err != nil {
			return nil, fmt.Errorf("clickhouse.tls.ca_file: %w", err)
		}
		pool, err := x509.SystemCertPool()
		if err != nil {
			pool = x509.NewCertPool()
		}
		if !pool.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("clickhouse.tls.ca_file: %s holds no certificate", caFile)
		}
		c.RootCAs = pool
	}
	if (certFile == "") != (keyFile == "") {
		return nil, errors.New("clickhouse.tls: name both cert_file and key_file, or neither")
	}
	if certFile != "" {
		pair, err := tls.LoadX509KeyPair(certFile, keyFile)
		if err != nil {
			return nil, fmt.Errorf("clickhouse.tls: %w", err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}
