package eventstore

import (
	"context"
	"errors"
	"testing"

	"github.com/tocsin-project/tocsin/internal/event"
)

func TestAScanEndsWithItsCallerAndGivesTheSlotBack(t *testing.T) {
	s := open(t, Options{Searches: 1})
	must(t, s.Append(simple(1, 1, scanPage+10, inOrder), 1))
	must(t, s.Flush())
	enough := errors.New("enough")
	err := s.Scan(t.Context(), 1, 0, 0, nil, func([]event.Event) error {
		if _, err := s.Search(t.Context(), 1, Request{}); err != nil { // the only slot is free
			return err
		}
		return enough
	})
	if !errors.Is(err, enough) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err = s.Scan(ctx, 1, 0, 0, nil, func([]event.Event) error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
