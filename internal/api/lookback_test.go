package api_test

import (
	"context"
	"crypto/sha256"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-project/tocsin/internal/alert"
	"github.com/tocsin-project/tocsin/internal/apptest"
	"github.com/tocsin-project/tocsin/internal/auth"
	"github.com/tocsin-project/tocsin/internal/cases"
	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/event"
)

// logins stores failed logins of root on bastion-1, then one that works.
func (w *world) logins(failed int, until time.Time) (ids []event.ID) {
	w.t.Helper()
	store := w.s.Parts.Events
	seq := store.Applied() + 1
	var evs []event.Event
	for n := range failed + 1 {
		e := event.Event{Tenant: w.tenant, Time: until.Add(-time.Duration(failed-n) * time.Second).UnixNano(), Pos: event.Position{Seq: seq, Index: uint32(n)}, SourceType: "linux.sshd", Class: event.Authentication, Outcome: event.Failure, Message: "a login", Raw: []byte("a login"),
			Columns: []event.Column{{ID: event.UserName, Value: event.StringValue("root")}, {ID: event.HostName, Value: event.StringValue("bastion-1")}, {ID: event.SrcIP, Value: event.StringValue("203.0.113.9")}, {ID: event.Action, Value: event.StringValue("logon")}}}
		if n == failed {
			e.Outcome = event.Success
		}
		e.RawSHA256, e.Received, e.ID = sha256.Sum256(e.Raw), e.Time, event.PositionID(w.tenant, e.Time, e.Pos)
		evs, ids = append(evs, e), append(ids, e.ID)
	}
	if err := store.Append(evs, seq); err != nil {
		w.t.Fatal(err)
	}
	if err := store.Flush(); err != nil {
		w.t.Fatal(err)
	}
	return ids
}

func TestALookBackAndWhatIsKeptOfIt(t *testing.T) {
	s := apptest.Start(t, "", nil)
	w := firstWorld(t, s)
	raised := time.Now().Add(-time.Hour)
	ids := w.logins(3, raised)
	w.logins(2, raised.Add(-48*time.Hour))
	w.tx(func(ctx context.Context, tx *db.Tx) error {
		return alert.New(s.Parts.Record, time.Now).Raise(ctx, tx, []alert.Finding{{Fingerprint: "f", Kind: "rule", Rule: "r", Title: "Guessed password", Severity: event.High, Count: 1, First: raised.UnixNano(), Last: raised.UnixNano(), Events: ids[3:],
			Facts: alert.Facts{Entities: []alert.Entity{{Kind: "user", Value: "root"}, {Kind: "host", Value: "bastion-1"}}}}})
	})
	var c cases.Case
	until(t, "the case of the alert", func() bool {
		as, err := alert.List(t.Context(), w.handle(), "", 0, "", 10)
		if err != nil || len(as) != 1 {
			return false
		}
		c, err = cases.CaseOfAlert(t.Context(), w.handle(), as[0].ID)
		return err == nil
	})
	type answer struct {
		From, To string
		Entities []struct{ Kind, Value string }
		Sessions []struct {
			User, Host, How string
			End             *string
			LoginID         string `json:"login_id"`
			FailedBefore    int    `json:"failed_before"`
		}
		Items []struct {
			Kind, Text string
			EventID    string `json:"event_id"`
			Count      int
			Entity     struct{ Kind, Value string }
		}
		Truncated, Incomplete bool
		Reason                string
	}
	auditor := s.SignIn(t, "aud", auth.Auditor)
	var near, far answer
	auditor.Get(t, "/api/v1/cases/"+c.ID+"/lookback?hours=1").OK(t, &near)
	if len(near.Sessions) != 1 || near.Sessions[0].How != "open" || near.Sessions[0].End != nil || near.Sessions[0].FailedBefore != 3 || near.Sessions[0].LoginID != ids[3].String() || near.Incomplete || near.Truncated {
		t.Errorf("%+v", near)
	}
	var lines []string
	for _, i := range near.Items {
		lines = append(lines, i.Kind+" "+i.Entity.Value+" "+i.Text)
	}
	if got, want := strings.Join(lines, "; "), "failure root Failed login of root on bastion-1 from 203.0.113.9; login root Login of root on bastion-1 from 203.0.113.9; alert root Guessed password"; got != want || near.Items[0].Count != 3 {
		t.Errorf("%s, want %s", got, want)
	}
	auditor.Get(t, "/api/v1/cases/"+c.ID+"/lookback").OK(t, &far)
	if len(far.Sessions) != 2 || far.From >= near.From || far.To != near.To {
		t.Errorf("%+v", far)
	}
	auditor.Get(t, "/api/v1/cases/"+c.ID+"/lookback?hours=0").Problem(t, 422)
	auditor.Get(t, "/api/v1/cases/absent/lookback").Problem(t, 404)

	keep := "/api/v1/cases/" + c.ID + "/lookback/keep"
	ann := s.SignIn(t, "ann", auth.Analyst)
	var kept evidenceAnswer
	ann.Send(t, "POST", keep, object{"event_ids": []string{near.Items[0].EventID, near.Items[1].EventID}, "note": "here it began"}).OK(t, &kept)
	if kept.Events != 2 || kept.CaseID != c.ID {
		t.Errorf("%+v", kept)
	}
	var detail struct{ Notes []struct{ Body string } }
	ann.Get(t, "/api/v1/cases/"+c.ID).OK(t, &detail)
	if len(detail.Notes) != 1 || !strings.HasPrefix(detail.Notes[0].Body, "here it began") || !strings.Contains(detail.Notes[0].Body, kept.ID) {
		t.Errorf("%+v", detail)
	}
	ann.Send(t, "POST", keep, object{"event_ids": []string{}}).Problem(t, 422)
	ann.Send(t, "POST", keep, object{"event_ids": []string{"x"}}).Problem(t, 422)
}
