package app

import (
	"context"
	"time"

	"github.com/tocsin-project/tocsin/internal/alert"
	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/searches"
)

// searchAlerts makes alerts of what saved searches find. A look counts once,
// however many events it saw: windows overlap, and their events would count again
// with each look.
type searchAlerts struct {
	alerts *alert.Service
	now    func() time.Time
}

func (s searchAlerts) Raise(ctx context.Context, tx *db.Tx, f searches.Finding) (string, error) {
	x := alert.Finding{Fingerprint: f.Fingerprint, Kind: "search", Rule: f.Search, Title: f.Title, Version: f.Version, Severity: f.Severity, Summary: f.Summary,
		Count: 1, First: f.From.UnixNano(), Last: f.To.UnixNano(), Events: f.Events, Facts: alert.Facts{Why: f.Why}}
	x.Facts.Fields = []alert.NameValue{{Name: "query", Value: f.Query}}
	if f.GroupBy != "" {
		x.Facts.Dedup = []alert.NameValue{{Name: f.GroupBy, Value: f.Value}}
		x.Facts.Fields = append(x.Facts.Fields, x.Facts.Dedup...)
	}
	if f.EntityKind != "" {
		x.Facts.Entities = []alert.Entity{{Kind: f.EntityKind, Value: f.Value}}
	}
	if err := s.alerts.Raise(ctx, tx, []alert.Finding{x}); err != nil {
		return "", err
	}
	return alert.Open(ctx, tx, f.Fingerprint, s.now())
}
