package knowledge

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/record"
)

// Recorder appends to the record.
type Recorder interface {
	Append(ctx context.Context, tx *db.Tx, e record.Entry) (int64, error)
}

// Service keeps articles. Its writing methods run in the caller's transaction,
// so that closing a case and keeping its solution are one act.
type Service struct {
	record Recorder
	now    func() time.Time
}

// New makes the service.
func New(r Recorder, now func() time.Time) *Service { return &Service{record: r, now: now} }

// Create keeps a new article, in the name of the transaction's actor.
func (s *Service) Create(ctx context.Context, tx *db.Tx, d Draft) (Article, error) {
	if err := d.Text.tidy(); err != nil {
		return Article{}, err
	}
	now := s.now().UTC().Truncate(time.Microsecond)
	a := Article{
		ID: db.NewID(now), Draft: d, Author: tx.Scope().Actor, Version: 1, Created: now, Updated: now,
		textRow: 1 + rand.Int64N(1<<62),
	}
	if err := insertArticle(ctx, tx, &a); err != nil {
		return Article{}, fmt.Errorf("create article: %w", err)
	}
	return a, s.changed(ctx, tx, &a, "article.created")
}

// Update replaces the text of the version that the caller has seen. It gives a
// Stale problem when that is no longer the present one.
func (s *Service) Update(ctx context.Context, tx *db.Tx, id string, version int64, t Text) (Article, error) {
	if err := t.tidy(); err != nil {
		return Article{}, err
	}
	a, err := articleByID(ctx, tx, id)
	if err != nil {
		return Article{}, err
	}
	a.Text, a.Author, a.Version = t, tx.Scope().Actor, version+1
	a.Updated = s.now().UTC().Truncate(time.Microsecond)
	if err := updateArticle(ctx, tx, &a); err != nil {
		return Article{}, fmt.Errorf("update article %s: %w", id, err)
	}
	return a, s.changed(ctx, tx, &a, "article.updated")
}

// changed keeps the version and records it. The record proves the text by its
// hash and does not hold it: people may have written names into it.
func (s *Service) changed(ctx context.Context, tx *db.Tx, a *Article, kind string) error {
	body := db.JSON(a.Text)
	if err := insertRevision(ctx, tx, a, body); err != nil {
		return fmt.Errorf("keep version %d of article %s: %w", a.Version, a.ID, err)
	}
	sum := sha256.Sum256([]byte(body))
	_, err := s.record.Append(ctx, tx, record.Entry{
		Kind: kind, Subject: "article", SubjectID: a.ID, Exercise: a.Exercise,
		Data: map[string]any{"case": a.CaseID, "type": a.Type, "version": a.Version, "sha256": hex.EncodeToString(sum[:])},
	})
	return err
}

// Used notes that an article helped to solve a case.
func (s *Service) Used(ctx context.Context, tx *db.Tx, id, caseID string) error {
	a, err := articleByID(ctx, tx, id)
	if err != nil {
		return err
	}
	if err := countUse(ctx, tx, id); err != nil {
		return fmt.Errorf("note the use of article %s: %w", id, err)
	}
	_, err = s.record.Append(ctx, tx, record.Entry{
		Kind: "article.used", Subject: "article", SubjectID: id, Exercise: a.Exercise, Data: map[string]any{"case": caseID},
	})
	return err
}

// Get returns an article; a NotFound problem when there is none.
func (s *Service) Get(ctx context.Context, q db.Querier, id string) (Article, error) {
	return articleByID(ctx, q, id)
}

// History returns all versions of an article, the present one first.
func (s *Service) History(ctx context.Context, q db.Querier, id string) ([]Revision, error) {
	if _, err := articleByID(ctx, q, id); err != nil {
		return nil, err
	}
	return revisions(ctx, q, id)
}

// Filter chooses articles. List returns the most recently changed first.
type Filter struct {
	Type     string // exactly; "" for all
	CaseID   string // "" for all
	Exercise string // articles of that exercise; "" for the real ones
	// After is where the page before ended: its last article; nil for the first page.
	After *Place
	Limit int // 1..200; 0 gives 50
}

// Place is a position in a list.
type Place struct {
	Updated time.Time `json:"updated"`
	ID      string    `json:"id"`
}

// List returns one page of articles, and where the next begins; nil at the end.
func (s *Service) List(ctx context.Context, q db.Querier, f Filter) ([]Article, *Place, error) {
	limit := pageSize(f.Limit)
	found, err := listArticles(ctx, q, f, limit+1)
	if err != nil || len(found) <= limit {
		return found, nil, err
	}
	last := found[limit-1]
	return found[:limit], &Place{last.Updated, last.ID}, nil
}

// Search returns the articles that hold all the words, the best first. An
// empty search finds nothing. exercise is as in Filter.
func (s *Service) Search(ctx context.Context, q db.Querier, words, exercise string, limit int) ([]Article, error) {
	terms := parseSearch(words)
	if len(terms) == 0 {
		return nil, nil
	}
	return searchArticles(ctx, q, terms, exercise, pageSize(limit))
}

func pageSize(n int) int {
	if n == 0 {
		return 50
	}
	return min(max(n, 1), 200)
}
