package sigma

import "strings"

// quoted reads the quoted scalar that s starts with and counts its bytes; none
// when it does not end on the line or has an escape beyond the simple ones.
func quoted(s string) (text string, size int) {
	if s[0] == '"' {
		return doubleQuoted(s)
	}
	for i, doubled := 1, false; ; {
		end := strings.IndexByte(s[i:], '\'')
		if end < 0 {
			return "", 0
		}
		i += end + 1
		if i < len(s) && s[i] == '\'' {
			doubled = true
			i++
			continue
		}
		text = s[1 : i-1]
		if doubled {
			text = strings.ReplaceAll(text, "''", "'")
		}
		return text, i
	}
}

func doubleQuoted(s string) (text string, size int) {
	i := 1
	for i < len(s) && s[i] != '"' && s[i] != '\\' {
		i++
	}
	if i < len(s) && s[i] == '"' {
		return s[1:i], i + 1
	}
	out := []byte(s[1:i])
	for ; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return string(out), i + 1
		case c != '\\':
			out = append(out, c)
		default:
			i++
			if i == len(s) {
				return "", 0
			}
			from := strings.IndexByte(`0abtnvfre "/\`, s[i])
			if from < 0 {
				return "", 0
			}
			out = append(out, "\x00\a\b\t\n\v\f\r\x1b \"/\\"[from])
		}
	}
	return "", 0
}

// blockText reads a literal or folded scalar, whose indicator is here, and the
// lines it has. The folding is the library's, step by step.
func (r *plainReader) blockText(delim int) string {
	header := strings.TrimRight(r.text[r.at:r.end], " ")
	folded, chomp := header[0] == '>', header[1:]
	if chomp != "" && chomp != "-" && chomp != "+" {
		r.giveUp()
		return ""
	}
	var out []byte
	indent := 0              // the column of the text
	before, lastText := 0, 0 // where the last line starts (0 when blank), and the last one that is not blank
	fold := false            // the newline before may become a space
	for r.advance(); !r.over; r.advance() {
		column, blank := r.at-r.start+1, r.at == r.end
		switch {
		case !blank && indent > 0 && column < indent:
			return chomped(out, chomp)
		case !blank && indent == 0 && column > delim:
			indent = column
		case indent == 0 && column > 1 || indent == 0 && !blank:
			r.giveUp() // no text, or spaces before it
		}
		if r.end == len(r.text) { // the library reads a last line without newline differently
			r.giveUp()
		}
		if r.odd {
			return ""
		}
		if deeper := column - indent; indent > 0 && deeper > 0 {
			out = append(out, r.text[r.at-deeper:r.at]...)
			fold = false
		}
		if blank {
			column = 0
		} else if folded && fold {
			out = foldInto(out, column, before, lastText)
		}
		out = append(out, r.text[r.at:r.end]...)
		out = append(out, '\n')
		before, fold = column, true
		if !blank {
			lastText = column
		}
	}
	if indent == 0 {
		r.giveUp()
	}
	return chomped(out, chomp)
}

// foldInto joins a line that starts at column to the folded text before it.
func foldInto(out []byte, column, before, lastText int) []byte {
	switch {
	case len(out) > 0 && column == before:
		out[len(out)-1] = ' '
	case before == 0 && lastText == column && len(out) > 1 && out[len(out)-2] == '\n':
		out = out[:len(out)-1]
	}
	return out
}

// chomped ends a block's text as its indicator asks.
func chomped(text []byte, chomp string) string {
	switch s := string(text); chomp {
	case "+":
		return s
	case "-":
		return strings.TrimRight(strings.TrimRight(s, "\n"), " ")
	default:
		return strings.TrimRight(s, "\n") + "\n"
	}
}
