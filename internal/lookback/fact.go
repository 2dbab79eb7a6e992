package lookback

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/query"
)

// about is the query for all events that name one of the entities; nil for none.
func about(entities []Entity) query.Expr {
	var of []query.Expr
	for _, e := range entities {
		if _, err := netip.ParseAddr(e.Value); e.Kind == "ip" && err != nil {
			continue
		}
		var test query.Test = query.Equal{Value: query.Literal(e.Value)}
		if head, cut := strings.CutSuffix(e.Value, "…"); cut { // shortened when it was noted
			test = query.Like{Pattern: append(query.Glob(head), query.Many)}
		}
		for _, c := range event.Columns() {
			if f, ok := query.ParseField(c.Name); ok && c.Entity == e.Kind {
				of = append(of, query.Term{Field: f, Test: test})
			}
		}
	}
	switch len(of) {
	case 0:
		return nil
	case 1:
		return of[0]
	}
	return query.Or{Of: of}
}

// fact is what an event says, in this package's terms.
type fact struct {
	id              event.ID
	at              int64
	kind            Kind // "" for nothing worth a line
	user, host, src string
	keys            []string // what names the session that it belongs to, the best first
	cloud           bool     // a sign-in without a machine: a session id goes on for days
	opened          bool     // tells of a login that another event told of
	source, text    string
	entity          Entity
}

// Session ids that stand for none, or for the machine itself.
var noSession = []string{"", "-", "0", "0x0", "0x3e7", "0x3e5", "0x3e4", "4294967295"}

func factOf(e *event.Event, entities []Entity) fact {
	f := fact{id: e.ID, at: e.Time, user: e.ColText(event.UserName), host: e.ColText(event.HostName), src: e.ColText(event.SrcIP), source: e.Source, entity: entityOf(e, entities)}
	if e.SourceType != "" {
		f.source = e.SourceType
	}
	f.kind = kindOf(e)
	if e.Class == event.Authentication && ownAccount(f.user) && !slices.ContainsFunc(entities, func(x Entity) bool { return x.Kind == "user" && strings.EqualFold(x.Value, f.user) }) {
		f.kind = "" // a machine talks to itself all day
	}
	f.cloud = f.host == ""
	f.opened = e.ColText(event.Action) == "session_opened"
	place := strings.ToLower(f.host)
	if f.cloud {
		place = "\x00" + e.SourceType
	}
	if sid := strings.ToLower(e.ColText(event.SessionID)); !slices.Contains(noSession, sid) {
		f.keys = append(f.keys, "id\x00"+place+"\x00"+sid)
	}
	if e.SourceType == "linux.sshd" { // the process, and the connection
		if pid := e.ColText(event.ProcessPID); pid != "" {
			f.keys = append(f.keys, "pid\x00"+place+"\x00"+pid+"\x00"+f.user)
		}
		if port := e.ColText(event.SrcPort); port != "" {
			f.keys = append(f.keys, "port\x00"+place+"\x00"+f.src+"\x00"+port)
		}
	}
	f.text = textOf(e, &f)
	return f
}

// ownAccount reports the accounts that a Windows machine has for itself.
func ownAccount(user string) bool {
	u := strings.ToUpper(user)
	return strings.HasSuffix(u, "$") || strings.HasPrefix(u, "DWM-") || strings.HasPrefix(u, "UMFD-") || u == "SYSTEM" || u == "LOCAL SERVICE" || u == "NETWORK SERVICE" || u == "ANONYMOUS LOGON"
}

// entityOf is the first of the entities that the event names.
func entityOf(e *event.Event, entities []Entity) Entity {
	for _, want := range entities {
		for _, c := range e.Columns {
			if info := c.ID.Info(); info.Entity == want.Kind && names(c.Value.Text(), want.Value) {
				return want
			}
		}
	}
	return Entity{}
}

func names(value, want string) bool {
	if head, cut := strings.CutSuffix(want, "…"); cut {
		return len(value) >= len(head) && strings.EqualFold(value[:len(head)], head)
	}
	return strings.EqualFold(value, want)
}

var (
	logins  = []string{"logon", "login", "session_opened", "user.session.start", "userloggedin", "mailboxlogin", "consolelogin", "user.login"}
	logouts = []string{"logoff", "logout", "user.session.end", "user.logout"}
)

func kindOf(e *event.Event) Kind {
	switch e.Class {
	case event.Authentication:
		return loginKind(e)
	case event.NetworkActivity, event.HTTPActivity, event.DNSActivity:
		return Network
	case event.ProcessActivity:
		return Process
	case event.AccountChange, event.GroupManagement:
		return Account
	case event.DetectionFinding:
		return Alarm
	case event.BaseEvent:
		if e.Severity < event.Medium { // nobody knows what it says
			return ""
		}
	}
	return Other
}

func loginKind(e *event.Event) Kind {
	action := strings.ToLower(e.ColText(event.Action))
	switch {
	case e.Outcome == event.Failure:
		return Failure
	case e.SourceType == "linux.sudo": // another user's rights within a session
		return Other
	case slices.Contains(logouts, action):
		return Logout
	case e.Outcome == event.Success && slices.Contains(logins, action):
		return Login
	}
	return Other
}

// textOf is one line for people. What differs between repeats (ports, process
// numbers) is left out where the columns say the rest, so that they fold.
func textOf(e *event.Event, f *fact) string {
	who := func(before string) string {
		text := before
		if f.user != "" {
			text += f.user
		} else {
			text += "somebody"
		}
		switch {
		case f.host != "" && f.kind == Logout:
			text += " from " + f.host
		case f.host != "":
			text += " on " + f.host
		case e.ColText(event.ServiceName) != "" && f.kind == Logout:
			text += " from " + e.ColText(event.ServiceName)
		case e.ColText(event.ServiceName) != "":
			text += " to " + e.ColText(event.ServiceName)
		}
		if f.src != "" && f.kind != Logout {
			text += " from " + f.src
		}
		return text
	}
	switch f.kind {
	case Login:
		return shorten(who("Login of "))
	case Logout:
		return shorten(who("Logout of "))
	case Failure:
		if action := e.ColText(event.Action); action == "sudo" || action == "su" {
			break
		}
		return shorten(who("Failed login of "))
	case Process:
		if cmd := first(e.ColText(event.ProcessCmd), e.ColText(event.ProcessPath)); cmd != "" {
			text := "Started " + cmd
			if f.user != "" {
				text = f.user + " started " + cmd
			}
			if f.host != "" {
				text += " on " + f.host
			}
			return shorten(text)
		}
	case Network:
		if dst := first(e.ColText(event.DstIP), e.ColText(event.DstHost)); dst != "" && f.src != "" {
			if port, ok := e.Col(event.DstPort); ok {
				dst += " port " + strconv.FormatInt(port.Int(), 10)
			}
			return shorten(strings.TrimSpace(f.src + " to " + dst + " " + first(e.ColText(event.Domain), e.ColText(event.URLPath))))
		}
		if d := e.ColText(event.Domain); d != "" && e.Class == event.DNSActivity && f.src != "" {
			return shorten(f.src + " asked for " + d)
		}
	}
	return shorten(first(e.Message, e.ColText(event.Action), string(e.Raw)))
}

func first(of ...string) string {
	for _, s := range of {
		if s != "" {
			return s
		}
	}
	return ""
}

const maxText = 400

func shorten(s string) string {
	if len(s) <= maxText {
		return strings.ToValidUTF8(s, "\uFFFD")
	}
	return strings.ToValidUTF8(s[:maxText], "") + "…"
}
