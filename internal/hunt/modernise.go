package hunt

import (
	"crypto/sha256"
	"fmt"
	"regexp"
	"strings"
)

// aggregation is the old form that Sigma 2 took away:
// selection | count(field) by group > 5
var aggregation = regexp.MustCompile(`^(\s+)condition:\s*(.*?)\s*\|\s*(count|sum|avg)\(\s*([^)\s]*)\s*\)(?:\s+by\s+([^<>=]+?))?\s*(>=|<=|==|=|>|<)\s*(\d+(?:\.\d+)?)\s*$`)

var topKey = regexp.MustCompile(`^(title|id|name|level|status|author|date|description):\s*(.*)$`)

// Modernise writes rules with an old aggregation as a rule and a correlation;
// documents without one stay as they are. What it cannot do is named.
func Modernise(path string, text []byte) (out string, problems []string) {
	var done []string
	line := 1
	for _, doc := range strings.Split("\n"+strings.ReplaceAll(string(text), "\r\n", "\n"), "\n---") {
		start := line
		line += strings.Count(doc, "\n")
		doc = strings.Trim(doc, "\n")
		made, err := modernise(doc)
		if err != nil {
			problems = append(problems, fmt.Sprintf("%s:%d: %v", path, start, err))
			made = doc
		}
		done = append(done, strings.TrimRight(made, "\n")+"\n")
	}
	return strings.Join(done, "---\n"), problems
}

func modernise(doc string) (string, error) {
	lines := strings.Split(doc, "\n")
	meta := map[string]string{}
	var m []string
	condition, frame := -1, ""
	var kept []string
	for _, l := range lines {
		if k := topKey.FindStringSubmatch(l); k != nil {
			meta[k[1]] = strings.TrimSpace(k[2])
		}
		t := strings.TrimSpace(l)
		if f, ok := strings.CutPrefix(t, "timeframe:"); ok && l != t {
			frame = strings.TrimSpace(f)
			continue
		}
		if strings.HasPrefix(t, "condition:") && l != t && strings.Contains(l, "|") {
			if m = aggregation.FindStringSubmatch(l); m == nil {
				return "", fmt.Errorf("%s: this aggregation is not understood: %s", meta["title"], t)
			}
			condition = len(kept)
			l = m[1] + "condition: " + m[2]
		}
		kept = append(kept, l)
	}
	if condition < 0 {
		return doc, nil
	}
	name := meta["name"]
	if name == "" {
		name = slug(meta["title"])
		kept = append([]string{kept[0], "name: " + name}, kept[1:]...)
	}
	for i, l := range kept {
		if strings.HasPrefix(l, "level:") {
			kept[i] = "level: informational"
		}
	}
	if frame == "" {
		return "", fmt.Errorf("%s: the aggregation has no timeframe", meta["title"])
	}
	ops := map[string]string{">": "gt", ">=": "gte", "<": "lt", "<=": "lte", "=": "eq", "==": "eq"}
	kind, field := "event_count", m[4]
	switch {
	case m[3] == "count" && field != "" && field != "*":
		kind = "value_count"
	case m[3] != "count":
		kind = "value_" + m[3]
	default:
		field = ""
	}
	var b strings.Builder
	b.WriteString(strings.Join(kept, "\n") + "\n---\n")
	fmt.Fprintf(&b, "title: %s\nid: %s\n", meta["title"], derived(meta["id"]+name))
	for _, k := range []string{"status", "author", "date"} {
		if meta[k] != "" {
			fmt.Fprintf(&b, "%s: %s\n", k, meta[k])
		}
	}
	fmt.Fprintf(&b, "correlation:\n  type: %s\n  rules: [%s]\n", kind, name)
	if by := strings.TrimSpace(m[5]); by != "" {
		fields := strings.FieldsFunc(by, func(r rune) bool { return r == ',' || r == ' ' })
		fmt.Fprintf(&b, "  group-by: [%s]\n", strings.Join(fields, ", "))
	}
	fmt.Fprintf(&b, "  timespan: %s\n  condition:\n    %s: %s\n", frame, ops[m[6]], m[7])
	if field != "" {
		fmt.Fprintf(&b, "    field: %s\n", field)
	}
	if level := meta["level"]; level != "" {
		fmt.Fprintf(&b, "level: %s\n", level)
	}
	return b.String(), nil
}

func slug(title string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(title) {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			b.WriteRune(r)
		} else if s := b.String(); s != "" && !strings.HasSuffix(s, "_") {
			b.WriteByte('_')
		}
	}
	return strings.TrimSuffix(b.String(), "_")
}

// derived makes a UUID that is always the same for the same rule (RFC 9562,
// version 8).
func derived(from string) string {
	s := sha256.Sum256([]byte("tocsin rules convert " + from))
	s[6], s[8] = s[6]&0x0f|0x80, s[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", s[:4], s[4:6], s[6:8], s[8:10], s[10:16])
}
