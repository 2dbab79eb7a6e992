package sigma

import (
	"encoding/base64"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// windash replaces dashes at word starts by any of the five characters that
// Windows programs take for one (pySigma: \B[-/]\b).
func windash(parts []part) []part {
	var out []part
	before := rune(0) // the character before, 0 at the start
	for i, p := range parts {
		if p.wild != 0 {
			out = append(out, p)
			before = 0
			continue
		}
		from := 0
		for at, r := range p.lit {
			after, n := utf8.DecodeRuneInString(p.lit[at+utf8.RuneLen(r):])
			if n == 0 && i+1 < len(parts) {
				after = ' '
			}
			if strings.ContainsRune(dashes, r) && !isWord(before) && isWord(after) {
				if at > from {
					out = append(out, part{lit: p.lit[from:at]})
				}
				out = append(out, part{wild: anyDash})
				from = at + utf8.RuneLen(r)
			}
			before = r
		}
		if from < len(p.lit) {
			out = append(out, part{lit: p.lit[from:]})
		}
	}
	return out
}

func isWord(r rune) bool {
	return r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}

// maxDashes bounds how many dashes are spelled out before an encoding: 5^4 variants.
const maxDashes = 4

// spellDashes gives the variants of a value with each windash spelled out, for
// encodings, which see bytes and no alternatives.
func spellDashes(parts []part) ([][]part, bool) {
	variants, n := [][]part{nil}, 0
	for _, p := range parts {
		choices := []part{p}
		if p.wild == anyDash {
			if n++; n > maxDashes {
				return nil, false
			}
			choices = choices[:0]
			for _, d := range dashes {
				choices = append(choices, part{lit: string(d)})
			}
		}
		var next [][]part
		for _, v := range variants {
			for _, c := range choices {
				next = append(next, append(v[:len(v):len(v)], c))
			}
		}
		variants = next
	}
	return variants, true
}

// encodeUTF16 writes the literal parts as UTF-16; wildcards stay.
func encodeUTF16(parts []part, bigEndian, mark bool) []part {
	var out []part
	if mark {
		out = append(out, part{lit: "\xff\xfe"})
	}
	for _, p := range parts {
		if p.wild == 0 {
			var b strings.Builder
			for _, u := range utf16.Encode([]rune(p.lit)) {
				if bigEndian {
					b.Write([]byte{byte(u >> 8), byte(u)})
				} else {
					b.Write([]byte{byte(u), byte(u >> 8)})
				}
			}
			p.lit = b.String()
		}
		out = append(out, p)
	}
	return out
}

// plain returns the text of a value without wildcards.
func plain(parts []part) (string, bool) {
	var b strings.Builder
	for _, p := range parts {
		if p.wild != 0 {
			return "", false
		}
		b.WriteString(p.lit)
	}
	return b.String(), true
}

// base64Offsets gives the three forms that a value can have inside a longer
// base64 text, without the characters that neighbours have a part in (Sigma
// 2.1, modifier base64offset; the cuts are pySigma's).
func base64Offsets(s string) []string {
	var out []string
	for shift, start := range [3]int{0, 2, 3} {
		enc := base64.StdEncoding.EncodeToString([]byte(strings.Repeat(" ", shift) + s))
		cut := [3]int{0, 3, 2}[(len(s)+shift)%3]
		if start < len(enc)-cut {
			out = append(out, enc[start:len(enc)-cut])
		}
	}
	return out
}
