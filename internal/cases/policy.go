package cases

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sync"
	"time"

	"github.com/tocsin-project/tocsin/internal/classify"
	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/record"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// PolicyVersion is one version of a tenant's classification policy.
type PolicyVersion struct {
	ID        string
	Version   int64
	Body      string
	Hash      string
	Author    string
	Note      string
	Effective time.Time
	Created   time.Time
}

// Policies keeps the versions of the classification policy. A tenant without
// one uses the shipped default.
type Policies struct {
	rec      *record.Log
	now      func() time.Time
	fallback *classify.Policy

	mu     sync.Mutex
	loaded map[string]*classify.Policy // by tenant and version id
}

// NewPolicies makes the keeper.
func NewPolicies(rec *record.Log, now func() time.Time) *Policies {
	return &Policies{rec: rec, now: now, fallback: classify.Default(), loaded: map[string]*classify.Policy{}}
}

// Active returns the policy in effect at a time.
func (p *Policies) Active(ctx context.Context, q db.Querier, at time.Time) (*classify.Policy, error) {
	v, err := p.Version(ctx, q, at)
	if err != nil {
		return nil, err
	}
	if v.ID == "" {
		return p.fallback, nil
	}
	key := tenantKey(q.Scope().Tenant, v.ID)
	p.mu.Lock()
	defer p.mu.Unlock()
	if have, ok := p.loaded[key]; ok {
		return have, nil
	}
	loaded, err := classify.Load([]byte(v.Body))
	if err != nil {
		return nil, fmt.Errorf("classification policy version %d: %w", v.Version, err)
	}
	p.loaded[key] = loaded
	return loaded, nil
}

func tenantKey(t tenant.ID, id string) string { return t.String() + "/" + id }

// Version returns the version in effect at a time; the zero one is the default.
func (p *Policies) Version(ctx context.Context, q db.Querier, at time.Time) (PolicyVersion, error) {
	v, err := db.One(ctx, q, "policy", scanPolicy, "SELECT id, version, body, hash, author, note, effective, created FROM policy_version WHERE tenant = :tenant AND effective <= ? ORDER BY version DESC LIMIT 1", db.Micros(at))
	if problem.Is(err, problem.NotFound) {
		body := classify.DefaultYAML()
		sum := sha256.Sum256(body)
		return PolicyVersion{Body: string(body), Hash: hex.EncodeToString(sum[:]), Note: "shipped default"}, nil
	}
	return v, err
}

func scanPolicy(s db.Scanner) (PolicyVersion, error) {
	var v PolicyVersion
	var effective, created int64
	err := s.Scan(&v.ID, &v.Version, &v.Body, &v.Hash, &v.Author, &v.Note, &effective, &created)
	v.Effective, v.Created = db.Time(effective), db.Time(created)
	return v, err
}

// Publish makes a new version that is in effect at once. It must load.
func (p *Policies) Publish(ctx context.Context, tx *db.Tx, body, note string) (PolicyVersion, error) {
	if _, err := classify.Load([]byte(body)); err != nil {
		return PolicyVersion{}, problem.Wrap(problem.Invalid, err, "The policy does not compile: %v", err)
	}
	if len(note) < 3 {
		return PolicyVersion{}, problem.New(problem.Invalid, "Say in a note what changes and why.")
	}
	sum := sha256.Sum256([]byte(body))
	v := PolicyVersion{ID: db.NewID(p.now()), Body: body, Hash: hex.EncodeToString(sum[:]), Author: tx.Scope().Actor, Note: note, Effective: p.now(), Created: p.now()}
	err := tx.QueryRow(ctx, `INSERT INTO policy_version (tenant, id, version, body, hash, author, note, effective, created)
		SELECT :tenant, ?, coalesce(max(version), 0) + 1, ?, ?, ?, ?, CAST(? AS BIGINT), CAST(? AS BIGINT) FROM policy_version WHERE tenant = :tenant RETURNING version`,
		v.ID, v.Body, v.Hash, v.Author, v.Note, db.Micros(v.Effective), db.Micros(v.Created)).Scan(&v.Version)
	if err != nil {
		return v, err
	}
	_, err = p.rec.Append(ctx, tx, record.Entry{Kind: "policy.published", Subject: "policy", SubjectID: v.ID, Data: map[string]any{"version": v.Version, "hash": v.Hash, "note": note}})
	return v, err
}
