package notify

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/problem"
)

const (
	maxPicture = 8 << 20 // bytes
	// keepPictures is longer than any message that carries one is tried.
	keepPictures = 48 * time.Hour
)

// KeepPicture keeps a picture for messages of the same transaction, once for
// all of them, until none of them can be under way any more.
func (s *Service) KeepPicture(ctx context.Context, tx *db.Tx, p Picture) (id string, err error) {
	if len(p.Data) > maxPicture {
		return "", problem.New(problem.TooLarge, "The picture has over %d MiB.", maxPicture>>20)
	}
	now := s.Now()
	if err := forgetPictures(ctx, tx, now.Add(-keepPictures)); err != nil {
		return "", fmt.Errorf("forget pictures: %w", err)
	}
	id = db.NewID(now)
	p.Name = oneLine(p.Name)
	return id, insertPicture(ctx, tx, id, p, now)
}

// picture reads what a message carries. A message whose picture is gone is not
// sent: it would say nothing.
func (s *Service) picture(ctx context.Context, m claimed) (*Picture, error) {
	if m.Picture == "" {
		return nil, nil
	}
	p, err := getPicture(ctx, s.DB.For(m.Tenant, "system"), m.Picture)
	if problem.Is(err, problem.NotFound) {
		return nil, Permanent(errors.New("the message's picture is gone"))
	}
	if err != nil {
		return nil, fmt.Errorf("read the message's picture: %w", err)
	}
	return &p, nil
}

func decodePicture(p Picture, text string) (Picture, error) {
	var err error
	p.Data, err = base64.StdEncoding.DecodeString(text)
	return p, err
}

func encodePicture(p Picture) string { return base64.StdEncoding.EncodeToString(p.Data) }
