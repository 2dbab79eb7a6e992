package notify_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/notify"
	"github.com/tocsin-project/tocsin/internal/problem"
)

func (b *bench) mailing(people ...string) (ids []string) {
	b.Helper()
	b.tx(func(ctx context.Context, tx *db.Tx) error {
		picture, err := b.s.KeepPicture(ctx, tx, notify.Picture{Name: "over\nview.png", Type: "image/png", Data: []byte{0, 1, 0xff}})
		if err != nil {
			return err
		}
		for _, p := range people {
			id, err := b.s.QueueWith(ctx, tx, notify.Message{Kind: notify.KindInfo, Channel: "email", Recipient: p, RecipientKind: "person", Subject: "Overview"}, picture)
			if err != nil {
				return err
			}
			ids = append(ids, id)
		}
		return nil
	})
	return ids
}

func (b *bench) pictures() (n int) {
	b.Helper()
	if err := b.db.For(1, "test").QueryRow(b.Context(), "SELECT count(*) FROM message_picture WHERE tenant = :tenant").Scan(&n); err != nil {
		b.Fatal(err)
	}
	return n
}

func TestAPictureGoesWithEachOfItsMessages(t *testing.T) {
	each(t, func(b *bench) {
		b.mailing("ann", "bob")
		if _, err := b.s.Due(b.Context()); err != nil {
			b.Fatal(err)
		}
		if len(b.sent) != 2 || b.pictures() != 1 {
			b.Fatalf("%d sent, %d pictures", len(b.sent), b.pictures())
		}
		for _, d := range b.sent {
			if d.Picture == nil || d.Picture.Name != "over view.png" || d.Picture.Type != "image/png" || !bytes.Equal(d.Picture.Data, []byte{0, 1, 0xff}) {
				b.Errorf("%+v", d.Picture)
			}
		}
	})
}

func TestPicturesAreForgottenWhenNothingCanCarryThemAnyMore(t *testing.T) {
	each(t, func(b *bench) {
		b.mailing("ann")
		b.now = b.now.Add(47 * time.Hour)
		b.mailing("ann")
		if n := b.pictures(); n != 2 {
			b.Errorf("%d pictures", n)
		}
		b.now = b.now.Add(2 * time.Hour)
		b.mailing("ann")
		if n := b.pictures(); n != 2 {
			b.Errorf("%d pictures after two days", n)
		}
	})
}

func TestAMessageWhosePictureIsGoneIsNotSent(t *testing.T) {
	each(t, func(b *bench) {
		b.mailing("ann")
		b.tx(func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, "DELETE FROM message_picture WHERE tenant = :tenant")
			return err
		})
		if _, err := b.s.Due(b.Context()); err != nil {
			b.Fatal(err)
		}
		all, err := b.s.List(b.Context(), b.db.For(1, "test"), notify.Filter{Limit: 10})
		if err != nil || len(b.sent) != 0 || len(all) != 1 || all[0].State != notify.StateFailed || !strings.Contains(all[0].Error, "picture is gone") {
			b.Errorf("%v %+v", err, all)
		}
	})
}

func TestAPictureHasALimit(t *testing.T) {
	each(t, func(b *bench) {
		err := b.db.For(1, "a").Tx(b.Context(), func(tx *db.Tx) error {
			_, err := b.s.KeepPicture(b.Context(), tx, notify.Picture{Data: make([]byte, 8<<20+1)})
			return err
		})
		if !problem.Is(err, problem.TooLarge) {
			b.Errorf("%v", err)
		}
	})
}
