// Package alert keeps what was put forward for assessment: facts, found by a
// rule, told by a monitor or another tool. An alert is immutable but for its
// count and times: repeats fold into it by fingerprint as long as it is open.
// It stays open for a day after its last event, until its case is settled, or
// until the condition that raised it is over.
package alert

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/record"
)

// openFor is how long after its last event repeats still fold into an alert.
const openFor = 24 * time.Hour

// maxEvents bounds how many events an alert names; all are found by search.
const maxEvents = 1000

// NameValue is a field with its text.
type NameValue struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Entity is a thing that the events name.
type Entity struct {
	Kind  string `json:"kind"`
	Value string `json:"value"`
}

// Facts is what the rule or tool says beyond the counts.
type Facts struct {
	Tags     []string          `json:"tags,omitempty"`
	Type     string            `json:"type,omitempty"`
	Impact   int               `json:"impact,omitempty"`
	Urgency  int               `json:"urgency,omitempty"`
	Intent   string            `json:"intent,omitempty"`
	Effects  map[string]string `json:"effects,omitempty"`
	Proof    bool              `json:"proof,omitempty"`
	State    string            `json:"state,omitempty"`
	Why      string            `json:"why,omitempty"` // of a correlation: what was counted, in words
	Dedup    []NameValue       `json:"dedup,omitempty"`
	Fields   []NameValue       `json:"fields,omitempty"`
	Entities []Entity          `json:"entities,omitempty"`
	// The rule's pack and its version, "" for a rule of no pack.
	Pack        string `json:"pack,omitempty"`
	PackVersion string `json:"pack_version,omitempty"`
}

// Finding is what is put forward: one new alert, or a repeat of an open one.
type Finding struct {
	Fingerprint string
	Kind        string // "rule", "search", "monitor", "tool"
	Rule        string
	Title       string
	Version     string
	Severity    event.Severity
	Summary     string
	Facts       Facts
	Count       int
	First, Last int64 // ns
	Events      []event.ID
	Exercise    string
	Clears      string // fingerprint of the alert whose condition is over
	Ongoing     bool   // only ever folds
}

// Alert is a stored alert.
type Alert struct {
	ID          string
	Fingerprint string
	Kind        string
	Rule        string
	Title       string
	Version     string
	Severity    event.Severity
	Summary     string
	Facts       Facts
	Count       int64
	First, Last time.Time
	Cleared     time.Time
	Exercise    string
	Created     time.Time
}

// Service raises alerts.
type Service struct {
	rec *record.Log
	now func() time.Time
}

// New makes the service.
func New(rec *record.Log, now func() time.Time) *Service { return &Service{rec, now} }

// Raise folds findings into open alerts or makes new ones, in the caller's
// transaction. Each new alert and each clearing is an entry of the record;
// repeats are not, they only count.
func (s *Service) Raise(ctx context.Context, tx *db.Tx, findings []Finding) error {
	for _, f := range findings {
		if err := s.raise(ctx, tx, f); err != nil {
			return fmt.Errorf("raise %q: %w", f.Title, err)
		}
	}
	return nil
}

func (s *Service) raise(ctx context.Context, tx *db.Tx, f Finding) error {
	now := s.now()
	if f.Clears != "" {
		return s.clear(ctx, tx, f, now)
	}
	id, had, err := findOpen(ctx, tx, f.Fingerprint, now)
	if err != nil {
		return err
	}
	if id == "" && f.Ongoing {
		return nil // its alert is settled; what still goes on was judged with it
	}
	if id != "" {
		if err := fold(ctx, tx, id, f, now.Add(openFor)); err != nil {
			return err
		}
		return addEvents(ctx, tx, id, f, maxEvents-had)
	}
	a := Alert{ID: db.NewID(now), Fingerprint: f.Fingerprint, Kind: f.Kind, Rule: f.Rule, Title: f.Title, Version: f.Version, Severity: f.Severity,
		Summary: f.Summary, Facts: f.Facts, Count: int64(f.Count), First: time.Unix(0, f.First), Last: time.Unix(0, f.Last), Exercise: f.Exercise, Created: now}
	if err := insert(ctx, tx, a, now.Add(openFor)); err != nil {
		return err
	}
	if err := addEvents(ctx, tx, a.ID, f, maxEvents); err != nil {
		return err
	}
	_, err = s.rec.Append(ctx, tx, record.Entry{Kind: "alert.raised", Subject: "alert", SubjectID: a.ID, Exercise: f.Exercise,
		Data: map[string]any{"rule": f.Rule, "title": f.Title, "rule_version": f.Version, "pack": f.Facts.Pack, "pack_version": f.Facts.PackVersion, "severity": f.Severity.String(), "fingerprint": f.Fingerprint, "count": f.Count}})
	return err
}

func (s *Service) clear(ctx context.Context, tx *db.Tx, f Finding, now time.Time) error {
	id, _, err := findOpen(ctx, tx, f.Clears, now)
	if err != nil || id == "" {
		return err
	}
	if err := setCleared(ctx, tx, id, time.Unix(0, f.Last)); err != nil {
		return err
	}
	_, err = s.rec.Append(ctx, tx, record.Entry{Kind: "alert.cleared", Subject: "alert", SubjectID: id, Exercise: f.Exercise,
		Data: map[string]any{"rule": f.Rule, "title": f.Title, "at": time.Unix(0, f.Last).UTC()}})
	return err
}

// Settle closes alerts for repeats, because their case is: what comes after is
// a new alert.
func (s *Service) Settle(ctx context.Context, tx *db.Tx, ids []string) error {
	for _, id := range ids {
		if err := settle(ctx, tx, id, s.now()); err != nil {
			return err
		}
	}
	return nil
}

func encodeFacts(f Facts) string { return db.JSON(f) }

func decodeFacts(s string) (f Facts, err error) {
	err = json.Unmarshal([]byte(s), &f)
	return f, err
}
