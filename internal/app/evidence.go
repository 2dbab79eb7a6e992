package app

import (
	"context"
	"path/filepath"

	"github.com/tocsin-project/tocsin/internal/auth"
	"github.com/tocsin-project/tocsin/internal/cases"
	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/evidence"
	"github.com/tocsin-project/tocsin/internal/problem"
)

// openEvidence makes the places of both copies.
func openEvidence(c Config) (*evidence.Blobs, error) {
	second := c.Evidence.Copy
	if second == "" {
		second = filepath.Join(c.Data, "evidence-copy")
	}
	return evidence.OpenBlobs(filepath.Join(c.Data, "evidence"), second)
}

// evidenceCases tells evidence how people write a case and a name.
type evidenceCases struct{}

func (evidenceCases) Label(ctx context.Context, q db.Querier, id string) (string, error) {
	c, err := cases.Get(ctx, q, id)
	return c.Label(), err
}

func (evidenceCases) Name(ctx context.Context, q db.Querier, person string) (string, error) {
	p, err := auth.GetPerson(ctx, q, person)
	if problem.Is(err, problem.NotFound) {
		return person, nil
	}
	return p.Name, err
}
