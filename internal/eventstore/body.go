package eventstore

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tocsin-project/tocsin/internal/event"
)

// The body of a row is one text of three parts with NUL between them: the raw
// text, the native fields as a flat JSON object, and the message. They say the
// same things in other words, so that beside each other they take half of the
// room that three columns take, and one scan finds a word in any of them.
//
// A message that the raw text ends with is only the number of its characters;
// any other one stands behind a "=". No part holds a NUL: query.RawText and JSON
// escape it.

// appendBody appends the body of an event. raw is its raw text.
func appendBody(b []byte, e *event.Event, raw string) []byte {
	b = append(append(b, raw...), 0)
	b = append(e.FieldsJSON(b), 0)
	switch {
	case e.Message == "":
	case strings.HasSuffix(raw, e.Message):
		b = strconv.AppendInt(b, int64(utf8.RuneCountInString(e.Message)), 10)
	default:
		b = append(append(b, '='), storedText(e.Message)...)
	}
	return b
}

func storedText(s string) string {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	if strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(s, "\x00", `\x00`)
	}
	return s
}

// splitBody is the reverse of appendBody.
func splitBody(body string) (raw, fields, message string) {
	raw, rest, _ := strings.Cut(body, "\x00")
	fields, rest, _ = strings.Cut(rest, "\x00")
	if text, ok := strings.CutPrefix(rest, "="); ok || rest == "" {
		return raw, fields, text
	}
	n, err := strconv.Atoi(rest)
	if err != nil {
		return raw, fields, ""
	}
	at := len(raw)
	for ; n > 0 && at > 0; n-- {
		_, size := utf8.DecodeLastRuneInString(raw[:at])
		at -= size
	}
	return raw, fields, raw[at:]
}

// derived are the columns that a row has besides its physical ones, as SQL over
// those: what conditions and facets are written in.
const derived = `nullif(split_part(body, chr(0), 1), '') AS raw, split_part(body, chr(0), 2) AS fields, ` +
	`CASE WHEN starts_with(split_part(body, chr(0), 3), '=') THEN substr(split_part(body, chr(0), 3), 2)` +
	` WHEN split_part(body, chr(0), 3) <> '' THEN right(split_part(body, chr(0), 1), TRY_CAST(split_part(body, chr(0), 3) AS BIGINT)) END AS message, ` +
	`coalesce(sent_id, (lpad(to_hex(time // 1000000 & 281474976710655), 12, '0') || left(sha256(unhex(lpad(to_hex(tenant), 16, '0') || '6a' || lpad(to_hex(seq), 16, '0') || lpad(to_hex(idx), 8, '0'))), 20))::UUID) AS id, ` +
	`unhex(sha256(coalesce(raw_exact, encode(split_part(body, chr(0), 1))))) AS raw_sha256`

// undivided gives a file of the first format, which has these columns for
// itself, the physical columns of today.
const undivided = `* EXCLUDE (raw, message, fields, id, raw_sha256), id AS sent_id, coalesce(raw, '') || chr(0) || fields || chr(0) || coalesce('=' || message, '') AS body`
