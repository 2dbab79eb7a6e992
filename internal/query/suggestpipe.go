package query

import "strings"

var pipeHelp = [...][2]string{
	{"count", "number of rows, by fields"}, {"top", "most frequent values of a field"}, {"timechart", "over time"}, {"stats", "sums, averages, distinct values and so on"},
	{"where", "keep rows that meet a condition"}, {"sort", "order rows"}, {"fields", "choose columns"}, {"dedup", "one row for each combination"}, {"head", "keep the first rows"},
}

// inPipe suggests after a "|".
func (s *suggester) inPipe() {
	before := strings.Fields(strings.ReplaceAll(s.segment, ",", " , "))
	if len(before) == 0 {
		for _, p := range pipeHelp {
			if strings.HasPrefix(p[0], strings.ToLower(s.word)) {
				insert := p[0] + " "
				if s.start > 0 && s.text[s.start-1] == '|' {
					insert = " " + insert
				}
				s.add(0, insert, p[0], "pipe", p[1])
			}
		}
		return
	}
	last := strings.ToLower(before[len(before)-1])
	name := strings.ToLower(before[0])
	grouped := false
	for _, w := range before[1:] {
		grouped = grouped || strings.EqualFold(w, "by")
	}
	switch {
	case name == "where":
		s.segment = strings.TrimPrefix(strings.TrimLeft(s.segment, " \t\n\r"), before[0])
		if s.columns == nil {
			s.condition()
			return
		}
		s.where()
	case name == "head":
		for _, n := range []string{"10", "100", "1000"} {
			s.add(0, n, n, "value", "rows")
		}
	case name == "dedup", name == "sort", name == "fields", last == "by", grouped && last == ",":
		word := strings.TrimPrefix(s.word, "-")
		s.fields(len(s.word)-len(word), word, "")
	case name == "top" && (len(before) == 1 || len(before) == 2 && strings.Trim(last, "0123456789") == ""):
		s.fields(0, s.word, "")
	case strings.HasSuffix(strings.TrimRight(s.segment, " "), "(") && (name == "stats" || name == "timechart"):
		s.fields(0, s.word, ")")
	case grouped || last == "as":
	case name == "count":
		s.keywords("by")
	case name == "stats", name == "timechart":
		if name == "timechart" && len(before) == 1 {
			s.spans()
		}
		s.functions()
		if len(before) > 1 && last != "," {
			s.keywords("by", "as")
		} else if name == "timechart" {
			s.keywords("by")
		}
	}
}

// where suggests in a condition on a table, whose words are all columns.
func (s *suggester) where() {
	if name, value, ok := strings.Cut(s.word, ":"); ok {
		for _, c := range s.columns {
			if c.String() == unquoted(name) {
				s.values(c, len(name)+1, value)
			}
		}
		return
	}
	s.fields(0, s.word, ":")
	s.keywords("and", "or", "not")
}

func (s *suggester) spans() {
	for _, span := range []string{"span=1m", "span=5m", "span=15m", "span=1h", "span=1d"} {
		if strings.HasPrefix(span, strings.ToLower(s.word)) {
			s.add(0, span+" ", span, "operator", "length of a step")
		}
	}
}

func (s *suggester) functions() {
	for _, f := range funcs() {
		if !strings.HasPrefix(string(f), strings.ToLower(s.word)) {
			continue
		}
		insert := string(f) + "("
		if f == FuncCount {
			insert = string(f) + " "
		}
		s.add(0, insert, string(f), "pipe", strings.TrimSuffix(explainAgg(Agg{Func: f}), " of "))
	}
}
