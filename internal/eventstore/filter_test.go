package eventstore

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/journal"
	"github.com/tocsin-project/tocsin/internal/loadgen"
	"github.com/tocsin-project/tocsin/internal/normalize"
	"github.com/tocsin-project/tocsin/internal/query"
)

// mixed makes n decoded events of the load generator.
func mixed(t testing.TB, n int, needles loadgen.Needles) []event.Event {
	t.Helper()
	m, bad := normalize.Load(normalize.Shipped())
	if len(bad) > 0 {
		t.Fatal(bad)
	}
	w := normalize.New(m).Worker()
	g := loadgen.New(1, time.Unix(0, t0), time.Millisecond, needles)
	out := make([]event.Event, 0, n)
	for i := range n {
		l := g.Next()
		r := journal.Record{Tenant: 1, Received: l.Time.UnixNano(), Source: l.Source, Transport: l.Transport, Peer: l.Peer, Raw: slices.Clone(l.Raw)}
		out = w.Batch(journal.Batch{Seq: uint64(i/1000 + 1), Records: []journal.Record{r}}, out)
		e := &out[i]
		e.Pos.Index = uint32(i % 1000)
		e.ID = event.PositionID(1, e.Time, e.Pos)
	}
	return out
}

func blockOf(evs []event.Event) block {
	bs := &blocks{}
	for i := range evs {
		raw, _ := query.RawText(evs[i].Raw)
		bs.terms().event(&evs[i], raw)
		bs.count(&evs[i])
	}
	return bs.finish()[0]
}

// The one promise of a filter: what matches in a block is never passed over.
func TestAFilterNeverHidesAMatch(t *testing.T) {
	evs := mixed(t, 4000, loadgen.Needles{Every: 1000})
	odd := []string{"Ünïcode ÄRGER mit K und ſ", `a "quoted\backslash" \n path C:\Temp\x.exe`, "1.203.0.113.77 5-203.0.113.78 1203.0.113.79.5", "x203.0.113.80y", "tab\tand\nline", "\x00nul \xff bad", "::ffff:10.1.2.3 2001:DB8::1", "ab cd", "a", ""}
	for i, text := range odd {
		evs = append(evs, makeEvent(1, 9, uint32(i), t0, event.Event{Raw: []byte(text), Message: text, Fields: []event.Field{
			field("odd", str(text)), field("list", event.ListValue([]event.Value{str(text), event.IntValue(int64(i))})), field("n", event.FloatValue(float64(i)+0.5))}}))
	}
	b := blockOf(evs)
	rng := rand.New(rand.NewPCG(1, 2))
	tried := 0
	for range 20_000 {
		e := &evs[rng.IntN(len(evs))]
		text := queryFor(rng, e)
		x, err := query.Parse(text, time.Unix(0, t0))
		if err != nil || !x.Match(e) {
			continue
		}
		tried++
		if !newProbe(x).may(&reader{}, &b) {
			t.Fatalf("%s is passed over, and matches %q %+v", text, e.Raw, e.Fields)
		}
	}
	if tried < 5000 {
		t.Fatalf("only %d queries matched what they were cut out of", tried)
	}
}

// queryFor cuts a query out of an event.
func queryFor(rng *rand.Rand, e *event.Event) string {
	texts := []string{e.Message, string(e.Raw)}
	name := ""
	if len(e.Fields) > 0 && rng.IntN(2) == 0 {
		f := e.Fields[rng.IntN(len(e.Fields))]
		texts, name = []string{f.Value.Text()}, "fields."+f.Key
	} else if len(e.Columns) > 0 && rng.IntN(2) == 0 {
		c := e.Columns[rng.IntN(len(e.Columns))]
		texts, name = []string{c.Value.Text()}, c.ID.Info().Name
	}
	s := texts[rng.IntN(len(texts))]
	if rng.IntN(3) == 0 {
		s = strings.ToUpper(s)
	}
	if name != "" && rng.IntN(2) == 0 {
		return fmt.Sprintf("%q:%q", name, s)
	}
	runes := []rune(s)
	if len(runes) == 0 {
		return "x"
	}
	lo := rng.IntN(len(runes))
	cut := string(runes[lo : lo+1+rng.IntN(min(20, len(runes)-lo))])
	star := func(s string) string {
		var b strings.Builder
		for _, r := range s {
			if !query.WordByte(byte(min(r, 127))) {
				b.WriteByte('\\')
			}
			b.WriteRune(r)
		}
		return b.String()
	}
	switch rng.IntN(4) {
	case 0:
		return fmt.Sprintf("%q", cut)
	case 1:
		return "*" + star(cut) + "*"
	case 2:
		if name != "" {
			return fmt.Sprintf("%q:*%s*", name, star(cut))
		}
		return star(cut) + "*"
	}
	if name != "" {
		return fmt.Sprintf("%q:/%s/", name, strings.NewReplacer("/", `\/`, " ", `\s`).Replace(cut))
	}
	return "raw:*" + star(cut) + "*"
}

func TestFiltersPassOverBlocksWithoutTheTerm(t *testing.T) {
	evs := mixed(t, 2*blockRows, loadgen.Needles{})
	b, other := blockOf(evs[:blockRows]), blockOf(evs[blockRows:])
	t.Logf("%d rows: %d bytes of words, %d of grams: %.1f bytes a row", b.rows, b.words.bytes, b.grams.bytes, float64(b.words.bytes+b.grams.bytes)/float64(b.rows))
	for _, text := range []string{loadgen.NeedleWord, "user:" + loadgen.NeedleUser, "session_token:" + loadgen.NeedleField, "*" + loadgen.NeedleMiddle + "*",
		"203.0.113.77", "src.ip:203.0.113.77", "zirconium or quartz17x", "failed zirconium", "raw:/xmizar.*32/", `"C:\Users\Public\nothing9.exe"`} {
		// A filter is wrong once in 220: both blocks' together hardly ever.
		if p := newProbe(parse(t, text)); p.may(&reader{}, &b) && p.may(&reader{}, &other) {
			t.Errorf("%s: the blocks are not passed over", text)
		}
	}
	for _, text := range []string{"not zirconium", "zirconium or password", "src.port:>1", "user:*", "*a*", "password"} {
		if p := newProbe(parse(t, text)); !p.may(&reader{}, &b) {
			t.Errorf("%s: the block is passed over", text)
		}
	}
	wrong := 0
	for i := range 2000 {
		if newProbe(parse(t, fmt.Sprintf("word%dx", i*7919))).may(&reader{}, &b) {
			wrong++
		}
	}
	if wrong > 20 { // one in 300 by words, far fewer with the grams
		t.Errorf("%d of 2,000 absent words are not passed over", wrong)
	}
}

func TestFilterFilesComeBackAsTheyWereAndDamageIsFound(t *testing.T) {
	evs := mixed(t, 3*blockRows/2, loadgen.Needles{})
	want := []block{blockOf(evs[:blockRows]), blockOf(evs[blockRows:])}
	path := filepath.Join(t.TempDir(), "x.filter")
	tallies := []tally{{"fw", "x", []Minute{{Start: 7, Total: 3, Failure: 1, Severity: [8]int64{0: 2, 7: 1}}, {Start: 9, Total: 1, Success: 1, Severity: [8]int64{1: 1}}}}, {"", "", nil}}
	must(t, writeFilter(path, want, tallies))
	f, err := openFilter(path)
	must(t, err)
	must(t, f.intact())
	if len(f.blocks) != 2 || f.blocks[0].rows != blockRows || f.blocks[1].maxTime != want[1].maxTime || f.blocks[1].words.bytes != want[1].words.bytes || f.blocks[0].grams.bytes != want[0].grams.bytes {
		t.Fatal("the blocks differ")
	}
	if got, err := f.tallies(); err != nil || fmt.Sprint(got) != fmt.Sprint(tallies) {
		t.Fatalf("%v %v", got, err)
	}
	whole, err := os.ReadFile(path)
	must(t, err)
	for _, n := range []int{0, 10, filterHead, 100, len(whole) - 1} {
		must(t, os.WriteFile(path, whole[:n], 0o600))
		if _, err := openFilter(path); err == nil {
			t.Errorf("a file cut at %d bytes is taken", n)
		}
	}
	for _, at := range []int{0, 9, filterHead, filterHead + 20, len(whole) / 2, len(whole) - 1} {
		flipped := slices.Clone(whole)
		flipped[at] ^= 1
		must(t, os.WriteFile(path, flipped, 0o600))
		if f, err := openFilter(path); err == nil && f.intact() == nil {
			t.Errorf("a flipped byte at %d is not found", at)
		}
	}
}

func FuzzFilterFile(f *testing.F) {
	path := filepath.Join(f.TempDir(), "seed.filter")
	if err := writeFilter(path, []block{{rows: 1, words: inMemory([]byte{1}), grams: inMemory([]byte{1, 2})}}, []tally{{"a", "b", []Minute{{Start: 1, Total: 1}}}}); err != nil {
		f.Fatal(err)
	}
	seed, _ := os.ReadFile(path)
	f.Add(seed)
	f.Fuzz(func(t *testing.T, data []byte) {
		ff, r := &filterFile{}, bytes.NewReader(data)
		if ff.parse(r, int64(len(data))) == nil {
			for i := range ff.blocks {
				newProbe(parse(t, "abc *defghi* 1.2.3.4")).may(&reader{file: r}, &ff.blocks[i])
			}
			if end := ff.tallyAt + ff.tallyBytes; end <= int64(len(data)) {
				_, _ = parseTallies(data[ff.tallyAt:end])
			}
		}
	})
}

func TestDamagedAndMissingFiltersAreMadeAgain(t *testing.T) {
	dir, cat := t.TempDir(), &memCatalogue{}
	s := open(t, Options{Dir: dir, Catalogue: cat})
	evs := mixed(t, 20_000, loadgen.Needles{Every: 5000})
	must(t, s.Append(evs, 20))
	must(t, s.Seal(t.Context()))
	want := all(t, s, 1, Request{Query: parse(t, loadgen.NeedleWord)})
	if len(want) != 4 {
		t.Fatalf("%d rows, want 4", len(want))
	}
	g := s.Segments()[0]
	path := filterPath(s.localPath(&g))
	whole, err := os.ReadFile(path)
	must(t, err)
	for name, damage := range map[string]func(){
		"missing": func() { must(t, os.Remove(path)) },
		"flipped": func() { b := slices.Clone(whole); b[len(b)/2] ^= 8; must(t, os.WriteFile(path, b, 0o600)) },
		"cut":     func() { must(t, os.WriteFile(path, whole[:1000], 0o600)) },
	} {
		must(t, s.Close(t.Context()))
		damage()
		s = open(t, Options{Dir: dir, Catalogue: cat})
		if got := all(t, s, 1, Request{Query: parse(t, loadgen.NeedleWord)}); !slices.Equal(got, want) {
			t.Fatalf("%s: %d rows, want 4", name, len(got))
		}
		for s.Segments()[0].filter == nil { // made in the background
			time.Sleep(time.Millisecond)
		}
		again, err := os.ReadFile(path)
		must(t, err)
		if !slices.Equal(again, whole) {
			t.Errorf("%s: the filter that was made again differs", name)
		}
	}
}
