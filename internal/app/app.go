// Package app is the composition root: it makes every part, passes to each
// what it needs, starts them and stops them in reverse. The order of setup is
// one visible straight line on purpose: who depends on whom is read top to
// bottom.
package app

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/tocsin-project/tocsin/internal/alert"
	"github.com/tocsin-project/tocsin/internal/api"
	"github.com/tocsin-project/tocsin/internal/attack"
	"github.com/tocsin-project/tocsin/internal/auth"
	"github.com/tocsin-project/tocsin/internal/backtest"
	"github.com/tocsin-project/tocsin/internal/cases"
	"github.com/tocsin-project/tocsin/internal/dashboards"
	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/detect"
	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/eventstore/catalogue"
	"github.com/tocsin-project/tocsin/internal/evidence"
	"github.com/tocsin-project/tocsin/internal/evidence/bundle"
	"github.com/tocsin-project/tocsin/internal/exports"
	"github.com/tocsin-project/tocsin/internal/intake"
	"github.com/tocsin-project/tocsin/internal/journal"
	"github.com/tocsin-project/tocsin/internal/knowledge"
	"github.com/tocsin-project/tocsin/internal/normalize"
	"github.com/tocsin-project/tocsin/internal/notify"
	"github.com/tocsin-project/tocsin/internal/oncall"
	"github.com/tocsin-project/tocsin/internal/pipeline"
	"github.com/tocsin-project/tocsin/internal/record"
	"github.com/tocsin-project/tocsin/internal/retention"
	"github.com/tocsin-project/tocsin/internal/rulepack"
	"github.com/tocsin-project/tocsin/internal/rulestats"
	"github.com/tocsin-project/tocsin/internal/searches"
	"github.com/tocsin-project/tocsin/internal/tenant"
	"github.com/tocsin-project/tocsin/internal/timer"
	"github.com/tocsin-project/tocsin/internal/web"
)

// Options is what an App is made of besides its configuration.
type Options struct {
	Config         Config
	Version        string
	Log            *slog.Logger
	Now            func() time.Time
	BootstrapToken string // makes the first administrator with this API token
}

// App is a running Tocsin.
type App struct {
	o     Options
	life  lifecycle
	http  *http.Server
	addr  net.Listener
	sys   *intake.Syslog
	parts *api.Server
	route *api.Router
	setup string // secret of the first administrator's link, "" when there is one
}

// Start makes and starts everything. On error nothing is left running.
func Start(ctx context.Context, o Options) (a *App, err error) {
	a = &App{o: o}
	defer func() {
		if err != nil {
			a.life.stop(o.Log, 5*time.Second)
		}
	}()
	return a, a.start(ctx)
}

func (a *App) start(ctx context.Context) error {
	c, log, now := a.o.Config, a.o.Log, a.o.Now
	metrics := prometheus.NewRegistry()
	metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))

	// The floor: directory, relational store, keys, record, timers.
	if err := a.lockData(c.Data); err != nil {
		return err
	}
	dsn := c.DB
	if dsn == "" {
		dsn = filepath.Join(c.Data, "tocsin.db")
	}
	store, err := db.Open(ctx, dsn, log)
	if err != nil {
		return err
	}
	a.life.add("relational store", func() { store.Close() })
	unlock, err := store.Lock(ctx)
	if err != nil {
		return err
	}
	a.life.add("database lock", unlock)
	if _, err := store.Migrate(ctx, now); err != nil {
		return err
	}
	install, err := ensureInstallation(ctx, store, now)
	if err != nil {
		return err
	}
	keyDir := filepath.Join(c.Data, "keys")
	keys, err := record.LoadKeys(keyDir, "tocsin-"+install)
	if err != nil {
		return err
	}
	linkKey, err := secretFile(keyDir, "links.key")
	if err != nil {
		return err
	}
	webhookKey, err := secretFile(keyDir, "webhook.key")
	if err != nil {
		return err
	}
	if c.Webhook.Secret != "" {
		webhookKey = []byte(c.Webhook.Secret)
	}
	rec := record.New(store, now)
	timers := timer.New(store, now, log)
	people := auth.New(store, rec, now)

	// HTTP listens first, so that links know the port; it serves at the end.
	if a.addr, err = net.Listen("tcp", c.HTTP); err != nil {
		return fmt.Errorf("listen for HTTP on %s: %w; choose another with --http", c.HTTP, err)
	}
	a.life.add("http port", func() { a.addr.Close() })
	base := strings.TrimRight(c.BaseURL, "/")
	if base == "" {
		base = "http://" + a.addr.Addr().String()
	}

	// The event path: journal, mappings, rules, event store.
	j, err := openJournal(ctx, c, log)
	if err != nil {
		return err
	}
	a.life.add("journal", func() { j.Close() })
	mappings, bad := normalize.Load(normalize.Shipped(), dirFS(c.Data, "mappings"))
	for _, err := range bad {
		log.Error("a mapping was left out", "error", err)
	}
	norm := normalize.New(mappings)
	ownDir := filepath.Join(c.Data, "rules")
	if err := os.MkdirAll(ownDir, 0o700); err != nil {
		return fmt.Errorf("create the directory of own rules: %w", err)
	}
	library := rulepack.Library{Dir: packsDir(c.Data)}
	packs := &rulepack.Service{Library: library, Record: rec, Timers: timers, Now: now, CheckRule: checkedRule, CheckFilter: checkedFilter}
	setup := &ruleSetup{store: store, library: library, packs: packs, log: log}
	engine := detect.Options{Starter: detect.StarterRules(), Dir: ownDir, Setup: setup.load, Log: log, Metrics: metrics, Now: now}
	rules, err := detect.New(engine)
	if err != nil {
		return err
	}
	setup.started.Store(true)
	if err := recallSources(ctx, store, rules); err != nil {
		return err
	}
	timers.Handle(rulepack.TimerFilter, filterEnds(packs, rules, log))
	figures := &rulestats.Recorder{DB: store, Now: now, Log: log, Seen: seenSources(rules)}
	matrix, err := attack.Load()
	if err != nil {
		return err
	}
	for _, e := range rules.Report().Rejected {
		log.Error("a rule was left out", "error", e)
	}
	classes, err := retention.NewClasses(ctx, store, log)
	if err != nil {
		return err
	}
	tier, when, err := openTier(c)
	if err != nil {
		return err
	}
	list := catalogue.New(store, rec)
	events, parts, err := openEvents(ctx, c, eventstore.Options{Dir: c.Data, Catalogue: list, Class: classes.Of, Tier: tier, Cache: c.Tier.S3.CacheBytes, Memory: c.Events.Memory, SealRows: c.Events.SealRows, SealEvery: c.Events.SealEvery, Log: log, Metrics: metrics, Now: now}, store)
	if err != nil {
		return err
	}
	a.life.add("event store", func() { events.Close(context.Background()) })
	keep := &retention.Service{DB: store, Record: rec, Catalogue: list, Store: parts, Classes: classes, Timers: timers, Sources: sources{people}, Cases: heldCases{}, Signer: keys.Signer, Delay: c.Retention.Delay,
		Tier: when, Disk: retention.Disk{LowPercent: uint64(c.Disk.LowPercent), FullPercent: uint64(c.Disk.FullPercent), Space: retention.StatDisk(c.Data)}, Now: now, Log: log}
	if tier != nil {
		keep.RemoveCopy = tier.Remove
	}
	timers.Handle(retention.TimerApply, func(ctx context.Context, tx *db.Tx, t timer.Timer) error { return keep.Due(ctx, tx, t.Key) })

	files := exports.New(exports.Options{DB: store, Record: rec, Events: whole{events, parts}, Dir: eventstore.ExportsDir(c.Data), MaxBytes: c.Exports.MaxBytes, Now: now, Log: log})
	trials := backtest.New(backtest.Service{DB: store, Record: rec, Events: events, Rules: trial{setup, engine}, Now: now, Log: log})

	blobs, err := openEvidence(c)
	if err != nil {
		return err
	}
	proof := &evidence.Service{DB: store, Record: rec, Events: whole{events, parts}, Holds: keep, Cases: evidenceCases{}, Blobs: blobs, Key: bundle.Key{Signer: keys.Signer, Public: keys.Public}, Wait: 3 * time.Second, Now: now, Log: log}

	// Work: alerts, cases, on-call, messages, knowledge.
	alerts := alert.New(rec, now)
	saved := searches.New(searches.Service{DB: store, Record: rec, Timers: timers, Events: events, Alerts: searchAlerts{alerts, now}, Now: now, Log: log})
	timers.Handle(searches.TimerLook, saved.Due)
	book := &addressBook{store: store}
	channels, err := openChannels(c, webhookKey)
	if err != nil {
		return err
	}
	var paging *oncall.Service
	outbox, err := notify.New(notify.Options{DB: store, Record: rec, Now: now, Log: log, Metrics: metrics, Addresses: book, Channels: channels,
		Undeliverable: func(ctx context.Context, tx *db.Tx, run string) error { return paging.PageFailed(ctx, tx, run) }})
	if err != nil {
		return err
	}
	paging, err = oncall.New(oncall.Options{DB: store, Record: rec, Timers: timers, Outbox: pageOutbox{outbox}, Roster: roster{}, Links: oncall.Links{Key: linkKey, BaseURL: base}, Clock: now, Log: log, PlainHTTP: c.Webhook.AllowPrivate})
	if err != nil {
		return err
	}
	book.contacts = paging
	boards, err := dashboards.New(dashboards.Options{DB: store, Record: rec, Timers: timers, Events: events, People: colleagues{}, Outbox: pictureMail{outbox, c.SMTP.Host != ""}, Now: now, Log: log,
		Link: func(id string) string { return base + "/search/dashboards/" + id }})
	if err != nil {
		return err
	}
	timers.Handle(dashboards.TimerMail, boards.Due)
	articles := knowledge.New(rec, now)
	policies := cases.NewPolicies(rec, now)
	tracking := trackingLinks{key: linkKey, base: base}
	work := &cases.Service{Record: rec, Now: now, Log: log, Pager: pager{paging}, Messenger: messenger{outbox, tracking}, Alerts: alertFacts{alerts}, Articles: articleMaker{articles}, Timers: timers, Policies: policies, Tracking: tracking.secret}
	for _, kind := range []string{cases.TimerDecide, cases.TimerReassess, cases.TimerSnooze} {
		timers.Handle(kind, func(ctx context.Context, tx *db.Tx, t timer.Timer) error { return work.Due(ctx, tx, t.Kind, t.Key) })
	}

	// The first person.
	first := func(ctx context.Context, tx *db.Tx, p auth.Person) error {
		if p.Email != "" {
			if _, err := paging.AddContact(ctx, tx, p.ID, "email", p.Email); err != nil {
				return err
			}
		}
		return paging.EnsureDefaults(ctx, tx, p.ID)
	}
	if a.o.BootstrapToken != "" {
		if err := people.Bootstrap(ctx, tenant.Default, a.o.BootstrapToken, first); err != nil {
			return err
		}
	}
	if a.setup, err = people.SetupLink(ctx, tenant.Default); err != nil {
		return err
	}

	// The edge: receivers, API, pages.
	batcher := journal.NewBatcher(j, log)
	a.life.add("batcher", func() { batcher.Close(10 * time.Second) })
	path := &pipeline.Pipeline{Journal: j, Norm: norm, Store: events, Detect: rules, Alerts: alerts, DB: store, Log: log, Now: now, Metrics: metrics, Windows: filepath.Join(c.Data, "detect", "windows.snap"), Count: figures.Hit}
	intakeMetrics := intake.NewMetrics(metrics)
	drills := &intake.Exercises{}
	running, err := cases.Running(ctx, store.System("app"))
	if err != nil {
		return err
	}
	for marker, id := range running {
		drills.Start(marker, id)
	}
	health := &health{store: store, journal: j, batcher: batcher, path: path, events: events, parts: parts, keep: keep, rules: rules, version: a.o.Version, now: now, mail: c.SMTP.Host != ""}
	router := api.NewRouter(people, log, a.o.Version)
	if router.Proxies, err = prefixes(c.Proxies); err != nil {
		return err
	}
	server := &api.Server{DB: store, Auth: people, Record: rec, Keys: keys, Cases: work, Policies: policies, Events: events, Segments: parts, Retention: keep, Detect: rules, Norm: norm, Packs: packs, Backtests: trials, Attack: matrix, Supplies: supplies(norm), Fetch: fetcher(outside(c)), Oncall: paging, Notify: outbox, Knowledge: articles, Searches: saved, Dashboards: boards, Exports: files, Evidence: proof,
		Exercises: drills, Now: now, Log: log, Version: a.o.Version, BaseURL: base, Hush: hush(store, outbox), Status: health.status, Defaults: first}
	ingest := &intake.HTTP{Authorize: authorizeSource, Fail: router.Fail, Sink: batcher, Exercises: drills, Metrics: intakeMetrics, Now: now}
	if c.Syslog != "" {
		a.sys = &intake.Syslog{Tenant: tenant.Default, Sink: batcher, Exercises: drills, Metrics: intakeMetrics, Log: log, Now: now}
		if err := a.sys.Start(c.Syslog); err != nil {
			return fmt.Errorf("%w; choose another with --syslog", err)
		}
		a.life.add("syslog", a.sys.Stop)
		server.Syslog = a.sys.Addr()
	}
	server.Register(router)
	a.parts, a.route = server, router
	router.Raw("POST", "/ingest/{source}", auth.Ingest, ingest)
	router.Raw("GET", "/metrics", auth.Public, onlyLocalOrSignedIn(promhttp.HandlerFor(metrics, promhttp.HandlerOpts{})))
	router.Raw("GET", "/healthz", auth.Public, http.HandlerFunc(health.live))
	router.Raw("GET", "/readyz", auth.Public, http.HandlerFunc(health.ready))
	web.Register(router, &web.Pages{DB: store, Cases: work, Oncall: paging, Links: oncall.Links{Key: linkKey, BaseURL: base}, Anonymous: c.Reports.Anonymous, Now: now, Log: log, Dev: c.Dev})

	// Everything runs until stop.
	a.life.run("rule figures", log, figures.Run)
	a.life.run("event path", log, path.Run)
	a.life.run("cases", log, func(ctx context.Context) error {
		return rec.Follow(ctx, "cases", log, func(ctx context.Context, tx *db.Tx, r record.Row) error { return follow(ctx, tx, work, r) })
	})
	a.life.run("holds", log, func(ctx context.Context) error {
		return rec.Follow(ctx, "holds", log, func(ctx context.Context, tx *db.Tx, r record.Row) error { return followHolds(ctx, tx, keep, r) })
	})
	a.life.run("retention", log, keep.Run)
	a.life.run("retention in the engine", log, parts.keep)
	a.life.run("sealer", log, record.NewSealer(rec, keys.Signer, log).Run)
	a.life.run("timers", log, timers.Run)
	a.life.run("messages", log, outbox.Run)
	a.life.run("mailed dashboards", log, boards.Run)
	a.life.run("exports", log, files.Run)
	a.life.run("saved searches", log, saved.Run)
	a.life.run("evidence", log, proof.Run)
	a.life.run("back-tests", log, trials.Run)
	a.life.run("sweeper", log, sweeper(people, store, now))
	a.serve(router, log)
	return nil
}

// Stop ends everything in reverse order of its start, each within its bound.
func (a *App) Stop() { a.life.stop(a.o.Log, 20*time.Second) }

// Addr is where HTTP is served.
func (a *App) Addr() string { return a.addr.Addr().String() }

// SyslogAddr is where syslog is received, "" when it is off.
func (a *App) SyslogAddr() string {
	if a.sys == nil {
		return ""
	}
	return a.sys.Addr()
}

// Parts are the services behind the API and Router its routes: for tests over
// the real composition.
func (a *App) Parts() *api.Server  { return a.parts }
func (a *App) Router() *api.Router { return a.route }

// SetupURL is where the first administrator is made, "" when there is one.
func (a *App) SetupURL() string {
	if a.setup == "" {
		return ""
	}
	base := strings.TrimRight(a.o.Config.BaseURL, "/")
	if base == "" {
		base = "http://" + a.Addr()
	}
	return base + "/setup?token=" + a.setup
}
