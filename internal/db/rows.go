package db

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/tocsin-project/tocsin/internal/problem"
)

// Scanner is a row under a cursor or a single row.
type Scanner interface{ Scan(dest ...any) error }

// Select runs a query and scans each row.
func Select[T any](ctx context.Context, q Querier, scan func(Scanner) (T, error), query string, args ...any) ([]T, error) {
	rows, err := q.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

// One runs a query for one row; absent gives a NotFound problem that names what.
func One[T any](ctx context.Context, q Querier, what string, scan func(Scanner) (T, error), query string, args ...any) (T, error) {
	v, err := scan(q.QueryRow(ctx, query, args...))
	if errors.Is(err, sql.ErrNoRows) {
		return v, problem.New(problem.NotFound, "No such %s.", what)
	}
	return v, err
}

// Changed turns "no row changed" of a versioned update into a Stale problem.
func Changed(n int64, err error, what string) error {
	if err == nil && n == 0 {
		return problem.New(problem.Stale, "Somebody changed this %s in the meantime. Load it again and repeat the change.", what)
	}
	return err
}

// JSON encodes a document for a text column. It panics on what cannot be
// encoded, which only a programming error can be.
func JSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("db.JSON: %v", err))
	}
	return string(b)
}

// FromJSON decodes a document from a text column; "" leaves v as it is.
func FromJSON(s string, v any) error {
	if s == "" {
		return nil
	}
	return json.Unmarshal([]byte(s), v)
}

var idText = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// NewID makes an id for a row: 26 characters that sort by time (ms) and end in
// 80 random bits.
func NewID(now time.Time) string {
	var b [16]byte
	ms := uint64(now.UnixMilli())
	for i := range 6 {
		b[i] = byte(ms >> (40 - 8*i))
	}
	rand.Read(b[6:])
	return idText.EncodeToString(b[:])
}
