package eventstore

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tocsin-project/tocsin/internal/problem"
)

// Tier is where old segments can be kept outside of the data directory. Names
// are those of Segment.Path: relative, with slashes.
type Tier interface {
	// Kind is "directory" or "s3".
	Kind() string
	// Dir is the directory in which files are read in place, "" when they are
	// fetched first.
	Dir() string
	// Put copies a file there, replacing what is there under the name. After an
	// error nothing half-written stands under the name.
	Put(ctx context.Context, name, file string) error
	// Get writes what is there to w. fs.ErrNotExist is in the error's chain when
	// nothing is.
	Get(ctx context.Context, name string, w io.Writer) error
	// Remove removes what is there; nothing is no error.
	Remove(ctx context.Context, name string) error
}

// localPath is where a segment's file is in the data directory, or would be.
func (s *Store) localPath(g *Segment) string {
	return filepath.Join(s.o.Dir, filepath.FromSlash(g.Path))
}

// path is where a segment's file is read.
func (s *Store) path(g *Segment) string {
	switch {
	case g.Tier == "":
		return s.localPath(g)
	case s.o.Tier != nil && s.o.Tier.Kind() == g.Tier && s.o.Tier.Dir() != "":
		return filepath.Join(s.o.Tier.Dir(), filepath.FromSlash(g.Location))
	}
	return filepath.Join(s.o.Dir, cacheDir, g.ID+".parquet")
}

// remote reports whether a segment has to be fetched to be read.
func (s *Store) remote(g *Segment) bool {
	return g.Tier != "" && (s.o.Tier == nil || s.o.Tier.Kind() != g.Tier || s.o.Tier.Dir() == "")
}

// fetch makes a segment's file there to be read until done is called.
func (s *Store) fetch(ctx context.Context, g *Segment) (done func(), err error) {
	if !s.remote(g) {
		return func() {}, nil
	}
	if s.o.Tier == nil || s.o.Tier.Kind() != g.Tier {
		return nil, fmt.Errorf("segment %s is in the %s tier, which is not configured", g.ID, g.Tier)
	}
	done, err = s.cache.get(ctx, g)
	if errors.Is(err, fs.ErrNotExist) {
		s.mark(g, SegmentMissing, "the tier does not have it")
	}
	return done, err
}

// Move copies a segment to the tier, reads the copy back, compares its SHA-256,
// and removes the local file once no search reads it. note writes Tier and
// Location to the catalogue: first only where a copy may come to be, so that
// none is ever forgotten, and then that it is the one that counts. After an
// error the segment is where it was.
func (s *Store) Move(ctx context.Context, id string, note func(context.Context, Segment) error) error {
	s.changeMu.Lock()
	defer s.changeMu.Unlock()
	g, err := s.segment(id)
	if err != nil {
		return err
	}
	if s.o.Tier == nil {
		return problem.New(problem.Conflict, "No tier is configured.")
	}
	if g.Tier != "" {
		return nil
	}
	g.Location = g.Path
	if err := note(ctx, g); err != nil {
		return fmt.Errorf("note where segment %s goes: %w", id, err)
	}
	s.replace(g, func() {})
	if err := s.o.Tier.Put(ctx, g.Location, s.localPath(&g)); err != nil {
		return fmt.Errorf("copy segment %s to the tier: %w", id, err)
	}
	h := sha256.New()
	if err := s.o.Tier.Get(ctx, g.Location, h); err != nil {
		return fmt.Errorf("read segment %s back from the tier: %w", id, err)
	}
	if [32]byte(h.Sum(nil)) != g.SHA256 {
		return fmt.Errorf("segment %s: the copy in the tier is not what was sealed; the local file stays", id)
	}
	g.Tier = s.o.Tier.Kind()
	if err := note(ctx, g); err != nil {
		return fmt.Errorf("note where segment %s is: %w", id, err)
	}
	s.replace(g, func() {
		if err := removeIfThere(s.localPath(&g)); err != nil {
			s.o.Log.Error("the local file of a segment in the tier could not be removed; the next start does it", "segment", g.ID, "error", err)
		}
	})
	return nil
}

// Restore brings a segment back from the tier into the data directory. The
// tier's copy goes when no search reads it any more.
func (s *Store) Restore(ctx context.Context, id string, note func(context.Context, Segment) error) error {
	s.changeMu.Lock()
	defer s.changeMu.Unlock()
	g, err := s.segment(id)
	if err != nil {
		return err
	}
	if g.Tier == "" {
		return problem.New(problem.Conflict, "This segment is in the data directory already.")
	}
	if s.o.Tier == nil || s.o.Tier.Kind() != g.Tier {
		return problem.New(problem.Conflict, "This segment is in a tier that is not configured.")
	}
	if err := s.bring(ctx, &g, s.localPath(&g)); err != nil {
		return fmt.Errorf("bring segment %s back: %w", id, err)
	}
	g.Tier = ""
	if err := note(ctx, g); err != nil {
		return fmt.Errorf("note where segment %s is: %w", id, err)
	}
	s.health.clear(id)
	s.replace(g, func() {
		if s.cache != nil {
			s.cache.forget(g.ID)
		}
		// One that stays is not forgotten: Location still names it.
		if err := s.o.Tier.Remove(context.WithoutCancel(ctx), g.Location); err != nil {
			s.o.Log.Warn("the tier's copy of a restored segment stays until the segment is dropped", "segment", g.ID, "error", err)
		}
	})
	return nil
}

// replace puts a changed entry into the list of segments.
func (s *Store) replace(g Segment, after func()) {
	s.relist(func(all []Segment) []Segment {
		for i := range all {
			if all[i].ID == g.ID {
				all[i] = g
			}
		}
		return all
	}, after)
}

// bring reads a segment from the tier into a file: written aside, compared,
// synced, renamed.
func (s *Store) bring(ctx context.Context, g *Segment, final string) error {
	if err := os.MkdirAll(filepath.Dir(final), 0o700); err != nil {
		return err
	}
	temp := final + tempSuffix
	f, err := os.OpenFile(temp, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	h := sha256.New()
	err = s.o.Tier.Get(ctx, g.Location, io.MultiWriter(f, h))
	if err == nil && [32]byte(h.Sum(nil)) != g.SHA256 {
		err = errors.New("what the tier has is not what was sealed")
		s.mark(g, SegmentDamaged, err.Error())
	}
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(temp, final)
	}
	if err == nil {
		err = syncDirs(filepath.Dir(final), s.o.Dir)
	}
	if err != nil {
		return errors.Join(err, removeIfThere(temp))
	}
	return nil
}
