package app

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/tocsin-project/tocsin/internal/api"
	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/detect"
	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/journal"
	"github.com/tocsin-project/tocsin/internal/pipeline"
	"github.com/tocsin-project/tocsin/internal/retention"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// health tells how the parts are doing.
type health struct {
	store   *db.DB
	journal journal.Journal
	batcher *journal.Batcher
	path    *pipeline.Pipeline
	events  eventstore.Engine
	parts   segments
	keep    *retention.Service
	rules   *detect.Engine
	version string
	now     func() time.Time
	mail    bool // a mail server is set
}

func (h *health) live(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintln(w, `{"alive":true}`)
}

// ready says whether what is sent now would be taken.
func (h *health) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 3*time.Second)
	defer cancel()
	var why []string
	if err := h.store.Ping(ctx); err != nil {
		why = append(why, "the relational store does not answer")
	}
	if _, err := h.journal.Stats(ctx); err != nil {
		why = append(why, "the journal does not answer")
	}
	if h.batcher.Failing() {
		why = append(why, "the journal refuses records")
	}
	w.Header().Set("Content-Type", "application/json")
	if len(why) > 0 {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"ready": len(why) == 0, "reasons": strings.Join(why, "; ")})
}

func (h *health) status(ctx context.Context) (api.Status, error) {
	st := api.Status{Version: h.version, Alarms: []api.Alarm{}}
	since := h.now().UTC().Format(time.RFC3339)
	alarm := func(kind, format string, args ...any) {
		st.Alarms = append(st.Alarms, api.Alarm{Kind: kind, Text: fmt.Sprintf(format, args...), Since: since})
	}
	j, err := h.journal.Stats(ctx)
	if err != nil {
		return st, err
	}
	lag, err := h.path.Lag(ctx)
	if err != nil {
		return st, err
	}
	st.Journal.LagBatches, st.Journal.LagSeconds, st.Journal.Bytes, st.Journal.MaxBytes, st.Journal.Failing = lag.Batches, lag.Age.Seconds(), j.Bytes, j.MaxBytes, h.batcher.Failing()
	if st.Journal.Failing {
		alarm("journal", "The journal refuses records: it is full, or its disk is. Senders are told to wait; nothing that was acknowledged is lost.")
	}
	if lag.Alarm {
		alarm("lag", "Events are handled %.0f s late: %d batches wait.", lag.Age.Seconds(), lag.Batches)
	}
	if !h.mail {
		alarm("mail", "No mail server is set, so pages and answers by e-mail cannot be delivered. Set smtp.host (TOCSIN_SMTP_HOST), or use webhook or ntfy contact points.")
	}
	e := h.events.Stats()
	st.Store.HotRows, st.Store.Segments, st.Store.Bytes, st.Store.LastError = e.HotRows, e.Segments, e.SegmentBytes, e.LastError
	if e.LastError != "" {
		alarm("store", "%s", h.parts.failure(e.LastError))
	}
	for _, text := range h.parts.alarms() {
		alarm("store", "%s", text)
	}
	h.retention(&st, alarm)
	rep := h.rules.Report()
	st.Rules.Loaded, st.Rules.Rejected = len(rep.Loaded), len(rep.Rejected)
	for _, r := range rep.Rejected {
		alarm("rules", "A rule did not load: %v", r)
	}
	for _, d := range rep.Disabled {
		alarm("rules", "Rule %s was switched off: %s", d.ID, d.Reason)
	}
	return st, nil
}

// maxSegmentAlarms bounds how many segments are named; the list of segments has all.
const maxSegmentAlarms = 20

// retention tells of segments that cannot be read, of what keeping and dropping
// them fails at, and of the disk.
func (h *health) retention(st *api.Status, alarm func(kind, format string, args ...any)) {
	bad := h.parts.Health()
	st.Store.Unreadable = len(bad)
	for _, g := range bad[:min(len(bad), maxSegmentAlarms)] {
		alarm("segment", "Segment %s is %s (%s): its events from %s to %s are left out of searches. Restore its file from a backup, then verify it.", g.ID, g.State, g.Detail,
			time.Unix(0, g.MinTime).UTC().Format(time.RFC3339), time.Unix(0, g.MaxTime).UTC().Format(time.RFC3339))
	}
	if more := len(bad) - maxSegmentAlarms; more > 0 {
		alarm("segment", "%d more segments cannot be read.", more)
	}
	for _, text := range h.keep.Alarms() {
		alarm("retention", "%s", text)
	}
	d := h.keep.DiskStatus()
	st.Disk.Free, st.Disk.Total, st.Disk.State = d.Free, d.Total, d.State
	if d.State != retention.DiskOK {
		alarm("disk", "%d of %d MiB are free on the disk of the data directory. %s", d.Free>>20, d.Total>>20, d.Plan)
	}
}

// ensureInstallation names the installation and makes the default tenant, once.
func ensureInstallation(ctx context.Context, store *db.DB, now func() time.Time) (string, error) {
	var id string
	err := store.System("app").Tx(ctx, func(tx *db.Tx) error {
		err := tx.QueryRow(ctx, "SELECT value FROM installation WHERE key = 'id'").Scan(&id)
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		id = db.NewID(now())
		if _, err := tx.Exec(ctx, "INSERT INTO installation (key, value) VALUES ('id', ?)", id); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "INSERT INTO tenant (tenant, name, created) VALUES (?, '', ?)", int64(tenant.Default), db.Micros(now()))
		return err
	})
	return id, err
}
