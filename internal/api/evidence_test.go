package api_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-project/tocsin/internal/apptest"
	"github.com/tocsin-project/tocsin/internal/auth"
	"github.com/tocsin-project/tocsin/internal/cases"
	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/evidence"
	"github.com/tocsin-project/tocsin/internal/evidence/bundle"
	"github.com/tocsin-project/tocsin/internal/record"
)

// event stores one event of the world's tenant, now.
func (w *world) event(text string) event.ID {
	w.t.Helper()
	store := w.s.Parts.Events
	seq := store.Applied() + 1
	e := event.Event{Tenant: w.tenant, Time: time.Now().UnixNano(), Pos: event.Position{Seq: seq}, Message: text, Raw: []byte(text), RawSHA256: sha256.Sum256([]byte(text))}
	e.Received, e.ID = e.Time, event.PositionID(w.tenant, e.Time, e.Pos)
	if err := store.Append([]event.Event{e}, seq); err != nil {
		w.t.Fatal(err)
	}
	if err := store.Flush(); err != nil {
		w.t.Fatal(err)
	}
	return e.ID
}

// sealedEvent is one that taking a snapshot need not seal, which is an entry of
// the record by itself.
func (w *world) sealedEvent() event.ID {
	w.t.Helper()
	id := w.event("a line")
	if err := w.s.Parts.Events.Seal(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	return id
}

func (w *world) evidence() evidence.Item {
	w.t.Helper()
	i, err := w.s.Parts.Evidence.Take(w.t.Context(), w.handle(), evidence.Request{CaseID: w.caseAt(cases.Reported).ID, Title: "zebra snapshot", IDs: []event.ID{w.event("zebra line")}})
	if err != nil {
		w.t.Fatal(err)
	}
	return i
}

type evidenceAnswer struct {
	ID, Title, Q, From, SHA256, Hold string
	CaseID                           string `json:"case_id"`
	Events, Segments                 int
	Pending                          bool
	Bytes                            int64
	ByName                           string `json:"by_name"`
	Copies                           []struct {
		Where, Checked string
		OK             bool
	}
	Custody []struct {
		Act, Detail string
		ByName      string `json:"by_name"`
	}
	Verified *struct {
		OK     bool
		Detail string
	}
}

func TestEvidenceFromTakingToTheCheckElsewhere(t *testing.T) {
	s := apptest.Start(t, "", nil)
	w := firstWorld(t, s)
	c := w.caseAt(cases.Reported)
	for n := range 3 {
		w.event(fmt.Sprintf("Failed password for root, try %d", n))
	}
	w.event("something else")
	path := "/api/v1/cases/" + c.ID + "/evidence"
	ann := s.SignIn(t, "ann", auth.Analyst)
	var made, again evidenceAnswer
	form := object{"title": "Tries at root", "q": "root", "from": "now-1h", "to": "now+1h", "note": "from the bastion"}
	ann.Send(t, "POST", path, form, "Idempotency-Key", "k1").OK(t, &made)
	ann.Send(t, "POST", path, form, "Idempotency-Key", "k1").OK(t, &again)
	if made.ID != again.ID || made.Events != 3 || made.Segments != 1 || made.Pending || made.ByName != "Person ann" || len(made.Copies) != 2 || !made.Copies[1].OK || made.Q != "root" || made.From == "" || len(made.Custody) != 1 || made.Custody[0].Act != "taken" {
		t.Fatalf("%+v, again %s", made, again.ID)
	}
	auditor := s.SignIn(t, "aud", auth.Auditor)
	got := auditor.Get(t, "/api/v1/evidence/"+made.ID+"/file")
	got.OK(t, nil)
	if got.Header.Get("Content-Type") != "application/zip" || !strings.Contains(got.Header.Get("Content-Disposition"), "evidence-"+c.Label()+"-"+made.ID+".zip") || fmt.Sprintf("%x", sha256.Sum256([]byte(got.Body))) != made.SHA256 {
		t.Errorf("%v", got.Header)
	}
	r := bundle.Verify([]byte(got.Body), bundle.Trust{Key: s.Parts.Keys.Public})
	if len(r.Findings) > 0 || r.Events != 3 || r.Pending != 0 || r.Manifest.TakenBy.Name != "Person ann" || r.Manifest.Case != c.Label() {
		t.Errorf("%+v", r)
	}
	var checked, read evidenceAnswer
	auditor.Send(t, "POST", "/api/v1/evidence/"+made.ID+"/verify", nil).OK(t, &checked)
	if checked.Verified == nil || !checked.Verified.OK {
		t.Errorf("%+v", checked)
	}
	auditor.Get(t, "/api/v1/evidence/"+made.ID).OK(t, &read)
	var acts []string
	for _, x := range read.Custody {
		acts = append(acts, x.Act+" by "+x.ByName)
	}
	if got, want := strings.Join(acts, ", "), "taken by Person ann, downloaded by Person aud, verified by Person aud, read by Person aud"; got != want {
		t.Errorf("custody: %s, want %s", got, want)
	}
	rows, err := record.List(t.Context(), w.handle(), record.Filter{KindPrefix: "evidence.", Limit: 10})
	if err != nil || len(rows) != 3 || rows[0].Kind != "evidence.downloaded" || rows[0].Actor != auditor.Person {
		t.Errorf("%+v, %v", rows, err)
	}
	var all struct{ Items []evidenceAnswer }
	ann.Get(t, path).OK(t, &all)
	if len(all.Items) != 1 || all.Items[0].ID != made.ID || len(all.Items[0].Custody) != 4 {
		t.Errorf("%+v", all)
	}
	if line := ann.Get(t, "/api/v1/cases/"+c.ID+"/timeline").Body; !strings.Contains(line, "Took a snapshot of 3 events as evidence: Tries at root") {
		t.Errorf("the case's timeline does not tell of it: %s", line)
	}
	// Its segments are held until two people release them.
	var holds struct {
		Items []struct {
			ID, Kind   string
			EvidenceID string `json:"evidence_id"`
			Segments   int
		}
	}
	s.Admin.Get(t, "/api/v1/holds").OK(t, &holds)
	held := false
	for _, h := range holds.Items {
		held = held || h.ID == made.Hold && h.Kind == "evidence" && h.EvidenceID == made.ID && h.Segments == 1
	}
	if !held {
		t.Errorf("%+v", holds)
	}
	var released struct{ Change *struct{ State string } }
	s.Admin.Send(t, "POST", "/api/v1/holds/"+made.Hold+"/release", object{"reason": "it is settled"}).OK(t, &released)
	if released.Change == nil || released.Change.State != "pending" {
		t.Errorf("%+v", released)
	}
	// A damaged copy is named.
	file := filepath.Join(s.Dir, "evidence-copy", "1", made.SHA256[:2], made.SHA256)
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	auditor.Send(t, "POST", "/api/v1/evidence/"+made.ID+"/verify", nil).OK(t, &checked)
	if checked.Verified.OK || checked.Copies[1].OK || !checked.Copies[0].OK || !strings.Contains(checked.Verified.Detail, "second copy") {
		t.Errorf("%+v", checked)
	}
}

func TestWhatIsNoSnapshotIsRefused(t *testing.T) {
	s := apptest.Start(t, "", nil)
	w := firstWorld(t, s)
	path := "/api/v1/cases/" + w.caseAt(cases.Reported).ID + "/evidence"
	for name, x := range map[string]struct {
		form   object
		status int
		says   string
	}{
		"neither time nor events":      {object{"title": "x", "q": "root"}, 422, "from when"},
		"no time":                      {object{"title": "x", "from": "yesterday", "to": "now"}, 422, "from must be a time"},
		"a time that ends before":      {object{"title": "x", "from": "now", "to": "now-1h"}, 422, "ends before"},
		"a query that cannot be read":  {object{"title": "x", "q": "(", "from": "now-1h", "to": "now"}, 422, ""},
		"pipes":                        {object{"title": "x", "q": "a | count", "from": "now-1h", "to": "now"}, 422, "condition"},
		"nothing found":                {object{"title": "x", "q": "nowhere", "from": "now-1h", "to": "now"}, 422, "nothing to keep"},
		"what is no event":             {object{"title": "x", "event_ids": []string{"hello"}}, 422, "not the id"},
		"an event that is not there":   {object{"title": "x", "event_ids": []string{strings.Repeat("0", 32)}}, 404, "1 of the 1"},
		"without a title":              {object{"from": "now-1h", "to": "now"}, 422, "title"},
		"with a title that is nothing": {object{"title": "", "from": "now-1h", "to": "now"}, 422, "title"},
	} {
		if p := s.Admin.Send(t, "POST", path, x.form).Problem(t, x.status); !strings.Contains(p.Detail, x.says) {
			t.Errorf("%s: %s", name, p.Detail)
		}
	}
	s.Admin.Send(t, "POST", "/api/v1/cases/absent/evidence", object{"title": "x", "from": "now-1h", "to": "now"}).Problem(t, 404)
	s.Admin.Get(t, "/api/v1/evidence/absent").Problem(t, 404)
	s.Admin.Get(t, "/api/v1/evidence/absent/file").Problem(t, 404)
}
