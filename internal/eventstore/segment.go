package eventstore

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tocsin-project/tocsin/internal/event"
)

const (
	segmentsDir = "segments"
	tempSuffix  = ".tmp"
	// orphanSuffix marks files that no catalogue row lists.
	orphanSuffix = ".orphan"
)

// write makes one file for each tenant and class in the table. After an error none is left.
func (s *Store) write(ctx context.Context, table *memTable) (segments []Segment, err error) {
	defer func() {
		if err != nil {
			s.removeFiles(segments)
		}
	}()
	parts := slices.SortedFunc(maps.Keys(table.parts), func(a, b partition) int {
		return cmp.Or(cmp.Compare(a.tenant, b.tenant), cmp.Compare(a.class, b.class))
	})
	for _, p := range parts {
		g, err := s.writeSegment(ctx, table, p)
		if err != nil {
			return segments, fmt.Errorf("write a segment: %w", err)
		}
		segments = append(segments, g)
	}
	return segments, nil
}

// writeSegment writes temp, syncs, renames and syncs the directory, so that a
// file under its final name is whole on disk before the catalogue names it.
func (s *Store) writeSegment(ctx context.Context, table *memTable, p partition) (Segment, error) {
	sum := table.parts[p]
	var id [16]byte
	rand.Read(id[:])
	g := Segment{ID: hex.EncodeToString(id[:]), Tenant: p.tenant, Class: p.class, Format: format, Columns: int(event.NumColumns), Rows: sum.rows,
		MinTime: sum.minTime, MaxTime: sum.maxTime, MinSeq: sum.minSeq, MaxSeq: sum.maxSeq,
		MerkleRoot: sum.tree.root(), Minutes: sum.blocks.minutes(), SealedAt: s.o.Now()}
	g.Path = segmentsDir + "/" + p.tenant.String() + "/" + g.Class + "/" + g.ID + ".parquet"
	final := s.path(&g)
	if err := os.MkdirAll(filepath.Dir(final), 0o700); err != nil {
		return g, err
	}
	temp := final + tempSuffix
	if err := s.copyRows(ctx, table, sum, temp); err != nil {
		return g, errors.Join(err, removeIfThere(temp))
	}
	var err error
	if g.SHA256, g.Bytes, err = syncAndHash(temp); err == nil {
		err = os.Rename(temp, final)
	}
	if err == nil {
		err = s.writeFilters(ctx, &g, &sum.blocks)
	}
	if err == nil {
		err = syncDirs(filepath.Dir(final), s.o.Dir)
	}
	if err != nil {
		return g, errors.Join(err, removeIfThere(temp), removeIfThere(final), removeIfThere(filterPath(final)))
	}
	return g, nil
}

// copyRows writes a partition's rows in the order in which they came, which is
// nearly that of time: row group by row group they are its blocks.
func (s *Store) copyRows(ctx context.Context, table *memTable, part *summary, file string) error {
	// COPY takes no parameter; the blocks are numbers and the name our own.
	// Level 1 takes half the time of the default and 1 % more room.
	res, err := s.engine.db.ExecContext(ctx, fmt.Sprintf(
		"COPY (SELECT * EXCLUDE ("+blockColumn.name+") FROM %s.main.%s WHERE "+blockColumn.name+" BETWEEN %d AND %d) TO %s (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE %d)",
		memCatalog, table.name, part.blocks.first, part.blocks.first+maxTableBlocks-1, literal(file), blockRows))
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n != part.rows {
		return fmt.Errorf("%d rows were written instead of %d (%v)", n, part.rows, err)
	}
	return nil
}

func syncAndHash(file string) (sum [32]byte, size int64, err error) {
	f, err := os.OpenFile(file, os.O_RDWR, 0)
	if err != nil {
		return sum, 0, err
	}
	defer f.Close()
	if err := f.Sync(); err != nil {
		return sum, 0, err
	}
	return hashFile(file)
}

func hashFile(file string) (sum [32]byte, size int64, err error) {
	f, err := os.Open(file)
	if err != nil {
		return sum, 0, err
	}
	defer f.Close()
	h := sha256.New()
	size, err = io.Copy(h, f)
	h.Sum(sum[:0])
	return sum, size, err
}

// syncDirs syncs dir and its parents up to top, so that new names survive.
func syncDirs(dir, top string) error {
	for {
		d, err := os.Open(dir)
		if err != nil {
			return err
		}
		if err := errors.Join(d.Sync(), d.Close()); err != nil {
			return err
		}
		if dir == top || len(dir) < len(top) {
			return nil
		}
		dir = filepath.Dir(dir)
	}
}

func removeIfThere(file string) error {
	if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func (s *Store) removeFiles(segments []Segment) {
	for i := range segments {
		if err := errors.Join(removeIfThere(s.path(&segments[i])), removeIfThere(filterPath(s.localPath(&segments[i])))); err != nil {
			s.o.Log.Warn("an unlisted segment file could not be removed; the next start does it", "file", segments[i].Path, "error", err)
		}
	}
}

// adopt takes the catalogue's segments. A listed file that is not there, or not
// as long as it was, is marked: the store opens without it and says so. A file
// that is not listed is removed when its segment was dropped; else it is what a
// crash left between file and commit, and is put aside.
func (s *Store) adopt(ctx context.Context, segments []Segment) error {
	listed, tiered := map[string]bool{}, map[string]bool{}
	for i := range segments {
		g := &segments[i]
		if !filepath.IsLocal(filepath.FromSlash(g.Path)) || !strings.HasPrefix(g.Path, segmentsDir+"/") {
			return fmt.Errorf("the catalogue lists a segment outside of the data directory: %q", g.Path)
		}
		if g.Tier == "" {
			listed[s.localPath(g)] = true
		}
		listed[filterPath(s.localPath(g))] = true
		tiered[g.ID] = g.Tier != ""
		if s.remote(g) {
			continue
		}
		if state, detail := s.look(g); state != SegmentOK {
			s.mark(g, state, detail)
		} else if g.Fault != "" {
			s.mark(g, SegmentDamaged, g.Fault)
		}
	}
	s.segments = slices.Clone(segments)
	sortSegments(s.segments)
	s.loadFilters(s.segments)
	return filepath.WalkDir(filepath.Join(s.o.Dir, segmentsDir), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || listed[path] {
			return err
		}
		if !strings.HasSuffix(path, ".parquet") && !strings.HasSuffix(path, tempSuffix) && !strings.HasSuffix(path, filterSuffix) {
			return nil
		}
		if !strings.HasSuffix(path, ".parquet") { // half written, or derived: nothing refers to it
			return os.Remove(path)
		}
		id := strings.TrimSuffix(filepath.Base(path), ".parquet")
		if tiered[id] { // moved; the crash came before the file went
			return os.Remove(path)
		}
		dropped, err := s.o.Catalogue.Dropped(ctx, id)
		if err != nil {
			return fmt.Errorf("read the segment catalogue: %w", err)
		}
		if dropped {
			return errors.Join(os.Remove(path), removeIfThere(filterPath(path)))
		}
		// Kept aside rather than removed: an older catalogue that was restored
		// by mistake must not cost events.
		s.o.Log.Warn("a segment file that the catalogue does not list is put aside", "file", path)
		return os.Rename(path, path+orphanSuffix)
	})
}
