package eventfile

import (
	"encoding/hex"
	"strings"

	"github.com/tocsin-project/tocsin/sigma"
)

// audit reads one line of auditd: key=value, where values are bare, quoted, or
// hexadecimal for those that auditd encodes because they hold odd characters.
func (d *Decoder) audit(line []byte) {
	d.Record.Reset()
	rest := unsafeString(line)
	for rest != "" {
		rest = strings.TrimLeft(rest, " \x1d")
		key, after, ok := strings.Cut(rest, "=")
		if !ok {
			break
		}
		if i := strings.LastIndexByte(key, ' '); i >= 0 {
			key = key[i+1:]
		}
		var value string
		quoted := false
		if after != "" && (after[0] == '"' || after[0] == '\'') {
			end := strings.IndexByte(after[1:], after[0])
			if end < 0 {
				end = len(after) - 1
			}
			value, rest, quoted = after[1:1+end], after[min(len(after), end+2):], true
		} else {
			end := strings.IndexAny(after, " \x1d")
			if end < 0 {
				end = len(after)
			}
			value, rest = after[:end], after[end:]
		}
		if quoted && key == "msg" { // user messages hold pairs of their own
			rest = value + " " + rest
			continue
		}
		if !quoted && encoded(key) {
			value = unhex(value)
		}
		d.Record.Set(key, sigma.StringValue(value))
	}
	d.Known, d.Class = true, d.kinds.m.Class(auditSources)
	if d.kinds.override != nil {
		d.Class = d.kinds.unknown.class
	}
	d.keyword(line)
}

var auditSources = []sigma.Logsource{{Product: "linux", Service: "auditd"}}

// encoded names the fields that auditd writes in hexadecimal when it must
// (audit-userspace, lib/auparse typetab: ESCAPED).
func encoded(key string) bool {
	switch key {
	case "exe", "comm", "name", "cwd", "cmd", "proctitle", "key", "path", "acct", "dir", "file", "data", "vm", "watch", "device", "old-log_passwd", "new-log_passwd", "invalid_context":
		return true
	}
	return len(key) > 1 && key[0] == 'a' && key[1] >= '0' && key[1] <= '9'
}

func unhex(s string) string {
	if len(s) < 4 || len(s)%2 != 0 {
		return s
	}
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'A' || c > 'F') {
			return s
		}
	}
	b, err := hex.DecodeString(s)
	if err != nil {
		return s
	}
	for i, c := range b {
		if c == 0 { // between the arguments of proctitle
			b[i] = ' '
		}
	}
	return string(b)
}
