package sigma

import (
	"regexp"
	"slices"
	"strings"
)

// Lint names what is doubtful about documents that are loaded: each Warning's
// Check is the kind. Documents should be all of a set, or ids that others name
// look unknown.
//
//	filter-reading    a filter's condition without not
//	filter-target     a filter that does nothing for a rule that it names
//	unused-selection  no condition comes to it
//	missing-id, missing-date, missing-author
//	id-format         an id that is no UUID
//	duplicate-id      an id or name that two documents have
//	unknown-related   an id that no document has
//	status            deprecated or unsupported
//	any-value         a value that fits whatever the field has: use exists
//	plain-regex       a regular expression without operators: use contains
//	single-all        all with one value
func Lint(docs []*Document) []Warning {
	l := &linter{byRef: map[string][]*Document{}}
	for _, d := range docs {
		for _, ref := range slices.Compact([]string{d.ID, d.Name}) {
			if ref != "" {
				l.byRef[ref] = append(l.byRef[ref], d)
			}
		}
	}
	for _, d := range docs {
		l.meta(d)
		switch {
		case d.Rule != nil:
			l.selections(&d.Meta, d.Rule.selections, d.Rule.conditions)
		case d.Filter != nil:
			l.out = append(l.out, d.Filter.checkTargets(docs)...)
			l.out = append(l.out, d.Filter.doubts()...)
			l.selections(&d.Meta, d.Filter.selections, []expr{d.Filter.condition})
		}
	}
	return l.out
}

type linter struct {
	byRef map[string][]*Document
	out   []Warning
}

func (l *linter) warn(m *Meta, line int, check, format string, args ...any) {
	w := m.warn(check, format, args...)
	if line > 0 {
		w.Line = line
	}
	l.out = append(l.out, w)
}

var uuid = regexp.MustCompile(`^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$`)

func (l *linter) meta(d *Document) {
	m := &d.Meta
	switch {
	case m.ID == "":
		l.warn(m, 0, "missing-id", "the document has no id")
	case !uuid.MatchString(m.ID):
		l.warn(m, 0, "id-format", "the id %q is no UUID", m.ID)
	}
	if m.Date == "" {
		l.warn(m, 0, "missing-date", "the document has no date")
	}
	if m.Author == "" {
		l.warn(m, 0, "missing-author", "the document has no author")
	}
	if m.Status == "deprecated" || m.Status == "unsupported" {
		l.warn(m, 0, "status", "the document is %s", m.Status)
	}
	for _, ref := range slices.Compact([]string{m.ID, m.Name}) {
		if same := l.byRef[ref]; len(same) > 1 && same[0] != d {
			l.warn(m, 0, "duplicate-id", "%q is already used in %s:%d", ref, same[0].File, same[0].Line)
		}
	}
	for _, r := range m.Related {
		if len(l.byRef[r.ID]) == 0 && r.Type != "obsolete" && r.Type != "renamed" && r.Type != "merged" {
			l.warn(m, 0, "unknown-related", "the related document %q is not loaded", r.ID)
		}
	}
}

func (l *linter) selections(m *Meta, selections []*selection, conditions []expr) {
	used := map[*selection]bool{}
	var visit func(e expr)
	visit = func(e expr) {
		switch e := e.(type) {
		case and:
			for _, x := range e {
				visit(x)
			}
		case or:
			for _, x := range e {
				visit(x)
			}
		case not:
			visit(e.expr)
		case *selection:
			used[e] = true
		}
	}
	for _, c := range conditions {
		visit(c)
	}
	for _, s := range selections {
		if !used[s] {
			l.warn(m, 0, "unused-selection", "no condition comes to selection %q", s.name)
		}
		walk(s, "", false, func(_ string, it *item, _ bool) { l.item(m, it) })
	}
}

func (l *linter) item(m *Meta, it *item) {
	if it.all && len(it.values) == 1 {
		l.warn(m, it.line, "single-all", "%q: all has one value only", it.source)
	}
	for _, choices := range it.values {
		for _, p := range choices {
			switch p := p.(type) {
			case *textTest:
				if it.field != "" && len(p.pattern.runs) > 1 && !slices.ContainsFunc(p.pattern.runs, func(r []rune) bool { return len(r) > 0 }) {
					l.warn(m, it.line, "any-value", "%q fits any value; write %s|exists: true", it.source, it.field)
				}
			case *regexTest:
				plain := strings.TrimPrefix(p.re.String(), "(?i)")
				if regexp.QuoteMeta(plain) == plain {
					l.warn(m, it.line, "plain-regex", "%q: %s has no operators; contains does the same, faster", it.source, p)
				}
			}
		}
	}
}
