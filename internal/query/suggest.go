package query

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/tocsin-project/tocsin/internal/event"
)

// Vocabulary is what Suggest cannot know by itself: what the events have. Both
// return at most some dozen, best first; prefix is compared without case.
type Vocabulary interface {
	// NativeFields are names of native fields that were seen.
	NativeFields(prefix string) []string
	// Values are frequent values of a field.
	Values(f Field, prefix string) []string
}

// Suggestion is one way to go on. Insert replaces the bytes [Start, End).
type Suggestion struct {
	Insert string `json:"insert"`
	Label  string `json:"label"`
	Kind   string `json:"kind"` // "field", "value", "operator" or "pipe"
	Detail string `json:"detail"`
	Start  int    `json:"start"`
	End    int    `json:"end"`
}

const maxSuggestions = 50

// Suggest says what can stand at byte pos of a text, which need not be a whole
// query. words may be nil.
func Suggest(text string, pos int, words Vocabulary) []Suggestion {
	pos = min(max(pos, 0), len(text))
	if len(text) > MaxText {
		return nil
	}
	s := newSuggester(text, pos, words)
	if s.pipe < 0 {
		s.condition()
	} else {
		s.inPipe()
	}
	return s.out[:min(len(s.out), maxSuggestions)]
}

// suggester knows where in the text the place is.
type suggester struct {
	words      Vocabulary
	text       string
	start, pos int    // of the word before the place
	end        int    // of the word that the place is in
	word       string // text[start:pos]
	segment    string // from the last "|" up to the word
	pipe       int    // place of that "|", -1 in the condition
	group      string // the field of field:( … that is open, "" for none
	columns    []Field
	out        []Suggestion
	seen       map[string]bool
}

func newSuggester(text string, pos int, words Vocabulary) *suggester {
	s := &suggester{words: words, text: text, pos: pos, pipe: -1, seen: map[string]bool{}}
	var open []string // fields before parentheses that are open
	quoted := false
	for i := 0; i < pos; i++ {
		switch c := text[i]; {
		case c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '|':
			s.pipe, s.start, open = i, i+1, nil
		case c == '(':
			name := text[s.start:i]
			if n, ok := strings.CutSuffix(name, ":"); ok {
				open = append(open, n)
			} else {
				open = append(open, "")
			}
			s.start = i + 1
		case c == ')':
			if len(open) > 0 {
				open = open[:len(open)-1]
			}
			s.start = i + 1
		case isSpace(c), c == ',':
			s.start = i + 1
		}
	}
	if len(open) > 0 {
		s.group = open[len(open)-1]
	}
	s.start = min(s.start, pos)
	s.word, s.segment = text[s.start:pos], text[s.pipe+1:s.start]
	for s.end = pos; s.end < len(text) && !isSpace(text[s.end]) && strings.IndexByte("|(),", text[s.end]) < 0; s.end++ {
	}
	if s.pipe >= 0 {
		s.columns = columnsAfter(text[:s.pipe])
	}
	return s
}

// columnsAfter are the columns of the table that a text makes, nil for events.
func columnsAfter(text string) []Field {
	p, err := newParser(text, time.Unix(0, 0), time.UTC)
	if err != nil {
		return nil
	}
	q := Query{}
	if q.Where, err = p.condition(); err == nil {
		_, err = p.pipes(&q)
	}
	if err != nil {
		return nil
	}
	return p.columns
}

// add suggests something that replaces the word from offset on.
func (s *suggester) add(offset int, insert, label, kind, detail string) {
	if !s.seen[kind+label] {
		s.seen[kind+label] = true
		s.out = append(s.out, Suggestion{insert, label, kind, detail, s.start + offset, s.end})
	}
}

// condition suggests within a condition.
func (s *suggester) condition() {
	name, value, isTerm := strings.Cut(s.word, ":")
	switch {
	case isTerm:
		s.values(resolve(unquoted(name)), len(name)+1, value)
		return
	case s.group != "":
		s.values(resolve(unquoted(s.group)), 0, s.word)
		s.keywords("or", "and", "not")
		return
	}
	word := strings.TrimPrefix(s.word, "-")
	s.fields(len(s.word)-len(word), word, ":")
	s.keywords("and", "or", "not")
	if word == "" && strings.TrimSpace(s.segment) != "" {
		s.add(0, "| ", "|", "pipe", "go on with count, top, timechart and so on")
	}
}

func (s *suggester) keywords(words ...string) {
	before := strings.Fields(s.segment)
	if len(before) == 0 && (s.word == "" || !strings.HasPrefix("not", strings.ToLower(s.word))) {
		return
	}
	detail := map[string]string{"and": "both", "or": "one of the two", "not": "the opposite", "by": "for each value of fields", "as": "a name for the column"}
	for _, w := range words {
		if strings.HasPrefix(w, strings.ToLower(s.word)) && (len(before) > 0 || w == "not") {
			s.add(0, w+" ", w, "operator", detail[w])
		}
	}
}

// fields suggests names: those that begin with the word first, then those that
// contain it.
func (s *suggester) fields(offset int, word, after string) {
	word = strings.ToLower(unquoted(word))
	type candidate struct {
		name, detail string
		rank         int
	}
	var found []candidate
	consider := func(name, detail string, aliases ...string) {
		rank := -1
		switch l := strings.ToLower(name); {
		case strings.HasPrefix(l, word):
			rank = 0
		case word != "" && strings.Contains(l, word):
			rank = 2
		}
		for _, a := range aliases {
			if l := strings.ToLower(a); rank != 0 && word != "" && strings.HasPrefix(l, word) {
				rank, detail = 1, a+" is "+name
				break
			}
		}
		if rank >= 0 {
			found = append(found, candidate{name, detail, rank})
		}
	}
	if s.columns != nil {
		for _, f := range s.columns {
			consider(f.String(), "column of the table")
		}
	} else {
		for _, c := range event.Columns() {
			consider(c.Name, kindNames[resolve(c.Name).Kind], c.Aliases...)
		}
		for _, name := range envelopeFields {
			consider(name, kindNames[resolve(name).Kind])
		}
		if s.words != nil && word != "" {
			for _, n := range s.words.NativeFields(word) {
				f := Field{Kind: Native, Name: n}
				consider(f.String(), "field of the source")
			}
		}
	}
	slices.SortStableFunc(found, func(a, b candidate) int { return cmp.Compare(a.rank, b.rank) })
	for _, c := range found {
		s.add(offset, quote(c.name)+after, c.name, "field", c.detail)
	}
}

var kindNames = map[FieldKind]string{TextKind: "text", LongText: "text, by words", IntKind: "number", AddrKind: "address", TimeKind: "time", RankKind: "severity", IDKind: "identity", Native: "field of the source"}

var envelopeFields = [...]string{"time", "message", "severity", "outcome", "class", "source", "source_type", "transport", "peer", "received", "raw", "exercise", "id"}

// values suggests values of a field, and comparisons while there is none.
func (s *suggester) values(f Field, offset int, value string) {
	op := value[:len(value)-len(strings.TrimLeft(value, "<>="))]
	bare := strings.ToLower(unquoted(value[len(op):]))
	offset += len(op)
	known := known(f, op)
	for _, v := range known {
		if strings.HasPrefix(v, bare) {
			s.add(offset, v, v, "value", kindNames[f.Kind])
		}
	}
	if s.words != nil && f.Kind != TimeKind && f.Kind != RankKind {
		for _, v := range s.words.Values(f, bare) {
			if strings.HasPrefix(strings.ToLower(v), bare) {
				s.add(offset, quote(v), v, "value", "seen in events")
			}
		}
	}
	if value != "" {
		return
	}
	switch f.Kind {
	case IntKind, RankKind, Native:
		s.add(offset, ">=", ">=", "operator", "at least")
		s.add(offset, "<", "<", "operator", "less than")
	case AddrKind:
		s.add(offset, "10.0.0.0/8", "10.0.0.0/8", "operator", "a range of addresses, written as a prefix")
	case TextKind, LongText:
		s.add(offset, "*", "*…*", "operator", "a pattern; * is any text, ? one character")
	}
	if f.Kind != TimeKind {
		s.add(offset, "*", "*", "operator", "the field is there")
	}
}

// known are the values that a field can have, or that make sense for it.
func known(f Field, op string) []string {
	switch {
	case f.Kind == RankKind:
		var out []string
		for r := event.Fatal; ; r-- {
			out = append(out, r.String())
			if r == event.SeverityUnknown {
				return out
			}
		}
	case f.Kind == TimeKind:
		out := []string{"now-15m", "now-1h", "now-24h", "now-7d", "now/d", "now-1d/d"}
		if op == "" {
			for i := range out {
				out[i] = ">=" + out[i]
			}
		}
		return out
	case f.Envelope && f.Name == "outcome":
		return []string{event.Failure.String(), event.Success.String()}
	case f.Envelope && f.Name == "class":
		var out []string
		for _, c := range []event.Class{event.Authentication, event.AccountChange, event.GroupManagement, event.ProcessActivity, event.FileActivity, event.RegistryKey,
			event.NetworkActivity, event.HTTPActivity, event.DNSActivity, event.DetectionFinding, event.ScheduledJob, event.EventLogActivity, event.ApplicationLife, event.BaseEvent} {
			out = append(out, c.String())
		}
		return out
	}
	return nil
}

// unquoted takes the quotes off what may be half of a quoted text.
func unquoted(s string) string {
	if !strings.HasPrefix(s, `"`) {
		return strings.NewReplacer(`\`, "").Replace(s)
	}
	s = strings.TrimSuffix(s[1:], `"`)
	return strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(s)
}
