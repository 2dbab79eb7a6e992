package dashboards

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/tocsin-project/tocsin/internal/dashboards/picture"
	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/query"
	"github.com/tocsin-project/tocsin/internal/record"
	"github.com/tocsin-project/tocsin/internal/tenant"
	"github.com/tocsin-project/tocsin/internal/timer"
)

// actor is who mails when no person asked.
const actor = "dashboards"

// idle is how often due mailings are looked for without being woken.
const idle = 5 * time.Second

// Picture draws a dashboard over a window. What a panel could not answer is said
// in its place.
func (s *Service) Picture(ctx context.Context, t tenant.ID, d Dashboard, w Window) ([]byte, error) {
	if w.Zone == nil {
		w.Zone = time.UTC
	}
	now := s.Now()
	from, to, err := w.span(d, Panel{}, now)
	if err != nil {
		return nil, err
	}
	b := picture.Board{Title: d.Name, Description: d.Description, Window: spanText(from, to, w.Zone), Made: now, Zone: w.Zone, Panels: make([]picture.Panel, len(d.Panels))}
	var all sync.WaitGroup
	for i, p := range d.Panels {
		all.Go(func() {
			b.Panels[i] = picture.Panel{Title: p.Title, Kind: p.Kind, Text: p.Text, X: p.X, Y: p.Y, W: p.W, H: p.H, Range: p.Range}
			own := w
			if p.Range != "" { // its own window stays its own
				own.From, own.To = "", ""
			}
			a, err := s.Ask(ctx, t, d, p.ID, own)
			if b.Panels[i].Table = a.Table; err != nil {
				b.Panels[i].Error = problem.Detail(err)
				s.Log.Warn("a panel of a picture has no answer", "dashboard", d.ID, "panel", p.ID, "error", err)
			}
		})
	}
	all.Wait()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select { // one at a time: a picture takes some ten megabytes while it is drawn
	case <-ctx.Done():
		return nil, ctx.Err()
	case s.drawing <- struct{}{}:
	}
	defer func() { <-s.drawing }()
	return picture.Draw(b)
}

func spanText(from, to time.Time, zone *time.Location) string {
	clock := func(t time.Time) string { return t.In(zone).Format("2006-01-02 15:04") }
	return fmt.Sprintf("%s to %s %s%s", clock(from), clock(to), zone, to.In(zone).Format(" (-07:00)"))
}

// Due handles the timer of a mailing: it notes the mailing, which Run sends
// outside of the transaction, and sets the next one.
func (s *Service) Due(ctx context.Context, tx *db.Tx, t timer.Timer) error {
	d, err := get(ctx, tx, t.Key)
	if problem.Is(err, problem.NotFound) || err == nil && d.Mail == nil {
		return nil
	}
	if err != nil {
		return err
	}
	now := s.Now()
	if d.NextMail, err = d.Mail.next(now); err != nil { // a zone that is no longer known
		d.NextMail = now.Add(24 * time.Hour)
	}
	if err := setDue(ctx, tx, d.ID, now, d.NextMail); err != nil {
		return err
	}
	tx.OnCommit(s.work.Wake)
	return s.plan(ctx, tx, d)
}

// Run sends mailings that are due, one at a time, until ctx ends.
func (s *Service) Run(ctx context.Context) error { return s.work.Run(ctx) }

// Next sends the mailing that has waited longest, and reports whether there was
// one. What keeps it from leaving is kept on the dashboard.
func (s *Service) Next(ctx context.Context) (bool, error) {
	d, err := oldestDue(ctx, s.DB.System(actor))
	if problem.Is(err, problem.NotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	h := s.DB.For(d.tenant, actor)
	failure := s.mail(ctx, h, d)
	if ctx.Err() != nil { // stopping: it stays due
		return true, ctx.Err()
	}
	if failure == nil {
		return true, nil
	}
	s.Log.Warn("a dashboard could not be mailed", "dashboard", d.ID, "error", failure)
	d.MailError = problem.Detail(failure)
	return true, h.Tx(ctx, func(tx *db.Tx) error { return endDue(ctx, tx, d) })
}

// SendNow mails a dashboard at once, in the name of who asks.
func (s *Service) SendNow(ctx context.Context, h *db.Handle, w Who, id string) (Dashboard, error) {
	d, err := s.Get(ctx, h, w, id)
	switch {
	case err != nil:
		return d, err
	case !d.MayChange(w):
		return d, problem.New(problem.Denied, "This dashboard is not yours to mail. Make a copy.")
	case d.Mail == nil:
		return d, problem.New(problem.Conflict, "Nobody is named whom this dashboard is mailed to. Say so first.")
	}
	d.due = time.Time{} // a mailing that is due by itself stays due
	if err := s.mail(ctx, h, d); err != nil {
		return d, err
	}
	d.MailError = ""
	return d, nil
}

// mail draws the dashboard and hands it to the outbox, together with the end of
// what was due.
func (s *Service) mail(ctx context.Context, h *db.Handle, d Dashboard) error {
	if err := s.Outbox.Ready(); err != nil {
		return err
	}
	addresses, err := s.People.Addresses(ctx, h, d.Mail.To)
	if err != nil {
		return err
	}
	m := Mailing{Dashboard: d.ID, Subject: d.Name, Link: s.Link(d.ID), File: FileName(d)}
	for _, id := range d.Mail.To {
		if addresses[id] != "" {
			m.People = append(m.People, id)
		}
	}
	if len(m.People) == 0 {
		return problem.New(problem.Conflict, "None of those that it is mailed to has an account with a mail address any more.")
	}
	_, _, zone, err := d.Mail.clock()
	if err != nil {
		return err
	}
	now := s.Now()
	if m.PNG, err = s.Picture(ctx, d.tenant, d, Window{Zone: zone}); err != nil {
		return err
	}
	from, _ := query.Time("now-"+d.Range, now, zone)
	m.Body = fmt.Sprintf("%s\n\n%s. Made %s.", d.Name, spanText(from, now, zone), now.In(zone).Format("2006-01-02 15:04 (-07:00)"))
	d.MailError = ""
	return h.Tx(ctx, func(tx *db.Tx) error {
		_, err := s.Record.Append(ctx, tx, record.Entry{Kind: "dashboard.mailed", Subject: "dashboard", SubjectID: d.ID, Data: map[string]any{"to": m.People, "version": d.Version, "bytes": len(m.PNG)}, Personal: map[string]any{"name": d.Name}})
		if err != nil {
			return err
		}
		if err := s.Outbox.Queue(ctx, tx, m); err != nil {
			return err
		}
		return endDue(ctx, tx, d)
	})
}

// FileName is the dashboard's name as far as any system takes it.
func FileName(d Dashboard) string {
	name := strings.Trim(strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		}
		return '-'
	}, d.Name), "-")
	if name == "" {
		name = "dashboard"
	}
	return name[:min(len(name), 60)] + ".png"
}
