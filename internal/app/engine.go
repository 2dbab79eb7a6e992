package app

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/tocsin-project/tocsin/internal/api"
	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/eventstore/clickhouse"
	"github.com/tocsin-project/tocsin/internal/query"
	"github.com/tocsin-project/tocsin/internal/retention"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// segments is what an engine has besides eventstore.Engine: segments, or its own
// way to let events go.
type segments interface {
	retention.Store
	api.Segments
	Prove(ctx context.Context, t tenant.ID, ids []event.ID) ([]eventstore.EventProof, error)
	Export(ctx context.Context, t tenant.ID, x query.Expr, from, to int64, fields []query.Field, path string, progress func(eventstore.Exported) error) (eventstore.Exported, error)
	ExportTable(ctx context.Context, t eventstore.Table, path string) (int64, error)
	// keep has the engine follow the retention policy until ctx ends.
	keep(ctx context.Context) error
	alarms() []string
	failure(lastError string) string // of the last write, for people
}

// whole is an engine with what its segments add, for evidence and exports.
type whole struct {
	eventstore.Engine
	parts segments
}

func (w whole) Prove(ctx context.Context, t tenant.ID, ids []event.ID) ([]eventstore.EventProof, error) {
	return w.parts.Prove(ctx, t, ids)
}

func (w whole) Export(ctx context.Context, t tenant.ID, x query.Expr, from, to int64, fields []query.Field, path string, progress func(eventstore.Exported) error) (eventstore.Exported, error) {
	return w.parts.Export(ctx, t, x, from, to, fields, path, progress)
}

func (w whole) ExportTable(ctx context.Context, t eventstore.Table, path string) (int64, error) {
	return w.parts.ExportTable(ctx, t, path)
}

// openEvents opens the engine that the configuration names. One that cannot be
// reached is an error: a start without it would find no events.
func openEvents(ctx context.Context, c Config, o eventstore.Options, store *db.DB) (eventstore.Engine, segments, error) {
	if c.Events.Engine != "clickhouse" {
		s, err := eventstore.Open(ctx, o)
		if err != nil {
			return nil, nil, err
		}
		return s, embedded{s}, nil
	}
	x := c.ClickHouse
	conf, err := clickhouse.TLSConfig(x.TLS.CAFile, x.TLS.CertFile, x.TLS.KeyFile, x.TLS.ServerName)
	if err != nil {
		return nil, nil, err
	}
	var hosts []string
	for h := range strings.SplitSeq(x.Hosts, ",") {
		if h = strings.TrimSpace(h); h != "" {
			hosts = append(hosts, h)
		}
	}
	s, err := clickhouse.Open(ctx, clickhouse.Options{Hosts: hosts, Layout: clickhouse.Layout{Database: x.Database, Cluster: x.Cluster, Replicated: x.Replicated},
		User: x.User, Password: x.Password, TLS: conf, Class: o.Class, Memory: o.Memory / 2, Log: o.Log, Metrics: o.Metrics, Now: o.Now})
	if err != nil {
		return nil, nil, err
	}
	old, _, err := o.Catalogue.Segments(ctx)
	if err == nil && len(old) > 0 {
		o.Log.Warn("the data directory has segments of the embedded engine; they are kept, and searches on ClickHouse do not see them", "segments", len(old))
	}
	return s, &served{store: s, db: store, log: o.Log}, nil
}

// embedded keeps by segments, which retention drops itself.
type embedded struct{ *eventstore.Store }

func (embedded) keep(ctx context.Context) error { <-ctx.Done(); return nil }
func (embedded) alarms() []string               { return nil }

func (embedded) failure(lastError string) string {
	return "Sealing events to disk failed and is tried again: " + lastError
}

// served keeps in ClickHouse, which lets events go by the policy that it is told.
type served struct {
	eventstore.NoSegments
	store interface {
		Retain(ctx context.Context, policies []clickhouse.Policy) error
	}
	db  *db.DB
	log *slog.Logger

	mu     sync.Mutex
	failed string   // why the policy is not in force
	sized  []string // classes whose limit of bytes has no effect
}

// keepEvery is how soon ClickHouse follows a change of the policy or a hold.
const keepEvery = 15 * time.Second

func (s *served) keep(ctx context.Context) error {
	tick := time.NewTicker(keepEvery)
	defer tick.Stop()
	for {
		s.follow(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// follow has ClickHouse keep events by the policies and holds of now.
func (s *served) follow(ctx context.Context) {
	policies, sized, err := s.policies(ctx)
	if err == nil {
		err = s.store.Retain(ctx, policies)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failed = ""
	if err != nil && ctx.Err() == nil {
		s.failed = err.Error()
		s.log.Error("ClickHouse does not keep events by the policy of now; will be tried again", "error", err)
	}
	if err == nil {
		s.sized = sized
	}
}

func (s *served) policies(ctx context.Context) (out []clickhouse.Policy, sized []string, err error) {
	all, err := tenants(ctx, s.db)
	if err != nil {
		return nil, nil, fmt.Errorf("read the tenants: %w", err)
	}
	for _, t := range all {
		h := s.db.For(t, "retention")
		p, err := retention.PolicyOf(ctx, h)
		if err != nil {
			return nil, nil, fmt.Errorf("read the retention policy: %w", err)
		}
		holds, err := retention.HoldsInForce(ctx, h)
		if err != nil {
			return nil, nil, fmt.Errorf("read the holds: %w", err)
		}
		x := clickhouse.Policy{Tenant: t, Days: map[string]int64{}}
		for _, c := range p.Classes {
			x.Days[c.Name] = c.Days
			if c.MaxBytes > 0 {
				sized = append(sized, c.Name)
			}
		}
		for _, hold := range holds { // all of its time: no query decides here
			span := clickhouse.Span{From: hold.From}
			if hold.To != 0 {
				span.To = hold.To + 1
			}
			x.Held = append(x.Held, span)
		}
		out = append(out, x)
	}
	return out, sized, nil
}

func (s *served) alarms() (out []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed != "" {
		out = append(out, "ClickHouse does not keep events by the policy of now, which is tried again: "+s.failed)
	}
	for _, name := range s.sized {
		out = append(out, fmt.Sprintf("The class %s has a limit of bytes, which has no effect on events in ClickHouse. Set days instead.", name))
	}
	return out
}

func (*served) failure(lastError string) string {
	return "Inserting events into ClickHouse failed and is tried again: " + lastError
}
