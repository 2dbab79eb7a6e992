package api_test

import (
	"context"
	"crypto/sha256"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/tocsin-project/tocsin/internal/app"
	"github.com/tocsin-project/tocsin/internal/apptest"
	"github.com/tocsin-project/tocsin/internal/auth"
	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/retention"
)

// withTier gives a server a tier that is a directory.
func withTier(t testing.TB) func(*app.Config) {
	dir := t.TempDir()
	return func(c *app.Config) { c.Tier.Directory = dir }
}

const s3AccessKey, s3SecretKey = "AKIA-access-for-tests", "secret-key-for-tests"

// withBucket gives a server a tier that is an S3 bucket.
func withBucket(t testing.TB) func(*app.Config) {
	back := s3mem.New()
	if err := back.CreateBucket("events"); err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(gofakes3.New(back).Server())
	t.Cleanup(srv.Close)
	return func(c *app.Config) {
		x := &c.Tier.S3
		x.Endpoint, x.Bucket, x.Region, x.AccessKey, x.SecretKey, x.PlainHTTP = strings.TrimPrefix(srv.URL, "http://"), "events", "us-east-1", s3AccessKey, s3SecretKey, true
	}
}

// segment seals one event of the world's tenant and returns the segment's id.
func (w *world) segment() string {
	w.t.Helper()
	store := w.s.Parts.Events
	seq := store.Applied() + 1
	e := event.Event{Tenant: w.tenant, Time: time.Now().UnixNano(), Pos: event.Position{Seq: seq}, Message: w.name("sealed"), Raw: []byte("x"), RawSHA256: sha256.Sum256([]byte("x"))}
	e.Received, e.ID = e.Time, event.PositionID(w.tenant, e.Time, e.Pos)
	if err := store.Append([]event.Event{e}, seq); err != nil {
		w.t.Fatal(err)
	}
	if err := store.Seal(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	for _, g := range w.s.Parts.Segments.Segments() {
		if g.MinSeq == seq {
			return g.ID
		}
	}
	w.t.Fatal("no segment was sealed")
	return ""
}

func (w *world) hold() string {
	w.t.Helper()
	var h retention.Hold
	w.tx(func(ctx context.Context, tx *db.Tx) (err error) {
		h, err = w.s.Parts.Retention.Place(ctx, tx, retention.Hold{Query: "user.name:root", Reason: "a lawsuit"})
		return err
	})
	return h.ID
}

// shortening makes a class and asks, in somebody's name, to shorten it.
func (w *world) shortening(by string) string {
	w.t.Helper()
	var c retention.Change
	name := w.name("class")
	err := w.s.Parts.DB.For(w.tenant, by).Tx(w.t.Context(), func(tx *db.Tx) (err error) {
		for _, d := range []int64{90, 30} {
			c, err = w.s.Parts.Retention.Request(w.t.Context(), tx, retention.Request{Kind: retention.ChangeClass, Class: retention.Class{Name: name, Days: d}, Reason: "the contract says so"})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return c.ID
}

// until asks again until what it wants is there.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not within 20 s", what)
		}
	}
}

type retentionAnswer struct {
	Classes []struct {
		Name     string
		Days     int64
		Events   int64
		Segments int
		Held     int `json:"held_segments"`
	}
	Assignments []struct {
		ID, Source, Class string
	}
	Changes []struct {
		ID, Kind, State, Detail string
		Before, After           any
	}
	Tier struct{ Kind string }
	Disk struct {
		Free  uint64
		State string
		Plan  string
	}
}

func TestRetentionIsShortenedByTwoPeople(t *testing.T) {
	s := apptest.Start(t, "", func(c *app.Config) { c.Retention.Delay = 0 })
	second := s.SignIn(t, "second", auth.Manager)
	reader := s.SignIn(t, "reader", auth.Auditor)
	read := func() (v retentionAnswer) { reader.Get(t, "/api/v1/retention").OK(t, &v); return v }
	if v := read(); len(v.Classes) != 1 || v.Classes[0].Name != "default" || v.Tier.Kind != "none" || v.Disk.Plan == "" {
		t.Fatalf("%+v", v)
	}
	var c struct {
		ID, State string
		Shortens  bool
	}
	ask := func(body object) {
		t.Helper()
		body["reason"] = "the contract says so"
		s.Admin.Send(t, "POST", "/api/v1/retention/changes", body).OK(t, &c)
	}
	ask(object{"kind": "class", "name": "long", "days": 400})
	if c.State != "applied" || c.Shortens {
		t.Fatalf("%+v", c)
	}
	ask(object{"kind": "class", "name": "default", "days": 30})
	if c.State != "pending" || !c.Shortens {
		t.Fatalf("%+v", c)
	}
	s.Admin.Send(t, "POST", "/api/v1/retention/changes/"+c.ID+"/approve", nil).Problem(t, 403)
	reader.Send(t, "POST", "/api/v1/retention/changes/"+c.ID+"/approve", nil).Problem(t, 403)
	second.Send(t, "POST", "/api/v1/retention/changes/"+c.ID+"/approve", nil).OK(t, nil)
	until(t, "the change takes effect", func() bool { v := read(); return v.Classes[0].Days == 30 && v.Changes[0].State == "applied" })
	// A source is removed the same way; its token ends with it.
	var made struct{ Token string }
	s.Admin.Send(t, "POST", "/api/v1/sources", object{"name": "fw"}).OK(t, &made)
	source := s.WithToken(made.Token)
	source.Send(t, "POST", "/ingest/fw", object{"message": "hello"}).OK(t, nil)
	ask(object{"kind": "assignment", "source": "fw", "class": "long"})
	if c.State != "applied" {
		t.Fatalf("%+v", c)
	}
	if got := s.Parts.Retention.Classes.Of(1, "fw", "x"); got != "long" {
		t.Errorf("events of fw go to %s", got)
	}
	ask(object{"kind": "source_removal", "source": "fw"})
	second.Send(t, "POST", "/api/v1/retention/changes/"+c.ID+"/approve", nil).OK(t, nil)
	until(t, "the source is gone", func() bool {
		var page struct{ Items []struct{ Name string } }
		s.Admin.Get(t, "/api/v1/sources").OK(t, &page)
		for _, x := range page.Items {
			if x.Name == "fw" {
				return false
			}
		}
		return source.Send(t, "POST", "/ingest/fw", object{"message": "hello"}).Status == 401
	})
	if kinds := read().Changes; len(kinds) != 4 || kinds[0].Detail != "Remove the source fw" {
		t.Errorf("%+v", kinds)
	}
}

type holdAnswer struct {
	ID, Kind, Q string
	CaseID      string `json:"case_id"`
	CaseNumber  string `json:"case_number"`
	ReleasedAt  string `json:"released_at"`
	Segments    int
	From, To    string
}

func TestOpeningACaseHoldsEvents(t *testing.T) {
	s := apptest.Start(t, "", func(c *app.Config) { c.Retention.Delay = 0 })
	w := firstWorld(t, s)
	id := w.segment()
	holds := func() (page struct{ Items []holdAnswer }) { s.Admin.Get(t, "/api/v1/holds").OK(t, &page); return page }
	var made struct{ ID, Number string }
	s.Admin.Send(t, "POST", "/api/v1/cases", object{"title": "odd things"}).OK(t, &made)
	until(t, "the hold", func() bool { return len(holds().Items) == 1 })
	h := holds().Items[0]
	if h.Kind != "case" || h.CaseNumber != made.Number || h.Segments != 1 || h.From == "" {
		t.Fatalf("%+v", h)
	}
	var page struct {
		Items []struct {
			ID, State, Tier string
			Holds           []struct{ ID string }
		}
	}
	s.Admin.Get(t, "/api/v1/segments?held=true").OK(t, &page)
	if len(page.Items) != 1 || page.Items[0].ID != id || len(page.Items[0].Holds) != 1 || page.Items[0].Tier != "local" || page.Items[0].State != "ok" {
		t.Fatalf("%+v", page)
	}
	s.Admin.Send(t, "POST", "/api/v1/holds", object{"kind": "case", "case_id": h.CaseID, "reason": "by hand"}).Problem(t, 409)
	var released struct {
		Hold   holdAnswer
		Change *struct{ ID, State string }
	}
	s.Admin.Send(t, "POST", "/api/v1/holds/"+h.ID+"/release", object{"reason": "the case is settled"}).OK(t, &released)
	if released.Change == nil || released.Change.State != "pending" || released.Hold.ReleasedAt != "" {
		t.Fatalf("%+v", released)
	}
	second := s.SignIn(t, "second", auth.Manager)
	second.Send(t, "POST", "/api/v1/retention/changes/"+released.Change.ID+"/approve", nil).OK(t, nil)
	until(t, "the release", func() bool { return holds().Items[0].ReleasedAt != "" })
}

func TestASegmentThatIsMissingIsSaidEverywhere(t *testing.T) {
	s := apptest.Start(t, "", nil)
	w := firstWorld(t, s)
	id := w.segment()
	g := s.Parts.Segments.Segments()[0]
	file := filepath.Join(s.Dir, filepath.FromSlash(g.Path))
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	var v struct {
		Segment struct{ State, Detail string }
		Faults  []struct{ What string }
	}
	s.Admin.Send(t, "POST", "/api/v1/segments/"+id+"/verify", nil).OK(t, &v)
	if v.Segment.State != "missing" || len(v.Faults) == 0 {
		t.Fatalf("%+v", v)
	}
	var page struct {
		Incomplete bool
		Reason     string
	}
	s.Admin.Get(t, "/api/v1/events").OK(t, &page)
	if !page.Incomplete || !strings.Contains(page.Reason, id) {
		t.Errorf("%+v", page)
	}
	var st struct {
		Store  struct{ Unreadable int }
		Disk   struct{ State string }
		Alarms []struct{ Kind, Text string }
	}
	s.Admin.Get(t, "/api/v1/status").OK(t, &st)
	named := false
	for _, a := range st.Alarms {
		named = named || a.Kind == "segment" && strings.Contains(a.Text, id)
	}
	if !named || st.Store.Unreadable != 1 || st.Disk.State == "" {
		t.Errorf("%+v", st)
	}
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	s.Admin.Send(t, "POST", "/api/v1/segments/"+id+"/verify", nil).OK(t, &v)
	if v.Segment.State != "ok" || len(v.Faults) != 0 {
		t.Errorf("%+v", v)
	}
	s.Admin.Send(t, "POST", "/api/v1/segments/"+id+"/restore", nil).Problem(t, 409)
	s.Admin.Send(t, "POST", "/api/v1/segments/unknown/verify", nil).Problem(t, 404)
}

func TestSegmentsAndTombstonesArePaged(t *testing.T) {
	s := apptest.Start(t, "", nil)
	w := firstWorld(t, s)
	var want []string
	for range 5 {
		want = append([]string{w.segment()}, want...)
	}
	var got []string
	for cursor := ""; ; {
		var page struct {
			Items []struct{ ID string }
			Next  string
		}
		s.Admin.Get(t, "/api/v1/segments?limit=2&cursor="+cursor).OK(t, &page)
		for _, g := range page.Items {
			got = append(got, g.ID)
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("%v, want %v", got, want)
	}
	// All are dropped; each leaves a tombstone.
	w.tx(func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, "INSERT INTO retention_class (tenant, name, days, max_bytes, floor_days, updated) VALUES (:tenant, 'default', 0, 1, 0, 0)")
		return err
	})
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	must(s.Parts.DB.System("test").Tx(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(t.Context(), "INSERT INTO journal_offset (name, seq) VALUES ('detected', 1000) ON CONFLICT (name) DO UPDATE SET seq = 1000")
		return err
	}))
	s.Parts.Retention.Pass(t.Context())
	n := 0
	for cursor := ""; ; {
		var page struct {
			Items []struct {
				Segment, Reason, Signature string
				RecordSeq                  int64 `json:"record_seq"`
			}
			Next string
		}
		s.Admin.Get(t, "/api/v1/tombstones?limit=2&cursor="+cursor).OK(t, &page)
		for _, x := range page.Items {
			if n++; x.Reason != "size" || x.RecordSeq == 0 || !strings.Contains(x.Signature, x.Segment) {
				t.Errorf("%+v", x)
			}
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if n != 5 || len(s.Parts.Segments.Segments()) != 0 {
		t.Errorf("%d tombstones, %d segments", n, len(s.Parts.Segments.Segments()))
	}
}
