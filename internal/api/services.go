package api

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/tocsin-project/tocsin/internal/attack"
	"github.com/tocsin-project/tocsin/internal/auth"
	"github.com/tocsin-project/tocsin/internal/backtest"
	"github.com/tocsin-project/tocsin/internal/cases"
	"github.com/tocsin-project/tocsin/internal/dashboards"
	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/detect"
	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/evidence"
	"github.com/tocsin-project/tocsin/internal/exports"
	"github.com/tocsin-project/tocsin/internal/intake"
	"github.com/tocsin-project/tocsin/internal/knowledge"
	"github.com/tocsin-project/tocsin/internal/normalize"
	"github.com/tocsin-project/tocsin/internal/notify"
	"github.com/tocsin-project/tocsin/internal/oncall"
	"github.com/tocsin-project/tocsin/internal/record"
	"github.com/tocsin-project/tocsin/internal/retention"
	"github.com/tocsin-project/tocsin/internal/rulepack"
	"github.com/tocsin-project/tocsin/internal/searches"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// Segments are what the embedded engine seals events into; eventstore.NoSegments
// where another one keeps them.
type Segments interface {
	Segments() []eventstore.Segment
	State(eventstore.Segment) eventstore.SegmentState
	FilterState(eventstore.Segment) string
}

// Server is what the resources work with.
type Server struct {
	DB         *db.DB
	Auth       *auth.Service
	Record     *record.Log
	Keys       *record.Keys
	Cases      *cases.Service
	Policies   *cases.Policies
	Events     eventstore.Engine
	Segments   Segments
	Detect     *detect.Engine
	Norm       *normalize.Normalizer
	Packs      *rulepack.Service
	Backtests  *backtest.Service
	Attack     *attack.Matrix
	Retention  *retention.Service
	Oncall     *oncall.Service
	Notify     *notify.Service
	Knowledge  *knowledge.Service
	Searches   *searches.Service
	Dashboards *dashboards.Service
	Exports    *exports.Service
	Evidence   *evidence.Service
	Exercises  *intake.Exercises
	Now        func() time.Time
	Log        *slog.Logger
	Version    string
	BaseURL    string
	Syslog     string       // address of the syslog receivers, "" when off
	tails      atomic.Int32 // live tails that are open
	// Supplies tells what the mappings in use can give events.
	Supplies func() []detect.Supply
	// Fetch reads a file of the public internet, up to a number of bytes.
	Fetch func(ctx context.Context, url string, limit int64) ([]byte, error)
	// Hush stops the pages of a case from leaving until release is called: a
	// transaction that ends paging runs in between.
	Hush func(ctx context.Context, t tenant.ID, caseID string) (release func(), err error)
	// Status tells how the event path is doing.
	Status func(ctx context.Context) (Status, error)
	// Defaults gives the first person what they need to be paged.
	Defaults func(ctx context.Context, tx *db.Tx, p auth.Person) error
}

// Register adds all resources to a router.
func (s *Server) Register(r *Router) {
	s.session(r)
	s.people(r)
	s.tokens(r)
	s.sources(r)
	s.retention(r)
	s.events(r)
	s.searches(r)
	s.entities(r)
	s.savedSearches(r)
	s.exports(r)
	s.dashboards(r)
	s.alerts(r)
	s.cases(r)
	s.caseVerbs(r)
	s.caseChildren(r)
	s.oncall(r)
	s.knowledge(r)
	s.policy(r)
	s.rules(r)
	s.ruleChanges(r)
	s.ruleFilters(r)
	s.rulePacks(r)
	s.coverage(r)
	s.backtests(r)
	s.evidence(r)
	s.lookback(r)
	s.record(r)
	s.exercises(r)
	s.status(r)
}
