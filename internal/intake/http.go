package intake

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/tocsin-project/tocsin/internal/journal"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// Limits of one HTTP request.
const (
	maxBody       = 32 << 20 // after decompression
	maxPerRequest = 50_000   // records
	appendTimeout = 25 * time.Second
)

// HTTP receives POST /ingest/{source}: a JSON object, an array, objects one
// after the other (NDJSON), or plain lines, gzipped or not, whatever the
// Content-Type says. It answers when the journal has the request on disk.
//
// With an Idempotency-Key the request has an identity: the same request sent
// again within an hour is not stored again. Its events' ids come from the key,
// so that two copies sent further apart are recognisable when their messages
// carry a time of their own; they are both stored.
type HTTP struct {
	// Authorize tells whose the source is, by the request's token.
	Authorize func(r *http.Request, source string) (tenant.ID, error)
	// Fail writes a problem as the API does.
	Fail      func(w http.ResponseWriter, r *http.Request, err error)
	Sink      Sink
	Exercises *Exercises
	Metrics   *Metrics
	Now       func() time.Time
}

// Answer is the body of a successful answer.
type Answer struct {
	Accepted int `json:"accepted"`
}

func (h *HTTP) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n, err := h.take(r)
	if err != nil {
		if problem.Is(err, problem.Unavailable) {
			w.Header().Set("Retry-After", "5")
		}
		h.Fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	_ = json.NewEncoder(w).Encode(Answer{Accepted: n})
}

func (h *HTTP) take(r *http.Request) (int, error) {
	source := r.PathValue("source")
	t, err := h.Authorize(r, source)
	if err != nil {
		return 0, err
	}
	body, err := readBody(r)
	if err != nil {
		return 0, err
	}
	messages := split(body)
	if len(messages) > maxPerRequest {
		return 0, problem.New(problem.TooLarge, "A request may hold at most %d records; this one has %d. Nothing was taken; send it in parts.", maxPerRequest, len(messages))
	}
	key := r.Header.Get("Idempotency-Key")
	if len(key) > 200 {
		return 0, problem.New(problem.Invalid, "Idempotency-Key may have at most 200 characters.")
	}
	now, peer := h.Now().UnixNano(), ""
	if a, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		peer = host(a)
	}
	records := make([]journal.Record, 0, len(messages))
	for i, m := range messages {
		rec := journal.Record{Tenant: t, Received: now, Source: source, Transport: "http", Peer: peer, Exercise: h.Exercises.Of(m), Raw: m}
		if len(m) > MaxMessage {
			rec.Raw, rec.Truncated = m[:MaxMessage:MaxMessage], true
		}
		if key != "" {
			rec.Identity = fmt.Sprintf("%s\x00%s\x00%d", source, key, i)
		}
		records = append(records, rec)
	}
	sum := sha256.Sum256(body)
	ctx, cancel := context.WithTimeout(r.Context(), appendTimeout)
	defer cancel()
	for i := 0; i < len(records); {
		end, bytes := i, 0
		for end < len(records) && end-i < 5000 && (end == i || bytes+len(records[end].Raw) < 4<<20) {
			bytes += len(records[end].Raw)
			end++
		}
		id := ""
		if key != "" {
			// The content is part of it: another body under a used key is stored.
			id = fmt.Sprintf("%s/%s/%s/%d/%x", t, source, key, i, sum[:8])
		}
		if err := h.Sink.Append(ctx, records[i:end], id); err != nil {
			return 0, err
		}
		i = end
	}
	h.Metrics.took("http", records)
	return len(records), nil
}

func readBody(r *http.Request) ([]byte, error) {
	var in io.Reader = http.MaxBytesReader(nil, r.Body, maxBody)
	switch enc := strings.ToLower(r.Header.Get("Content-Encoding")); enc {
	case "", "identity":
	case "gzip", "x-gzip":
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, problem.Wrap(problem.Invalid, err, "The body is not gzip, though Content-Encoding says so. Nothing was taken.")
		}
		in = z
	default:
		return nil, problem.New(problem.Unprocessable, "Content-Encoding %q is not read here. Use gzip or none.", enc)
	}
	body, err := io.ReadAll(io.LimitReader(in, maxBody+1))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge || len(body) > maxBody {
		return nil, problem.New(problem.TooLarge, "The body is larger than %d MB after decompression. Nothing was taken; send it in parts.", maxBody>>20)
	}
	if err != nil {
		return nil, problem.Wrap(problem.Invalid, err, "The body ends before it should, or its gzip is broken. Nothing was taken; send it again.")
	}
	return body, nil
}

// split finds the records of a body. JSON values are cut where they end, so
// that pretty-printed ones stay whole; from the first byte that is not JSON on,
// lines are records. Every byte but white space and the commas and brackets of
// an outer array ends up in a record.
func split(body []byte) [][]byte {
	rest := bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")))
	var out [][]byte
	if len(rest) > 1 && rest[0] == '[' {
		if members, ok := splitArray(rest); ok {
			return members
		}
	}
	for len(rest) > 0 && rest[0] == '{' {
		n := valueEnd(rest)
		if n == 0 || n < len(rest) && !bytes.ContainsRune([]byte(" \t\r\n{,"), rune(rest[n])) {
			break
		}
		out = append(out, rest[:n:n])
		rest = bytes.TrimLeft(rest[n:], " \t\r\n,")
	}
	for len(rest) > 0 {
		line, after, _ := bytes.Cut(rest, []byte("\n"))
		if line = bytes.TrimRight(line, "\r\x00"); len(bytes.TrimSpace(line)) > 0 {
			out = append(out, line[:len(line):len(line)])
		}
		rest = after
	}
	return out
}

func splitArray(b []byte) ([][]byte, bool) {
	if n := valueEnd(b); n != len(b) {
		return nil, false
	}
	var out [][]byte
	rest := bytes.TrimSpace(b[1 : len(b)-1])
	for len(rest) > 0 {
		n := valueEnd(rest)
		if n == 0 { // a number, a word: up to the comma
			if n = bytes.IndexByte(rest, ','); n < 0 {
				n = len(rest)
			}
		}
		if v := bytes.TrimSpace(rest[:n]); len(v) > 0 {
			out = append(out, v[:len(v):len(v)])
		}
		rest = bytes.TrimLeft(rest[n:], " \t\r\n,")
	}
	return out, true
}

// valueEnd returns where the JSON object, array or string at the start of b
// ends, 0 when it does not. It counts brackets and knows strings; depth costs
// nothing, so that no nesting can exhaust the stack.
func valueEnd(b []byte) int {
	depth := 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '"':
			for i++; i < len(b) && b[i] != '"'; i++ {
				if b[i] == '\\' {
					i++
				}
			}
			if i >= len(b) {
				return 0
			}
			if depth == 0 {
				return i + 1
			}
		case '{', '[':
			depth++
		case '}', ']':
			depth--
			if depth <= 0 {
				return i + 1
			}
		default:
			if depth == 0 {
				return 0
			}
		}
	}
	return 0
}
