package eventstore

import (
	"cmp"
	"encoding/hex"
	"math/big"
	"net/netip"
	"strconv"
	"strings"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/query"
)

// asInt reads an integer that the engine gave, whatever its width.
func asInt(v any) int64 {
	switch v := v.(type) {
	case int64:
		return v
	case int32:
		return int64(v)
	case uint8:
		return int64(v)
	case uint64:
		return int64(v)
	case *big.Int:
		return v.Int64()
	case float64:
		return int64(v)
	}
	return 0
}

func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return ""
}

// asValue is a cell as conditions take it.
func asValue(v any) event.Value {
	switch v := v.(type) {
	case string:
		return event.StringValue(v)
	case int64:
		return event.IntValue(v)
	case float64:
		return event.FloatValue(v)
	}
	return event.Value{}
}

// asNumber makes text that is written as a number is a number; "007" stays text.
func asNumber(v any) any {
	s, ok := v.(string)
	if !ok {
		return v
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && strconv.FormatInt(n, 10) == s {
		return n
	}
	if f, ok := query.Number(s); ok && strconv.FormatFloat(f, 'g', -1, 64) == s {
		return f
	}
	return v
}

// numberOf is a cell as functions count with it, as statement.number: int64,
// float64 or nil.
func numberOf(f query.Field, v any) any {
	s, ok := v.(string)
	if !ok {
		return v
	}
	switch f.Kind {
	case query.AddrKind, query.IDKind:
		return nil
	case query.RankKind:
		if r := event.ParseSeverity(s); r != event.SeverityUnknown || s == "unknown" {
			return int64(r)
		}
		return int64(query.OtherSeverity)
	}
	if n, ok := query.Number(s); ok {
		return n
	}
	return nil
}

// sortKey is what rows are ordered by, as statement.sortKey.
type sortKey struct {
	number   float64
	isNumber bool
	text     string
	absent   bool
}

func sortKeyOf(f query.Field, v any) sortKey {
	switch v := v.(type) {
	case int64:
		return sortKey{number: float64(v), isNumber: true}
	case float64:
		return sortKey{number: v, isNumber: true}
	case string:
		switch f.Kind {
		case query.AddrKind:
			a, err := netip.ParseAddr(v)
			if err != nil {
				return sortKey{absent: true}
			}
			b := a.As16()
			return sortKey{text: uuidText(b)}
		case query.RankKind:
			return sortKey{number: float64(numberOf(f, v).(int64)), isNumber: true}
		case query.Native:
			if n, ok := query.Number(v); ok {
				return sortKey{number: n, isNumber: true}
			}
		}
		return sortKey{text: strings.ToLower(v)}
	}
	return sortKey{absent: true}
}

func uuidText(b [16]byte) string {
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// compare puts numbers before text, and what is absent last in both directions.
func (a sortKey) compare(b sortKey, desc bool) int {
	if c := cmp.Compare(a.class(), b.class()); c != 0 {
		return c
	}
	c := cmp.Or(cmp.Compare(a.number, b.number), strings.Compare(a.text, b.text))
	if desc {
		return -c
	}
	return c
}

const (
	numberClass = iota
	textClass
	absentClass
)

func (a sortKey) class() int {
	switch {
	case a.absent:
		return absentClass
	case a.isNumber:
		return numberClass
	}
	return textClass
}

func compareKeys(k query.SortKey, a, b any) int {
	return sortKeyOf(k.Field, a).compare(sortKeyOf(k.Field, b), k.Desc)
}

// compareNumbers compares int64 and float64; two integers exactly.
func compareNumbers(a, b any) int {
	x, isInt := a.(int64)
	y, both := b.(int64)
	if isInt && both {
		return cmp.Compare(x, y)
	}
	return cmp.Compare(asFloat(a), asFloat(b))
}

func asFloat(v any) float64 {
	if n, ok := v.(int64); ok {
		return float64(n)
	}
	f, _ := v.(float64)
	return f
}
