package eventstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

const cacheDir = "cache"

// cache holds files that were fetched from the tier, up to a number of bytes;
// those that were not read for longest go first. A file that is being read
// stays, so one search over much may take it over its size for a while.
type cache struct {
	store *Store
	max   int64

	mu      sync.Mutex
	entries map[string]*cached
	clock   int64
}

type cached struct {
	file    string
	bytes   int64
	used    int64 // of clock
	readers int
	ready   chan struct{} // closed when the fetch has ended
	err     error         // of the fetch
}

// openCache takes over what is there from before. A file's hash is compared
// when it is first read, as the process may have died while it was written.
func openCache(s *Store, max int64) (*cache, error) {
	c := &cache{store: s, max: max, entries: map[string]*cached{}}
	dir := filepath.Join(s.o.Dir, cacheDir)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the directory of fetched segments: %w", err)
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("read the directory of fetched segments: %w", err)
	}
	kept := map[string]bool{}
	for i := range s.segments {
		g := &s.segments[i]
		kept[g.ID+".parquet"] = s.remote(g)
	}
	for _, f := range files {
		if strings.HasSuffix(f.Name(), tempSuffix) || !kept[f.Name()] {
			if err := os.Remove(filepath.Join(dir, f.Name())); err != nil {
				return nil, fmt.Errorf("tidy the directory of fetched segments: %w", err)
			}
		}
	}
	return c, nil
}

// get makes the segment's file there until done is called. Searches that want
// the same file fetch it once.
func (c *cache) get(ctx context.Context, g *Segment) (done func(), err error) {
	for {
		c.mu.Lock()
		e := c.entries[g.ID]
		first := e == nil
		if first {
			e = &cached{file: c.store.path(g), bytes: g.Bytes, ready: make(chan struct{})}
			c.entries[g.ID] = e
		}
		c.clock++
		e.used = c.clock
		e.readers++
		c.mu.Unlock()
		if first {
			e.err = c.fill(ctx, g, e.file)
			if e.err != nil {
				c.mu.Lock()
				delete(c.entries, g.ID)
				c.mu.Unlock()
			}
			close(e.ready)
		}
		select {
		case <-e.ready:
		case <-ctx.Done():
			c.release(e)
			return nil, ctx.Err()
		}
		if e.err == nil {
			c.evict()
			return func() { c.release(e); c.evict() }, nil
		}
		c.release(e)
		// Another search began the fetch and was stopped: this one begins anew.
		if !first && errors.Is(e.err, context.Canceled) || !first && errors.Is(e.err, context.DeadlineExceeded) {
			continue
		}
		return nil, e.err
	}
}

func (c *cache) fill(ctx context.Context, g *Segment, file string) error {
	if info, err := os.Stat(file); err == nil && info.Size() == g.Bytes {
		if sum, _, err := hashFile(file); err == nil && sum == g.SHA256 {
			return nil
		}
	}
	start := time.Now()
	if err := c.store.bring(ctx, g, file); err != nil {
		return fmt.Errorf("fetch segment %s: %w", g.ID, err)
	}
	c.store.o.Log.Debug("a segment was fetched from the tier", "segment", g.ID, "bytes", g.Bytes, "took", time.Since(start))
	return nil
}

func (c *cache) release(e *cached) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e.readers--
}

// evict removes what was not read for longest until the rest fits.
func (c *cache) evict() {
	c.mu.Lock()
	defer c.mu.Unlock()
	var total int64
	var idle []string
	for id, e := range c.entries {
		total += e.bytes
		if e.readers == 0 {
			idle = append(idle, id)
		}
	}
	slices.SortFunc(idle, func(a, b string) int { return cmp.Compare(c.entries[a].used, c.entries[b].used) })
	for _, id := range idle {
		if total <= c.max {
			return
		}
		e := c.entries[id]
		if err := removeIfThere(e.file); err != nil {
			c.store.o.Log.Warn("a fetched segment could not be removed from the cache", "file", e.file, "error", err)
			continue
		}
		total -= e.bytes
		delete(c.entries, id)
	}
}

// forget removes a segment that is no longer in the tier.
func (c *cache) forget(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.entries[id]; e != nil {
		delete(c.entries, id)
		_ = removeIfThere(e.file) // else the next start tidies
	}
}
