package retention

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// Class says how long events are kept.
type Class struct {
	Name     string `json:"name"`
	Days     int64  `json:"days"`      // 0: for ever
	MaxBytes int64  `json:"max_bytes"` // of its segments; 0: no limit
	// FloorDays is how old events must be for the disk-full plan to drop them
	// early; 0: it never does.
	FloorDays int64 `json:"floor_days"`
}

const (
	maxDays        = 36_500
	maxClasses     = 100
	maxAssignments = 2_000
)

func (c Class) check() error {
	switch {
	case !eventstore.ValidClass(c.Name):
		return &problem.Error{Kind: problem.Invalid, Detail: "A class's name has 1 to 32 lower-case letters, digits and dashes.", Fields: []problem.Field{{Name: "name", Detail: "lower-case letters, digits, -"}}}
	case c.Days < 0 || c.Days > maxDays || c.FloorDays < 0 || c.FloorDays > maxDays:
		return &problem.Error{Kind: problem.Invalid, Detail: "Days are 0 (for ever) to 36500.", Fields: []problem.Field{{Name: "days", Detail: "0 to 36500"}}}
	case c.MaxBytes < 0:
		return &problem.Error{Kind: problem.Invalid, Detail: "Bytes are 0 (no limit) or more.", Fields: []problem.Field{{Name: "max_bytes", Detail: "0 or more"}}}
	}
	return nil
}

// Assignment puts events of a source and source type into a class; "" is any.
type Assignment struct {
	ID         string `json:"id"`
	Source     string `json:"source"`
	SourceType string `json:"source_type"`
	Class      string `json:"class"`
}

// overlaps reports whether some event is of both patterns.
func (a Assignment) overlaps(b Assignment) bool {
	same := func(x, y string) bool { return x == "" || y == "" || x == y }
	return same(a.Source, b.Source) && same(a.SourceType, b.SourceType)
}

// rank orders patterns: the most specific wins, the source before the type.
func (a Assignment) rank() int {
	n := 0
	if a.Source != "" {
		n += 2
	}
	if a.SourceType != "" {
		n++
	}
	return n
}

// Policy is what a tenant has decided. Classes always has the default one.
type Policy struct {
	Classes     []Class
	Assignments []Assignment
}

// Class finds a class by its name.
func (p Policy) Class(name string) (Class, bool) {
	i := slices.IndexFunc(p.Classes, func(c Class) bool { return c.Name == name })
	if i < 0 {
		return Class{}, false
	}
	return p.Classes[i], true
}

// Of is the class by which segments of that name are kept: those of a class
// that was removed follow the default one.
func (p Policy) Of(name string) Class {
	if c, ok := p.Class(name); ok {
		return c
	}
	c, _ := p.Class(eventstore.DefaultClass)
	return c
}

// behind lists the classes that events of a pattern would fall to without it.
func (p Policy) behind(a Assignment) []Class {
	out := []Class{p.Of(eventstore.DefaultClass)}
	for _, b := range p.Assignments {
		if b.rank() < a.rank() && a.overlaps(b) {
			out = append(out, p.Of(b.Class))
		}
	}
	return out
}

// sooner reports whether something of a may go before it would go of b.
func sooner(a, b Class) bool {
	limit := func(x, y int64) bool { return x > 0 && (y == 0 || x < y) }
	// Another bounded class has other events, which push these out.
	return limit(a.Days, b.Days) || limit(a.MaxBytes, b.MaxBytes) || limit(a.FloorDays, b.FloorDays) || a.Name != b.Name && a.MaxBytes > 0
}

func soonerThanAny(a Class, of []Class) bool {
	return slices.ContainsFunc(of, func(b Class) bool { return sooner(a, b) })
}

// pattern is what an assignment applies to.
type pattern struct{ source, sourceType string }

type table map[pattern]string

// Classes answers, for each event, which class it is of. It is asked under the
// event store's append lock: no lock, no allocation.
type Classes struct {
	db  *db.DB
	log *slog.Logger
	mu  sync.Mutex // one load at a time, so that the last one sees the newest
	now atomic.Pointer[map[tenant.ID]table]
}

// NewClasses reads the assignments of all tenants.
func NewClasses(ctx context.Context, d *db.DB, log *slog.Logger) (*Classes, error) {
	c := &Classes{db: d, log: log}
	return c, c.load(ctx)
}

func (c *Classes) load(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	all, err := allAssignments(ctx, c.db.System("retention"))
	if err != nil {
		return fmt.Errorf("read the retention policy: %w", err)
	}
	c.now.Store(&all)
	return nil
}

// reload follows a change that is committed. If it fails, events go on into the
// classes of before, which nothing drops early.
func (c *Classes) reload() {
	if err := c.load(context.Background()); err != nil {
		c.log.Error("new assignments of retention classes are not in use yet; the next change or start reads them again", "error", err)
	}
}

// Of names the class of an event.
func (c *Classes) Of(t tenant.ID, source, sourceType string) string {
	of := (*c.now.Load())[t]
	if len(of) == 0 {
		return eventstore.DefaultClass
	}
	for _, p := range [...]pattern{{source, sourceType}, {source, ""}, {"", sourceType}, {"", ""}} {
		if class, ok := of[p]; ok {
			return class
		}
	}
	return eventstore.DefaultClass
}
