package oncall

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// LinkFor is how long an acknowledge link works.
const LinkFor = 24 * time.Hour

// maxToken bounds what Open looks at.
const maxToken = 600

// Links makes and opens acknowledge links: a responder acknowledges from the
// phone without signing in. The link is signed with HMAC-SHA256 over all that it
// says, expires, and is good for one person on one run. Opening it changes
// nothing, so a mail scanner that fetches it does not acknowledge: the page
// behind it has one button that posts.
type Links struct {
	Key     []byte // at least 32 bytes, secret
	BaseURL string // "https://tocsin.example.org", without a path
}

// Ack is what a link was made for.
type Ack struct {
	Tenant  tenant.ID
	Run     string
	Person  string
	Expires time.Time
}

type ackClaims struct {
	Tenant  int64  `json:"t"`
	Run     string `json:"r"`
	Person  string `json:"p"`
	Expires int64  `json:"e"` // Unix seconds
}

// Sign makes the link, BaseURL + "/ack/" + token, good for LinkFor from now.
func (l Links) Sign(t tenant.ID, run, person string, now time.Time) string {
	claims, err := json.Marshal(ackClaims{int64(t), run, person, now.Add(LinkFor).Unix()})
	if err != nil {
		panic("oncall: acknowledge link: " + err.Error()) // strings and integers only
	}
	body := base64.RawURLEncoding.EncodeToString(claims)
	return strings.TrimRight(l.BaseURL, "/") + "/ack/" + body + "." + base64.RawURLEncoding.EncodeToString(l.mac(body))
}

// Open checks a token (what follows "/ack/"). It fails with problem.Invalid
// for one that was not made here or was changed, and problem.Gone for one that
// has expired.
func (l Links) Open(token string, now time.Time) (Ack, error) {
	broken := problem.New(problem.Invalid, "This link is not complete, or was changed on the way. Open it again from the message, or sign in to acknowledge.")
	body, mac, ok := strings.Cut(token, ".")
	if !ok || len(token) > maxToken || len(l.Key) == 0 {
		return Ack{}, broken
	}
	got, err := base64.RawURLEncoding.Strict().DecodeString(mac)
	if err != nil || !hmac.Equal(got, l.mac(body)) {
		return Ack{}, broken
	}
	claims, err := base64.RawURLEncoding.Strict().DecodeString(body)
	if err != nil {
		return Ack{}, broken
	}
	var c ackClaims
	if err := json.Unmarshal(claims, &c); err != nil {
		return Ack{}, broken
	}
	a := Ack{Tenant: tenant.ID(c.Tenant), Run: c.Run, Person: c.Person, Expires: time.Unix(c.Expires, 0).UTC()}
	if !now.Before(a.Expires) {
		return Ack{}, problem.New(problem.Gone, "This link worked until %s. Sign in to acknowledge.", a.Expires.Format("2006-01-02 15:04 MST"))
	}
	return a, nil
}

func (l Links) mac(body string) []byte {
	h := hmac.New(sha256.New, l.Key)
	h.Write([]byte("tocsin acknowledge link v1\x00" + body))
	return h.Sum(nil)
}
