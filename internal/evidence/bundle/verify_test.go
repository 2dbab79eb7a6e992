package bundle

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/db/dbtest"
	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/record"
)

var noon = time.Date(2026, 6, 1, 12, 0, 0, 123456789, time.UTC)

// snapshot is one of three events of a segment of five, with one that is not
// text and one with an id of its sender's, and the record around it.
type snapshot struct {
	t        *testing.T
	keys     *record.Keys
	contents Contents
	file     []byte
}

func (s *snapshot) key() Key { return Key{s.keys.Signer, s.keys.Public} }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newSnapshot(t *testing.T) *snapshot {
	t.Helper()
	d := dbtest.SQLite(t)
	keys, err := record.LoadKeys(t.TempDir(), "tocsin-test")
	must(t, err)
	rec := record.New(d, func() time.Time { return noon })
	var leaves []tlog.Hash
	var events []Event
	for i := range 5 {
		raw := []byte("sshd[1]: Failed password for root, try " + string(rune('1'+i)))
		if i == 3 {
			raw = []byte("\xff\x00\xfe")
		}
		at := noon.Add(time.Duration(i) * time.Second)
		pos := event.Position{Seq: 7, Index: uint32(i)}
		e := Event{ID: event.PositionID(1, at.UnixNano(), pos), Seq: 7, Index: uint32(i), Time: at, Received: at, Fields: json.RawMessage("{}"), Columns: map[string]any{"user.name": "root"}}
		if i == 2 {
			e.ID = event.NewID(1, at.UnixNano(), []byte("the sender's own"))
		}
		text := string(raw)
		if e.Raw = &text; i == 3 {
			e.Raw, e.RawBase64 = nil, raw
		}
		h := sha256.Sum256(raw)
		e.RawSHA256 = hex.EncodeToString(h[:])
		leaves = append(leaves, eventstore.LeafHash(e.ID, h))
		events = append(events, e)
	}
	var tree []tlog.Hash
	reader := tlog.HashReaderFunc(func(at []int64) (out []tlog.Hash, _ error) {
		for _, i := range at {
			out = append(out, tree[i])
		}
		return out, nil
	})
	for i, l := range leaves {
		more, err := tlog.StoredHashesForRecordHash(int64(i), l, reader)
		must(t, err)
		tree = append(tree, more...)
	}
	root, err := tlog.TreeHash(5, reader)
	must(t, err)
	s := &snapshot{t: t, keys: keys}
	c := &s.contents
	for _, i := range []int{1, 2, 3} {
		path, err := tlog.ProveRecord(5, int64(i), reader)
		must(t, err)
		c.Proofs.Events = append(c.Proofs.Events, FromEvent(&eventstore.EventProof{ID: events[i].ID, Segment: "s1", Index: int64(i), Path: path}))
	}
	c.Lines, err = Lines(events[1:4])
	must(t, err)
	var seq int64
	must(t, d.For(1, "ann").Tx(t.Context(), func(tx *db.Tx) (err error) {
		for i := range 9 {
			e := record.Entry{Kind: "segment.sealed", Subject: "segment", SubjectID: "s" + string(rune('0'+i)), Data: map[string]any{"rows": 5, "merkle_root": hex.EncodeToString(root[:])}}
			n, err := rec.Append(t.Context(), tx, e)
			if err != nil {
				return err
			}
			if i == 1 {
				seq = n
			}
		}
		return nil
	}))
	_, err = record.NewSealer(rec, keys.Signer, slog.New(slog.DiscardHandler)).Seal(t.Context())
	must(t, err)
	p, err := record.Prove(t.Context(), d.For(1, "ann"), seq)
	must(t, err)
	c.Proofs.Segments = []Segment{{ID: "s1", MerkleRoot: hex.EncodeToString(root[:]), Rows: 5, Record: FromRecord(p)}}
	c.Manifest = Manifest{ID: "e1", CaseID: "c1", Case: "CASE-1", Title: "Tries at root", TakenBy: Person{"p1", "Ann"}, TakenAt: noon.Format(time.RFC3339Nano), Events: 3}
	s.file, err = Pack(*c, 1, s.key())
	must(t, err)
	return s
}

// zipOf packs files as somebody does who alters a snapshot.
func zipOf(t *testing.T, files map[string][]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		w, err := z.Create(name)
		must(t, err)
		_, err = w.Write(files[name])
		must(t, err)
	}
	must(t, z.Close())
	return b.Bytes()
}

func TestAnUntouchedSnapshotVerifies(t *testing.T) {
	s := newSnapshot(t)
	for name, trust := range map[string]Trust{
		"by itself":                 {},
		"by a kept key":             {Key: s.keys.Public + "\n"},
		"and by a kept checkpoint":  {Key: s.keys.Public, Checkpoint: s.contents.Proofs.Segments[0].Record.Checkpoint},
		"by a kept checkpoint only": {Checkpoint: s.contents.Proofs.Segments[0].Record.Checkpoint},
	} {
		r := Verify(s.file, trust)
		if len(r.Findings) > 0 || r.Events != 3 || r.Segments != 1 || r.Pending != 0 || r.Placed != 2 || r.OwnKey != (trust.Key == "") || r.Manifest.Title != "Tries at root" {
			t.Errorf("%s: %+v", name, r)
		}
	}
	again, err := Pack(s.contents, 1, s.key())
	must(t, err)
	if !bytes.Equal(again, s.file) {
		t.Error("packed again it is another file")
	}
	c, err := Open(s.file)
	must(t, err)
	if again, err = Pack(c, 1, s.key()); err != nil || !bytes.Equal(again, s.file) {
		t.Errorf("opened and packed again it is another file: %v", err)
	}
}

func TestASnapshotThatIsNotYetUnderACheckpointSaysSo(t *testing.T) {
	s := newSnapshot(t)
	s.contents.Proofs.Segments[0].Record = nil
	file, err := Pack(s.contents, 1, s.key())
	must(t, err)
	if r := Verify(file, Trust{}); len(r.Findings) > 0 || r.Pending != 1 || !r.Manifest.Pending || r.Placed != 2 {
		t.Errorf("%+v", r)
	}
}

// Each alteration is found and named: as it is, when its author mends the hashes
// in the manifest, and when everything is signed anew with a key of the author's.
func TestWhatWasAlteredIsFoundAndNamed(t *testing.T) {
	line := func(f map[string][]byte, n int) []byte { return bytes.SplitAfter(f[eventsFile], []byte("\n"))[n] }
	proofs := func(change func(*Proofs)) func(*testing.T, map[string][]byte) {
		return func(t *testing.T, f map[string][]byte) {
			var p Proofs
			must(t, json.Unmarshal(f[proofsFile], &p))
			change(&p)
			var err error
			f[proofsFile], err = indented(p)
			must(t, err)
		}
	}
	replace := func(file, old, with string) func(*testing.T, map[string][]byte) {
		return func(t *testing.T, f map[string][]byte) {
			if !bytes.Contains(f[file], []byte(old)) {
				t.Fatalf("%s does not hold %q", file, old)
			}
			f[file] = bytes.Replace(f[file], []byte(old), []byte(with), 1)
		}
	}
	foreign := newSnapshot(t) // another installation's, of the same events
	for name, x := range map[string]struct {
		alter func(*testing.T, map[string][]byte)
		says  string // whoever altered it
	}{
		"a letter of a raw text": {replace(eventsFile, "Failed password for root, try 2", "Failed password for toor, try 2"), "raw bytes were altered"},
		"a raw text and its hash": {func(t *testing.T, f map[string][]byte) {
			old, with := sha256.Sum256([]byte("sshd[1]: Failed password for root, try 2")), sha256.Sum256([]byte("sshd[1]: Failed password for toor, try 2"))
			replace(eventsFile, "root, try 2", "toor, try 2")(t, f)
			replace(eventsFile, hex.EncodeToString(old[:]), hex.EncodeToString(with[:]))(t, f)
		}, "not under the root of segment s1"},
		"a byte of raw bytes":  {replace(eventsFile, `"raw_base64":"/wD+"`, `"raw_base64":"/wD9"`), "raw bytes were altered"},
		"a column":             {replace(eventsFile, `"user.name":"root"`, `"user.name":"ann"`), ""},
		"the time of an event": {replace(eventsFile, `"time":"2026-06-01T12:00:01`, `"time":"2026-06-01T11:00:01`), "its time is not the one that its id holds"},
		"a dropped event": {func(t *testing.T, f map[string][]byte) {
			f[eventsFile] = append(slices.Clone(line(f, 0)), line(f, 2)...)
		}, "it has 2 events, the manifest says 3"},
		"the last event dropped, proof and all": {func(t *testing.T, f map[string][]byte) {
			f[eventsFile] = append(slices.Clone(line(f, 0)), line(f, 1)...)
			proofs(func(p *Proofs) { p.Events = p.Events[:2] })(t, f)
		}, "it has 2 events, the manifest says 3"},
		"an event twice": {func(t *testing.T, f map[string][]byte) {
			f[eventsFile] = append(append(slices.Clone(line(f, 0)), line(f, 1)...), line(f, 1)...)
			proofs(func(p *Proofs) { p.Events[2] = p.Events[1] })(t, f)
		}, "it is here twice"},
		"two proofs swapped": {proofs(func(p *Proofs) { p.Events[0], p.Events[1] = p.Events[1], p.Events[0] }), "the proof in its place is that of event"},
		"two paths swapped":  {proofs(func(p *Proofs) { p.Events[0].Path, p.Events[1].Path = p.Events[1].Path, p.Events[0].Path }), "not under the root of segment s1"},
		"an index":           {proofs(func(p *Proofs) { p.Events[0].Index = 4 }), "not under the root of segment s1"},
		"no path":            {proofs(func(p *Proofs) { p.Events[0].Path = nil }), "not under the root of segment s1"},
		"a proof less":       {proofs(func(p *Proofs) { p.Events = p.Events[:2] }), "it has no proof"},
		"a proof more":       {proofs(func(p *Proofs) { p.Events = append(p.Events, p.Events[0]) }), "its proof is here, the event is not"},
		"another segment":    {proofs(func(p *Proofs) { p.Events[0].Segment = "s2" }), "its segment s2 is not among the proofs"},
		"a segment twice":    {proofs(func(p *Proofs) { p.Segments = append(p.Segments, p.Segments[0]) }), "it is listed twice"},
		"a segment's root": {proofs(func(p *Proofs) {
			p.Segments[0].MerkleRoot = strings.Repeat("ab", 32)
		}), "the record says that it was sealed with another root"},
		"a segment's number of rows": {proofs(func(p *Proofs) { p.Segments[0].Rows = 6 }), "the record says that it was sealed with another root"},
		"another entry of the record": {proofs(func(p *Proofs) {
			p.Segments[0].Record.Entry = strings.Replace(p.Segments[0].Record.Entry, `"s1"`, `"s2"`, 1)
		}), "the entry is not under the checkpoint"},
		"the record's entry for another segment": {proofs(func(p *Proofs) {
			p.Segments[0].ID = "s3"
			for i := range p.Events {
				p.Events[i].Segment = "s3"
			}
		}), "the entry of the record is not that of its sealing"},
		"the path in the record": {proofs(func(p *Proofs) { p.Segments[0].Record.Path = nil }), "the entry is not under the checkpoint"},
		"no proof of the record": {proofs(func(p *Proofs) { p.Segments[0].Record = nil }), "the proof that its sealing is in the record is missing"},
		"a wrong checkpoint": {proofs(func(p *Proofs) {
			p.Segments[0].Record.Checkpoint = foreign.contents.Proofs.Segments[0].Record.Checkpoint
		}), "the record does not prove its sealing"},
		"the title":      {replace(manifestFile, "Tries at root", "Nothing at all"), ""},
		"who took it":    {replace(manifestFile, `"Ann"`, `"Bob"`), ""},
		"the format":     {replace(manifestFile, Format, "tocsin-evidence-9"), "is not known"},
		"the readme":     {replace(readmeFile, "TOCSIN", "OTHER"), ""},
		"no readme":      {func(_ *testing.T, f map[string][]byte) { delete(f, readmeFile) }, "README.txt: it is not the file that was packed"},
		"no events":      {func(_ *testing.T, f map[string][]byte) { delete(f, eventsFile) }, "events.ndjson is missing"},
		"a file more":    {func(_ *testing.T, f map[string][]byte) { f["more.txt"] = []byte("x") }, "is no part of a snapshot"},
		"no signature":   {func(_ *testing.T, f map[string][]byte) { f[signatureFile] = nil }, "is not signed"},
		"broken events":  {replace(eventsFile, `{"id"`, `["id"`), "line 1 cannot be read"},
		"broken proofs":  {func(_ *testing.T, f map[string][]byte) { f[proofsFile] = []byte("{") }, "proofs.json: it cannot be read"},
		"empty manifest": {func(_ *testing.T, f map[string][]byte) { f[manifestFile] = []byte("{") }, "manifest.json: it cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSnapshot(t)
			for who, mend := range map[string]func(map[string][]byte){
				"a careless hand": func(map[string][]byte) {},
				"one who mends the hashes": func(f map[string][]byte) {
					s.mend(f, nil)
				},
				"one who signs anew": func(f map[string][]byte) {
					s.mend(f, foreign.keys)
				},
			} {
				f, err := files(s.file)
				must(t, err)
				x.alter(t, f)
				mend(f)
				r := Verify(zipOf(t, f), Trust{Key: s.keys.Public})
				if len(r.Findings) == 0 {
					t.Errorf("%s is not found", who)
				} else if x.says != "" && !slices.ContainsFunc(r.Findings, func(f Finding) bool { return strings.Contains(f.String(), x.says) }) {
					t.Errorf("%s: %v, want one that says %q", who, r.Findings, x.says)
				}
			}
		})
	}
}

// mend makes the manifest fit the altered files, and signs it when there is a key.
func (s *snapshot) mend(f map[string][]byte, keys *record.Keys) {
	var m Manifest
	if json.Unmarshal(f[manifestFile], &m) != nil {
		return
	}
	for name := range m.Files {
		if f[name] != nil {
			m.Files[name] = sum(f[name])
		}
	}
	body, err := indented(m)
	must(s.t, err)
	f[manifestFile] = body
	if keys != nil && len(f[signatureFile]) > 0 {
		signed, err := note.Sign(&note.Note{Text: manifestText(keys.Signer.Name(), 1, body)}, keys.Signer)
		must(s.t, err)
		f[signatureFile] = signed
	}
}

func TestAKeptCheckpointThatDiffersIsNamed(t *testing.T) {
	s, other := newSnapshot(t), newSnapshot(t)
	sign := func(k *record.Keys, size, root string) string {
		signed, err := note.Sign(&note.Note{Text: k.Signer.Name() + "/record/1\n" + size + "\n" + root + "\n"}, k.Signer)
		must(t, err)
		return string(signed)
	}
	root := strings.Repeat("A", 43) + "="
	for name, x := range map[string]struct{ checkpoint, says string }{
		"of a rewritten record":   {sign(s.keys, "9", root), "the record was rewritten"},
		"over more entries":       {sign(s.keys, "10", root), "record/consistency?from=9&to=10"},
		"over fewer entries":      {sign(s.keys, "8", root), "record/consistency?from=8&to=9"},
		"of another installation": {sign(other.keys, "9", root), "signature"},
		"no checkpoint":           {"hello", "signature"},
	} {
		r := Verify(s.file, Trust{Key: s.keys.Public, Checkpoint: x.checkpoint})
		if len(r.Findings) != 1 || !strings.Contains(r.Findings[0].String(), x.says) {
			t.Errorf("%s: %v", name, r.Findings)
		}
	}
	for name, key := range map[string]string{"another key": other.keys.Public, "no key": "hello"} {
		if r := Verify(s.file, Trust{Key: key}); len(r.Findings) == 0 {
			t.Errorf("%s is taken", name)
		}
	}
}

// A file cut short, or with any byte flipped, never verifies as another one.
func TestATornFileIsNoSnapshot(t *testing.T) {
	s := newSnapshot(t)
	for n := 0; n < len(s.file); n += 7 {
		if r := Verify(s.file[:n], Trust{}); len(r.Findings) == 0 {
			t.Fatalf("the first %d bytes verify", n)
		}
	}
	twice, err := files(s.file)
	must(t, err)
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for range 2 {
		for name, body := range twice {
			w, err := z.Create(name)
			must(t, err)
			_, err = w.Write(body)
			must(t, err)
		}
	}
	must(t, z.Close())
	if r := Verify(b.Bytes(), Trust{}); len(r.Findings) != 1 || !strings.Contains(r.Findings[0].Text, "twice") {
		t.Errorf("%v", r.Findings)
	}
}

func FuzzVerify(f *testing.F) {
	keys, err := record.LoadKeys(f.TempDir(), "tocsin-test")
	if err != nil {
		f.Fatal(err)
	}
	c := Contents{Manifest: Manifest{ID: "e1", Events: 1}, Lines: []byte(`{"id":"00000000000000000000000000000000","fields":{}}` + "\n"),
		Proofs: Proofs{Segments: []Segment{{ID: "s1", MerkleRoot: strings.Repeat("ab", 32), Rows: 1}}, Events: []Proof{{Segment: "s1"}}}}
	file, err := Pack(c, 1, Key{keys.Signer, keys.Public})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(file)
	f.Fuzz(func(t *testing.T, b []byte) {
		if r := Verify(b, Trust{Key: keys.Public}); len(r.Findings) == 0 {
			t.Fatal("what proves nothing verifies")
		}
	})
}
