// Package egress makes HTTP clients for addresses that people type in: a
// webhook, a push server. Such an address must not turn this server into a
// door to the network that it stands in (server-side request forgery), so a
// connection is refused when the name resolves to anything but a public
// address. The check is made on the address that is dialled, after resolution,
// so a name that changes its answer between check and use gains nothing.
//
// Redirects are not followed, proxies of the environment are not used, and
// nothing here limits what a caller reads of an answer: callers use a
// LimitReader.
package egress

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"syscall"
	"time"
)

// ErrRefused is why a connection to an address that is not public was not made.
var ErrRefused = errors.New("the address is not on the public internet, and the configuration does not allow it")

// Options of a client.
type Options struct {
	Allow     []netip.Prefix // networks that are allowed although not public
	RootCAs   *x509.CertPool // nil: the system's
	PlainHTTP bool           // receivers without TLS are allowed, for one's own network
	Timeout   time.Duration  // of one request with its answer; 0: 15 s
}

// Client returns a client that connects to public addresses and allowed
// networks only.
func Client(o Options) *http.Client {
	dialer := &net.Dialer{Timeout: 10 * time.Second, Control: func(_, address string, _ syscall.RawConn) error {
		ap, err := netip.ParseAddrPort(address)
		if err != nil {
			return fmt.Errorf("%w: %s", ErrRefused, address)
		}
		return o.check(ap.Addr())
	}}
	return client(o, dialer)
}

// Trusted returns a client without the check, for a server that the
// configuration itself names.
func Trusted(o Options) *http.Client {
	return client(o, &net.Dialer{Timeout: 10 * time.Second})
}

func client(o Options, d *net.Dialer) *http.Client {
	if o.Timeout == 0 {
		o.Timeout = 15 * time.Second
	}
	return &http.Client{
		Timeout:       o.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext:            d.DialContext,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: o.RootCAs},
			TLSHandshakeTimeout:    10 * time.Second,
			ForceAttemptHTTP2:      true,
			MaxIdleConnsPerHost:    4,
			IdleConnTimeout:        time.Minute,
			MaxResponseHeaderBytes: 64 * 1024,
		},
	}
}

func (o Options) check(a netip.Addr) error {
	a = a.Unmap()
	for _, p := range o.Allow {
		if p.Contains(a) {
			return nil
		}
	}
	if !public(a) {
		return fmt.Errorf("%w (%s)", ErrRefused, a)
	}
	return nil
}

// notPublic are the blocks of the IANA special-purpose registries that
// netip.Addr's own predicates leave out, and those that embed an IPv4 address.
var notPublic = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),       // this network, RFC 791
	netip.MustParsePrefix("100.64.0.0/10"),   // carrier-grade NAT, RFC 6598
	netip.MustParsePrefix("192.0.0.0/24"),    // IETF assignments, RFC 6890
	netip.MustParsePrefix("192.0.2.0/24"),    // documentation, RFC 5737
	netip.MustParsePrefix("192.88.99.0/24"),  // 6to4 relays, RFC 7526
	netip.MustParsePrefix("198.18.0.0/15"),   // benchmarking, RFC 2544
	netip.MustParsePrefix("198.51.100.0/24"), // documentation
	netip.MustParsePrefix("203.0.113.0/24"),  // documentation
	netip.MustParsePrefix("240.0.0.0/4"),     // reserved and broadcast, RFC 1112
	netip.MustParsePrefix("::/96"),           // IPv4-compatible, RFC 4291
	netip.MustParsePrefix("64:ff9b::/96"),    // NAT64, RFC 6052
	netip.MustParsePrefix("64:ff9b:1::/48"),  // local NAT64, RFC 8215
	netip.MustParsePrefix("100::/64"),        // discard, RFC 6666
	netip.MustParsePrefix("2001::/23"),       // IETF assignments with Teredo
	netip.MustParsePrefix("2001:db8::/32"),   // documentation
	netip.MustParsePrefix("2002::/16"),       // 6to4, RFC 3056
	netip.MustParsePrefix("fec0::/10"),       // old site-local, RFC 3879
}

func public(a netip.Addr) bool {
	if !a.IsGlobalUnicast() || a.IsPrivate() || a.Zone() != "" {
		return false // loopback, link-local, multicast and unspecified are not global unicast
	}
	for _, p := range notPublic {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

// WithoutURL takes the address out of an error of net/http, which quotes it.
func WithoutURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// RetryAfter reads how long an answer asks to wait (RFC 9110 §10.2.3), 0 when
// it says nothing.
func RetryAfter(h http.Header, now time.Time) time.Duration {
	v := h.Get("Retry-After")
	if s, err := strconv.Atoi(v); err == nil && s > 0 {
		return time.Duration(min(s, 24*3600)) * time.Second
	}
	if t, err := http.ParseTime(v); err == nil && t.After(now) {
		return min(t.Sub(now), 24*time.Hour)
	}
	return 0
}
