package normalize

import (
	"strings"
	"time"

	"github.com/tocsin-project/tocsin/internal/event"
)

// header is what stands before the message of a syslog line.
type header struct {
	pri      int // -1 when absent
	time     int64
	quality  event.TimeQuality
	host     string
	app, pid string
	msgID    string
	sd       string // structured data of RFC 5424, as it came
	message  string
}

var facilities = [...]string{"kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "ntp", "audit", "alert", "clock", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7"}

// severities maps RFC 5424's severity (section 6.2.1) to OCSF's.
var severities = [...]event.Severity{event.Fatal, event.Critical, event.Critical, event.High, event.Medium, event.Low, event.Informational, event.Informational}

// parseSyslog reads RFC 5424, RFC 3164 and what real senders make of them. It
// never fails: what it does not recognise is the message.
func parseSyslog(s string, received int64) header {
	h := header{pri: -1}
	if len(s) > 2 && s[0] == '<' {
		n, i := 0, 1
		for i < len(s) && i < 5 && s[i] >= '0' && s[i] <= '9' {
			n = n*10 + int(s[i]-'0')
			i++
		}
		if i > 1 && i < len(s) && s[i] == '>' && n <= 191 {
			h.pri = n
			s = s[i+1:]
		}
	}
	if h.pri >= 0 && strings.HasPrefix(s, "1 ") && h.rfc5424(s[2:]) {
		return h
	}
	h.rfc3164(s, received)
	return h
}

// rfc5424 reads "TIMESTAMP HOST APP PROCID MSGID SD [MSG]" (RFC 5424, section 6).
func (h *header) rfc5424(s string) bool {
	var f [5]string
	for i := range f {
		var ok bool
		if f[i], s, ok = strings.Cut(s, " "); !ok && i < 4 {
			return false
		}
		if f[i] == "-" {
			f[i] = ""
		}
	}
	if f[0] != "" {
		t, q, ok := parseISO(f[0])
		if !ok {
			return false
		}
		h.time, h.quality = t, q
	}
	h.host, h.app, h.pid, h.msgID = f[1], f[2], f[3], f[4]
	switch {
	case strings.HasPrefix(s, "-"):
		s = s[1:]
	case strings.HasPrefix(s, "["):
		end := sdEnd(s)
		h.sd, s = s[:end], s[end:]
	}
	h.message = strings.TrimPrefix(strings.TrimPrefix(s, " "), "\xef\xbb\xbf")
	return true
}

// sdEnd finds the end of the structured data at the start of s.
func sdEnd(s string) int {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && quoted:
			i++
		case c == '"':
			quoted = !quoted
		case c == ']' && !quoted && (i+1 == len(s) || s[i+1] != '['):
			return i + 1
		}
	}
	return len(s)
}

// rfc3164 reads "TIMESTAMP HOST TAG[PID]: MSG" and its common relatives: no
// host, an ISO timestamp, no header at all.
func (h *header) rfc3164(s string, received int64) {
	rest := s
	if t, n, ok := parseBSDTime(s, received); ok {
		h.time, h.quality, rest = t, event.TimeAssumedYear, s[n:]
	} else if first, after, ok := strings.Cut(s, " "); ok && len(first) >= 19 && first[4] == '-' {
		if t, q, ok := parseISO(first); ok {
			h.time, h.quality, rest = t, q, after
		}
	}
	if h.time != 0 {
		rest = strings.TrimLeft(rest, " ")
		host, after, ok := strings.Cut(rest, " ")
		if ok && host != "" && !strings.HasSuffix(host, ":") && !strings.ContainsRune(host, '[') {
			h.host, rest = host, strings.TrimLeft(after, " ")
		}
	}
	h.message = rest
	// A tag is a short word, perhaps with [pid], ending in a colon.
	i := 0
	for i < len(rest) && i < 64 && tagByte(rest[i]) {
		i++
	}
	if i == 0 || i == len(rest) {
		return
	}
	app, pid, after := rest[:i], "", rest[i:]
	if after[0] == '[' {
		end := strings.IndexByte(after, ']')
		if end < 0 || end > 24 {
			return
		}
		pid, after = after[1:end], after[end+1:]
	}
	if !strings.HasPrefix(after, ":") {
		return
	}
	if h.time == 0 && h.pri < 0 { // "ERROR: text" of a bare line is no tag
		return
	}
	h.app, h.pid = app, pid
	h.message = strings.TrimPrefix(after[1:], " ")
}

func tagByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.' || c == '/' || c == '(' || c == ')'
}

// fill puts the header into the event.
func (h *header) fill(e *event.Event) {
	e.Message = h.message
	if h.pri >= 0 {
		if e.Severity == event.SeverityUnknown {
			e.Severity = severities[h.pri&7]
		}
		if f := h.pri >> 3; f < len(facilities) {
			put(e, event.Facility, event.StringValue(facilities[f]))
		}
	}
	if h.host != "" {
		put(e, event.HostName, event.StringValue(strings.ToLower(h.host)))
	}
	if h.app != "" {
		put(e, event.ProcessName, event.StringValue(h.app))
	}
	if h.pid != "" {
		put(e, event.ProcessPID, event.StringValue(h.pid))
	}
	if h.msgID != "" {
		e.Fields = append(e.Fields, event.Field{Key: "msgid", Value: event.StringValue(h.msgID)})
	}
	if h.sd != "" {
		e.Fields = append(e.Fields, event.Field{Key: "structured_data", Value: event.StringValue(h.sd)})
	}
}

// skewAllowed is how far into the future a source's clock is believed.
const skewAllowed = int64(10 * time.Minute)

var months = [...]string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"}

// parseBSDTime reads "Nov 22 04:21:46" (RFC 3164, section 4.1.2) in UTC and
// takes the year that puts it nearest to when it was received.
func parseBSDTime(s string, received int64) (ns int64, n int, ok bool) {
	if len(s) < 15 || s[3] != ' ' || s[6] != ' ' || s[9] != ':' || s[12] != ':' {
		return 0, 0, false
	}
	month := 0
	for i, m := range months {
		if s[:3] == m {
			month = i + 1
		}
	}
	day, ok1 := two(s[4], s[5])
	hour, ok2 := two(s[7], s[8])
	minute, ok3 := two(s[10], s[11])
	second, ok4 := two(s[13], s[14])
	if month == 0 || !ok1 || !ok2 || !ok3 || !ok4 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60 {
		return 0, 0, false
	}
	now := time.Unix(0, received).UTC()
	t := time.Date(now.Year(), time.Month(month), day, hour, minute, second, 0, time.UTC)
	switch d := t.Sub(now); {
	case d > 182*24*time.Hour:
		t = time.Date(now.Year()-1, time.Month(month), day, hour, minute, second, 0, time.UTC)
	case d < -183*24*time.Hour:
		t = time.Date(now.Year()+1, time.Month(month), day, hour, minute, second, 0, time.UTC)
	}
	return t.UnixNano(), 15, true
}

func two(a, b byte) (int, bool) {
	if a == ' ' {
		a = '0'
	}
	if a < '0' || a > '9' || b < '0' || b > '9' {
		return 0, false
	}
	return int(a-'0')*10 + int(b-'0'), true
}

// parseISO reads RFC 3339 and its relatives without a zone.
func parseISO(s string) (int64, event.TimeQuality, bool) {
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return t.UnixNano(), event.TimeFromSource, plausible(t)
	}
	for _, layout := range [...]string{"2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999", "2006-01-02T15:04:05.999999999Z0700", "2006-01-02 15:04:05.999999999Z07:00"} {
		if t, err := time.Parse(layout, s); err == nil {
			q := event.TimeAssumedZone
			if strings.Contains(layout, "Z07") {
				q = event.TimeFromSource
			}
			return t.UnixNano(), q, plausible(t)
		}
	}
	return 0, 0, false
}

func plausible(t time.Time) bool { return t.Year() >= 1980 && t.Year() < 2200 }

func formatTime(ns int64) string { return time.Unix(0, ns).UTC().Format(time.RFC3339Nano) }

// parseCLF reads "22/Nov/2026:04:21:46 +0000", the time of web access logs.
func parseCLF(s string) (int64, bool) {
	t, err := time.Parse("02/Jan/2006:15:04:05 -0700", s)
	return t.UnixNano(), err == nil && plausible(t)
}
