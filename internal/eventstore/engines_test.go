package eventstore_test

import (
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/eventstore/enginetest"
)

// place is a directory with its catalogue.
type place struct {
	dir string
	eventstore.Catalogue
}

func (p place) Open(t *testing.T) eventstore.Engine {
	t.Helper()
	s, err := eventstore.Open(t.Context(), eventstore.Options{Dir: p.dir, Catalogue: p.Catalogue})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// list is a catalogue in memory.
type list struct {
	mu       sync.Mutex
	segments []eventstore.Segment
	seq      uint64
}

func (l *list) Segments(context.Context) ([]eventstore.Segment, uint64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.segments), l.seq, nil
}

func (l *list) Commit(_ context.Context, gs []eventstore.Segment, seq uint64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.segments, l.seq = append(l.segments, gs...), seq
	return nil
}

func (l *list) Dropped(context.Context, string) (bool, error) { return false, nil }

func TestTheEmbeddedEngineDoesWhatEveryEngineMust(t *testing.T) {
	enginetest.Run(t, func(t *testing.T) enginetest.Place { return place{t.TempDir(), &list{}} })
}
