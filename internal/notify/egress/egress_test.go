package egress

import (
	"net/http"
	"net/netip"
	"testing"
	"time"
)

func TestPublic(t *testing.T) {
	f := func(want bool, addresses ...string) {
		t.Helper()
		for _, a := range addresses {
			if err := (Options{}).check(netip.MustParseAddr(a)); (err == nil) != want {
				t.Errorf("%s: %v", a, err)
			}
		}
	}
	f(true, "1.1.1.1", "192.0.1.1", "2606:4700::1111", "::ffff:1.1.1.1")
	f(false, "127.0.0.1", "127.9.9.9", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "0.1.2.3", "224.0.0.1", "255.255.255.255", "240.0.0.1", "198.18.0.1", "192.0.2.1")
	f(false, "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001::1", "fec0::1")
}

func TestAllow(t *testing.T) {
	o := Options{Allow: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}
	if err := o.check(netip.MustParseAddr("::ffff:10.0.0.1")); err != nil {
		t.Error(err)
	}
	if o.check(netip.MustParseAddr("192.168.0.1")) == nil {
		t.Error("192.168.0.1 was let through")
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Unix(1774683600, 0)
	f := func(v string, want time.Duration) {
		t.Helper()
		if got := RetryAfter(http.Header{"Retry-After": {v}}, now); got != want {
			t.Errorf("%q: %s", v, got)
		}
	}
	f("", 0)
	f("5", 5*time.Second)
	f("-5", 0)
	f("99999999", 24*time.Hour)
	f(now.Add(time.Minute).UTC().Format(http.TimeFormat), time.Minute)
	f(now.Add(-time.Minute).UTC().Format(http.TimeFormat), 0)
}
