package oncall_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-project/tocsin/internal/oncall"
	"github.com/tocsin-project/tocsin/internal/problem"
)

func TestLinks(t *testing.T) {
	l := oncall.Links{Key: bytes.Repeat([]byte{7}, 32), BaseURL: "https://t.example/"}
	link := l.Sign(3, "run.1", `p"1`, start)
	token, ok := strings.CutPrefix(link, "https://t.example/ack/")
	if !ok || strings.ContainsAny(token, "/?&+=%") {
		t.Fatalf("link %s", link)
	}
	a, err := l.Open(token, start.Add(24*time.Hour-time.Second))
	if err != nil || a.Tenant != 3 || a.Run != "run.1" || a.Person != `p"1` || !a.Expires.Equal(start.Add(24*time.Hour)) {
		t.Errorf("%+v, %v", a, err)
	}
	if _, err := l.Open(token, start.Add(24*time.Hour)); !problem.Is(err, problem.Gone) {
		t.Errorf("expired: %v", err)
	}
	invalid := func(what, token string) {
		t.Helper()
		if _, err := l.Open(token, start); !problem.Is(err, problem.Invalid) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for i := range token { // every character counts
		b := []byte(token)
		if b[i]++; b[i] == '.' || b[i] > 'z' {
			b[i] = 'A'
		}
		invalid("changed", string(b))
	}
	invalid("cut", token[:len(token)-1])
	invalid("longer", token+"A")
	invalid("empty", "")
	invalid("dot", ".")
	invalid("huge", strings.Repeat("A", 1<<20)+".A")
	other := oncall.Links{Key: bytes.Repeat([]byte{8}, 32)}.Sign(3, "run.1", "p1", start)
	invalid("another key", strings.TrimPrefix(other, "/ack/"))
	if _, err := (oncall.Links{}).Open(token, start); !problem.Is(err, problem.Invalid) {
		t.Errorf("no key: %v", err)
	}
}

func FuzzLinkOpen(f *testing.F) {
	l := oncall.Links{Key: bytes.Repeat([]byte{7}, 32)}
	good := strings.TrimPrefix(l.Sign(1, "r", "p", start), "/ack/")
	f.Add(good)
	f.Add("a.b")
	f.Add("..")
	f.Fuzz(func(t *testing.T, token string) {
		if _, err := l.Open(token, start); err == nil && token != good {
			t.Errorf("opened %q", token)
		}
	})
}
