package query

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Explain says in a plain sentence or two what a query finds.
func Explain(q Query) string {
	out := "Finds all events"
	if _, all := q.Where.(All); !all {
		out = "Finds events where " + explain(q.Where, q.Zone)
	}
	if len(q.Pipes) == 0 {
		return out + ", newest first."
	}
	steps := make([]string, len(q.Pipes))
	for i, p := range q.Pipes {
		steps[i] = explainPipe(p, q.Zone)
	}
	then := strings.Join(steps, ", then ")
	return out + ". " + strings.ToUpper(then[:1]) + then[1:] + "."
}

func explain(x Expr, zone *time.Location) string {
	switch x := x.(type) {
	case All:
		return "anything is the case"
	case And:
		return explainList(x.Of, " and ", zone)
	case Or:
		return explainList(x.Of, " or ", zone)
	case Not:
		if t, ok := x.Of.(Term); ok {
			return explainTerm(t, true, zone)
		}
		if t, ok := x.Of.(Text); ok {
			return "nothing has " + explainWords(t.Pattern)
		}
		return "not (" + explain(x.Of, zone) + ")"
	case Text:
		return "the message, the raw text or a field has " + explainWords(x.Pattern)
	case Term:
		return explainTerm(x, false, zone)
	}
	return ""
}

func explainList(of []Expr, with string, zone *time.Location) string {
	parts := make([]string, len(of))
	for i, x := range of {
		parts[i] = explain(x, zone)
		switch x.(type) {
		case And, Or:
			parts[i] = "(" + parts[i] + ")"
		}
	}
	return strings.Join(parts, with)
}

func explainWords(g Glob) string {
	text, literal := quoteGlob(g), true
	for _, r := range g {
		literal = literal && r >= 0
	}
	switch {
	case !literal && g[0] == Many && g[len(g)-1] == Many:
		return "something with " + quoted(strings.Trim(text, "*")) + " in it"
	case !literal:
		return "a word like " + text
	case strings.ContainsRune(string(g), ' '):
		return "the words " + quoted(string(g))
	}
	return "the word " + quoted(string(g))
}

func quoted(s string) string { return "“" + s + "”" }

func explainTerm(t Term, not bool, zone *time.Location) string {
	is := func(yes, no string) string {
		if not {
			return t.Field.String() + " " + no + " "
		}
		return t.Field.String() + " " + yes + " "
	}
	switch test := t.Test.(type) {
	case Equal:
		if t.Field.Kind == LongText {
			return is("has", "does not have") + explainWords(Glob(test.Value.Text))
		}
		return is("is", "is not") + quoted(test.Value.Text)
	case Like:
		if t.Field.Kind == LongText {
			return is("has", "does not have") + explainWords(test.Pattern)
		}
		return is("is like", "is not like") + quoteGlob(test.Pattern)
	case CIDR:
		return is("is in", "is not in") + test.Prefix.String()
	case Regexp:
		return is("matches", "does not match") + "/" + test.Source + "/"
	case Range:
		return is("is", "is not") + explainRange(t.Field, test, zone)
	}
	return strings.TrimSpace(is("is there", "is missing"))
}

func explainRange(f Field, r Range, zone *time.Location) string {
	show := func(v *Value) string {
		if f.Kind != TimeKind {
			return v.Text
		}
		at := time.Unix(0, v.ns).UTC()
		if zone != nil {
			at = at.In(zone)
		}
		return at.Format("2006-01-02 15:04:05 MST")
	}
	more, less, least, most := "more than ", "less than ", "at least ", "at most "
	if f.Kind == TimeKind {
		more, less, least, most = "after ", "before ", "at or after ", "at or before "
	}
	low, high := "", ""
	if r.Lo != nil {
		if low = least + show(r.Lo); r.LoOpen {
			low = more + show(r.Lo)
		}
	}
	if r.Hi != nil {
		if high = most + show(r.Hi); r.HiOpen {
			high = less + show(r.Hi)
		}
	}
	switch {
	case low == "":
		return high
	case high == "":
		return low
	case !r.LoOpen && !r.HiOpen:
		return "from " + show(r.Lo) + " to " + show(r.Hi)
	}
	return low + " and " + high
}

func explainPipe(p Pipe, zone *time.Location) string {
	switch p := p.(type) {
	case Count:
		return "counts the rows" + explainBy(" by ", p.By)
	case Top:
		return fmt.Sprintf("gives the %d most frequent values of %s", p.N, p.Field)
	case Timechart:
		out := "draws " + explainAgg(p.Agg) + " over time"
		if p.Span > 0 {
			out += " in steps of " + printSpan(p.Span)
		}
		if p.By != nil {
			out += ", split by " + p.By.String()
		}
		return out
	case Stats:
		parts := make([]string, len(p.Aggs))
		for i, a := range p.Aggs {
			if parts[i] = explainAgg(a); a.As != a.name() {
				parts[i] += " as " + a.As
			}
		}
		return "gives " + listed(parts) + explainBy(" for each ", p.By)
	case Dedup:
		return "keeps one row" + explainBy(" for each ", p.By)
	case Sort:
		parts := make([]string, len(p.By))
		for i, k := range p.By {
			if parts[i] = k.Field.String(); k.Desc {
				parts[i] += " (largest first)"
			}
		}
		return "sorts by " + strings.Join(parts, ", then ")
	case Fields:
		return "shows " + listed(names(p.Of))
	case Head:
		if p.N == 1 {
			return "keeps the first row"
		}
		return "keeps the first " + strconv.Itoa(p.N) + " rows"
	case Filter:
		return "keeps rows where " + explain(p.Where, zone)
	}
	return ""
}

func explainAgg(a Agg) string {
	if a.Func == FuncCount {
		return "the number of rows"
	}
	return "the " + map[Func]string{
		FuncSum: "sum", FuncAvg: "average", FuncMin: "smallest value", FuncMax: "largest value", FuncDC: "number of different values",
		FuncFirst: "oldest value", FuncLast: "newest value", FuncMedian: "median", FuncP95: "95th percentile", FuncP99: "99th percentile",
	}[a.Func] + " of " + a.Field.String()
}

func explainBy(with string, by []Field) string {
	if len(by) == 0 {
		return ""
	}
	return with + listed(names(by))
}

func names(of []Field) []string {
	out := make([]string, len(of))
	for i, f := range of {
		out[i] = f.String()
	}
	return out
}

func listed(parts []string) string {
	if n := len(parts); n > 1 {
		return strings.Join(parts[:n-1], ", ") + " and " + parts[n-1]
	}
	return strings.Join(parts, "")
}
