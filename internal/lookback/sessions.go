package lookback

import (
	"slices"
	"strings"
	"time"
)

const (
	// sameLogin is how far two events of one login may be apart.
	sameLogin = 3 * time.Second
	// failuresCount is how long failed logins are told of at the next login.
	failuresCount = 24 * time.Hour
)

// sessions pairs logins with what ended them. Facts come oldest first.
type sessions struct {
	found  []*session
	keys   map[string]*session   // the newest that had the key, ended or not
	open   map[string][]*session // by user and host, oldest first
	failed map[string]failures
}

type session struct {
	Session
	at     int64
	source string // of the login
	ended  bool
}

type failures struct {
	n    int
	last int64
}

func userAt(f *fact) string { return strings.ToLower(f.user) + "\x00" + strings.ToLower(f.host) }

// add takes a fact and reports whether it is worth a line of its own: what only
// repeats a login that is known is not.
func (b *sessions) add(f *fact) bool {
	if b.keys == nil {
		b.keys, b.open, b.failed = map[string]*session{}, map[string][]*session{}, map[string]failures{}
	}
	switch f.kind {
	case Login:
		return b.login(f)
	case Logout:
		if s := b.of(f); s != nil {
			s.Events++
			b.end(s, f, "logout")
		}
	case Failure:
		x := b.failed[userAt(f)]
		b.failed[userAt(f)] = failures{x.n + 1, f.at}
	default:
		if s := b.of(f); s != nil {
			s.Events++
		}
	}
	return true
}

func (b *sessions) login(f *fact) bool {
	for _, k := range f.keys {
		s := b.keys[k]
		if s == nil || s.ended {
			continue
		}
		if f.opened || f.cloud || f.at-s.at <= int64(sameLogin) {
			b.goesOn(s, f)
			return f.cloud && !f.opened && f.at-s.at > int64(sameLogin)
		}
		b.end(s, f, "replaced")
		break
	}
	// Another source, or the session's opening, tells of a login again.
	for _, s := range slices.Backward(b.open[userAt(f)]) {
		if f.at-s.at <= int64(sameLogin) && (f.opened || s.source != f.source) && (f.src == "" || s.SrcIP == "" || f.src == s.SrcIP) {
			b.goesOn(s, f)
			return false
		}
	}
	s := &session{Session: Session{User: f.user, Host: f.host, SrcIP: f.src, Start: at(f.at), How: "open", Events: 1, LoginID: f.id.String()}, at: f.at, source: f.source}
	if x := b.failed[userAt(f)]; x.n > 0 && f.at-x.last <= int64(failuresCount) {
		s.FailedBefore = x.n
	}
	delete(b.failed, userAt(f))
	b.found = append(b.found, s)
	b.open[userAt(f)] = append(b.open[userAt(f)], s)
	b.name(s, f)
	return true
}

// goesOn notes that an event tells more of a session.
func (b *sessions) goesOn(s *session, f *fact) {
	s.Events++
	if s.SrcIP == "" {
		s.SrcIP = f.src
	}
	b.name(s, f)
}

func (b *sessions) name(s *session, f *fact) {
	for _, k := range f.keys {
		b.keys[k] = s
	}
}

// of finds the open session that a fact belongs to: by what names it, else the
// newest one of the user there. A fact of a session that has ended has none.
func (b *sessions) of(f *fact) *session {
	for _, k := range f.keys {
		if s := b.keys[k]; s != nil {
			if s.ended {
				return nil
			}
			return s
		}
	}
	if f.user == "" {
		return nil
	}
	for _, s := range slices.Backward(b.open[userAt(f)]) {
		if f.kind != Logout || f.src == "" || s.SrcIP == "" || f.src == s.SrcIP {
			return s
		}
	}
	return nil
}

func (b *sessions) end(s *session, f *fact, how string) {
	s.End, s.How, s.ended = at(f.at), how, true
	if how == "logout" {
		s.LogoutID = f.id.String()
	}
	who := strings.ToLower(s.User) + "\x00" + strings.ToLower(s.Host)
	b.open[who] = slices.DeleteFunc(b.open[who], func(x *session) bool { return x == s })
}

func (b *sessions) all() (out []Session) {
	for _, s := range b.found {
		out = append(out, s.Session)
	}
	return out
}
