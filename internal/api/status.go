package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/tocsin-project/tocsin/internal/auth"
	"github.com/tocsin-project/tocsin/internal/record"
)

// Alarm is something about ourselves that needs attention.
type Alarm struct {
	Kind  string `json:"kind"`
	Text  string `json:"text"`
	Since string `json:"since"`
}

// Status tells how the system itself is doing.
type Status struct {
	Version string `json:"version"`
	Journal struct {
		LagBatches uint64  `json:"lag_batches"`
		LagSeconds float64 `json:"lag_seconds"`
		Bytes      uint64  `json:"bytes"`
		MaxBytes   uint64  `json:"max_bytes"`
		Failing    bool    `json:"failing"`
	} `json:"journal"`
	Store struct {
		HotRows   int64  `json:"hot_rows"`
		Segments  int    `json:"segments"`
		Bytes     int64  `json:"bytes"`
		LastError string `json:"last_error"`
		// Unreadable counts segments whose file is missing or damaged.
		Unreadable int `json:"unreadable"`
	} `json:"store"`
	Disk struct {
		Free  uint64 `json:"free"`
		Total uint64 `json:"total"`
		State string `json:"state" enum:"ok,low,full"`
	} `json:"disk"`
	Rules struct {
		Loaded   int `json:"loaded"`
		Rejected int `json:"rejected"`
	} `json:"rules"`
	Alarms []Alarm `json:"alarms"`
}

func (s *Server) status(r *Router) {
	handle(r, "GET", "/api/v1/status", auth.StatusRead, "How the system itself is doing", func(ctx context.Context, _ *none) (*body[Status], error) {
		return answer(s.Status(ctx))
	})
	r.Raw("GET", "/api/v1/feed", auth.SignedIn, http.HandlerFunc(s.feed))
}

// feedPing keeps proxies from closing an idle stream.
const feedPing = 20 * time.Second

// feed streams the record's kinds and subjects as server-sent events, so that
// screens know what to read again. It holds no content of cases.
func (s *Server) feed(w http.ResponseWriter, q *http.Request) {
	a := auth.From(q.Context())
	h := s.DB.For(a.Tenant, a.ID())
	ctl := http.NewResponseController(w)
	_ = ctl.SetWriteDeadline(time.Time{})
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no")
	after, err := strconv.ParseInt(q.Header.Get("Last-Event-ID"), 10, 64)
	if err != nil {
		rows, err := record.List(q.Context(), h, record.Filter{Limit: 1, Newest: true})
		if err != nil {
			return
		}
		if len(rows) > 0 {
			after = rows[0].Seq
		}
	}
	fmt.Fprint(w, "retry: 2000\n\n")
	if ctl.Flush() != nil {
		return
	}
	for {
		changed := s.Record.Changed()
		rows, err := record.List(q.Context(), h, record.Filter{After: after, Limit: 500})
		if err != nil {
			return
		}
		for _, r := range rows {
			b, _ := json.Marshal(map[string]any{"seq": r.Seq, "kind": r.Kind, "subject": r.Subject, "subject_id": r.SubjectID})
			fmt.Fprintf(w, "id: %d\ndata: %s\n\n", r.Seq, b)
			after = r.Seq
		}
		if len(rows) > 0 && ctl.Flush() != nil {
			return
		}
		if len(rows) == 500 {
			continue
		}
		t := time.NewTimer(feedPing)
		select {
		case <-q.Context().Done():
			t.Stop()
			return
		case <-changed:
			t.Stop()
		case <-t.C:
			fmt.Fprint(w, ": still here\n\n")
			if ctl.Flush() != nil {
				return
			}
		}
	}
}
