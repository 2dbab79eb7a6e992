package app

import (
	"context"
	"strings"

	"github.com/tocsin-project/tocsin/internal/api"
	"github.com/tocsin-project/tocsin/internal/auth"
	"github.com/tocsin-project/tocsin/internal/cases"
	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/record"
	"github.com/tocsin-project/tocsin/internal/retention"
)

// OpenTier makes the tier that the configuration names, nil for none: for
// commands that read a stopped server's data.
func OpenTier(c Config) (eventstore.Tier, error) {
	t, _, err := openTier(c)
	return t, err
}

// openTier makes the tier that the configuration names, nil for none.
func openTier(c Config) (eventstore.Tier, retention.Tier, error) {
	when := retention.Tier{Kind: "none", AfterDays: c.Tier.AfterDays}
	switch {
	case c.Tier.Directory != "":
		t, err := eventstore.DirectoryTier(c.Tier.Directory, c.Data)
		when.Kind, when.Target = "directory", c.Tier.Directory
		return t, when, err
	case c.Tier.S3.Endpoint != "":
		x := c.Tier.S3
		t, err := eventstore.S3Tier(eventstore.S3{Endpoint: x.Endpoint, Bucket: x.Bucket, Prefix: x.Prefix, Region: x.Region, AccessKey: x.AccessKey, SecretKey: x.SecretKey, PlainHTTP: x.PlainHTTP})
		when.Kind, when.Target = "s3", x.Endpoint+"/"+x.Bucket
		return t, when, err
	}
	return nil, when, nil
}

// followHolds lets the holds of cases follow what is recorded of them.
func followHolds(ctx context.Context, tx *db.Tx, keep *retention.Service, r record.Row) error {
	if r.Subject != "case" || !strings.HasPrefix(r.Kind, "case.") {
		return nil
	}
	err := keep.CaseChanged(ctx, tx, r.SubjectID, r.Kind == "case.opened" || r.Kind == "case.reopened")
	if problem.Is(err, problem.NotFound) { // an entry about a case that is not there must not stop the others
		return nil
	}
	return err
}

// heldCases tells retention what a case is about.
type heldCases struct{}

func (heldCases) Case(ctx context.Context, q db.Querier, id string) (retention.Case, error) {
	c, err := cases.Get(ctx, q, id)
	if err != nil {
		return retention.Case{}, err
	}
	out := retention.Case{ID: c.ID, Label: c.Label(), Exercise: c.Exercise != "", Created: c.Created}
	if out.First, out.Last, err = cases.AlertSpan(ctx, q, id); err != nil {
		return out, err
	}
	entities, err := cases.EntitiesOf(ctx, q, id)
	for _, e := range entities {
		out.Entities = append(out.Entities, retention.Entity{Kind: e.Kind, Value: e.Value})
	}
	return out, err
}

// sources ends an HTTP source: its row and its token go together.
type sources struct{ people *auth.Service }

func (sources) Exists(ctx context.Context, q db.Querier, name string) (bool, error) {
	return api.SourceExists(ctx, q, name)
}

func (s sources) Remove(ctx context.Context, tx *db.Tx, name string) error {
	token, err := api.DeleteSource(ctx, tx, name)
	if err != nil {
		return err
	}
	if err := s.people.RevokeToken(ctx, tx, token, ""); err != nil && !problem.Is(err, problem.NotFound) { // revoked before
		return err
	}
	return nil
}
