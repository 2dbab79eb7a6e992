package bundle

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/record"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// Trust is what the one who checks brings along; all may be "".
type Trust struct {
	Key        string // the installation's public key, kept elsewhere
	Checkpoint string // a signed checkpoint of its record, kept elsewhere
	// Consistency is the proof between that checkpoint and the snapshot's, as
	// GET /api/v1/record/consistency answers: where they are over different entries.
	Consistency string
}

// Report is what a check saw. Nothing is wrong when Findings is empty.
type Report struct {
	Manifest Manifest
	Findings []Finding
	Events   int
	Segments int
	Pending  int    // segments whose entry is not yet under a checkpoint
	Placed   int    // events whose time and place in the journal are proved, too
	Key      string // name of the key that was used
	OwnKey   bool   // it is the one in the file itself
	Sizes    []int64
}

// Finding is one thing that is wrong.
type Finding struct {
	Where string // a file of the snapshot, an event, a segment
	Text  string
}

func (f Finding) String() string { return f.Where + ": " + f.Text }

// maxFindings ends a check of a file that is wrong all over.
const maxFindings = 100

type check struct {
	Report
	verifier note.Verifier
	tenant   tenant.ID
	segments map[string]*Segment
	roots    map[string]tlog.Hash
	leaves   map[string]bool     // places that an event has taken
	trees    map[int64]tlog.Hash // root by size, of the proofs' checkpoints
}

func (c *check) wrong(where, format string, args ...any) {
	if len(c.Findings) < maxFindings {
		c.Findings = append(c.Findings, Finding{where, fmt.Sprintf(format, args...)})
	}
}

// Verify checks a file from the raw bytes up to the signed checkpoint. It reads
// nothing but what it is given, and believes only t's key, or without one, the
// key in the file.
func Verify(file []byte, t Trust) Report {
	c := check{segments: map[string]*Segment{}, roots: map[string]tlog.Hash{}, leaves: map[string]bool{}, trees: map[int64]tlog.Hash{}}
	fs, err := files(file)
	if err != nil {
		c.wrong("file", "%v", err)
		return c.Report
	}
	if !c.manifest(fs, t) {
		return c.Report
	}
	var proofs Proofs
	if err := json.Unmarshal(fs[proofsFile], &proofs); err != nil {
		c.wrong(proofsFile, "it cannot be read: %v", err)
		return c.Report
	}
	for i := range proofs.Segments {
		c.segment(&proofs.Segments[i])
	}
	c.events(fs[eventsFile], proofs.Events)
	if t.Checkpoint != "" {
		c.kept(t)
	}
	return c.Report
}

// manifest reads it and checks its signature, and the other files against it.
func (c *check) manifest(fs map[string][]byte, t Trust) bool {
	m := &c.Manifest
	if err := json.Unmarshal(fs[manifestFile], m); err != nil {
		c.wrong(manifestFile, "it cannot be read: %v", err)
		return false
	}
	if m.Format != Format {
		c.wrong(manifestFile, "the format %q is not known; a newer program may read it", shorten(m.Format))
		return false
	}
	key := strings.TrimSpace(t.Key)
	if c.OwnKey = key == ""; c.OwnKey {
		key = m.PublicKey
	} else if key != m.PublicKey {
		c.wrong(manifestFile, "it names another public key than the one that was kept")
	}
	v, err := note.NewVerifier(key)
	if err != nil {
		c.wrong("key", "this is no public key of a record: %v", err)
		return false
	}
	c.verifier, c.Key = v, v.Name()
	c.signature(fs)
	for name, want := range m.Files {
		if got := sum(fs[name]); fs[name] == nil || got != want {
			c.wrong(name, "it is not the file that was packed: its SHA-256 is %s, not %s", got, shorten(want))
		}
	}
	for name := range fs {
		if m.Files[name] == "" && name != manifestFile && name != signatureFile {
			c.wrong(name, "the manifest does not list it")
		}
	}
	return true
}

func (c *check) signature(fs map[string][]byte) {
	n, err := note.Open(fs[signatureFile], note.VerifierList(c.verifier))
	if err != nil {
		c.wrong(signatureFile, "the manifest is not signed by %s: %v", c.Key, err)
		return
	}
	rest, ok := strings.CutPrefix(n.Text, c.Key+"/evidence/")
	number, _, _ := strings.Cut(rest, "\n")
	if t, err := strconv.ParseInt(number, 10, 64); ok && err == nil {
		c.tenant = tenant.ID(t)
	}
	if n.Text != manifestText(c.Key, c.tenant, fs[manifestFile]) {
		c.wrong(manifestFile, "it is not the manifest that was signed")
	}
}

// segment checks the way from a segment's root to the signed checkpoint.
func (c *check) segment(g *Segment) {
	where := "segment " + shorten(g.ID)
	c.Segments++
	root, err := hex.DecodeString(g.MerkleRoot)
	if err != nil || len(root) != tlog.HashSize || g.Rows < 1 {
		c.wrong(where, "its root or its number of rows is damaged")
		return
	}
	if c.segments[g.ID] != nil {
		c.wrong(where, "it is listed twice")
		return
	}
	c.segments[g.ID], c.roots[g.ID] = g, tlog.Hash(root)
	if g.Record == nil {
		if c.Pending++; !c.Manifest.Pending {
			c.wrong(where, "the proof that its sealing is in the record is missing")
		}
		return
	}
	p := record.Proof{Leaf: g.Record.Entry, Index: g.Record.Index, Hashes: g.Record.Path, Checkpoint: g.Record.Checkpoint}
	row, checkpoint, err := p.Verify(c.verifier)
	if err != nil {
		c.wrong(where, "the record does not prove its sealing: %v", err)
		return
	}
	if c.tenant == 0 { // a signature that is wrong says nothing; the other findings should be right all the same
		c.tenant = row.Tenant
	}
	var said struct {
		Root string `json:"merkle_root"`
		Rows int64  `json:"rows"`
	}
	if err := json.Unmarshal(row.Data, &said); err != nil || row.Kind != "segment.sealed" || row.SubjectID != g.ID || row.Tenant != c.tenant {
		c.wrong(where, "the entry of the record is not that of its sealing")
		return
	}
	if said.Root != g.MerkleRoot || said.Rows != g.Rows {
		c.wrong(where, "the record says that it was sealed with another root")
	}
	if before, ok := c.trees[checkpoint.Size]; !ok {
		c.trees[checkpoint.Size] = checkpoint.Root
		c.Sizes = append(c.Sizes, checkpoint.Size)
	} else if before != checkpoint.Root {
		c.wrong(where, "two checkpoints over %d entries differ", checkpoint.Size)
	}
}

// events checks each event's bytes and its way to the root of its segment.
func (c *check) events(lines []byte, proofs []Proof) {
	for i := 0; len(lines) > 0; i++ {
		line, rest, _ := bytes.Cut(lines, []byte("\n"))
		lines = rest
		c.Events++
		var e Event
		if err := json.Unmarshal(line, &e); err != nil {
			c.wrong(eventsFile, "line %d cannot be read: %v", i+1, err)
			continue
		}
		if i >= len(proofs) {
			c.wrong("event "+e.ID.String(), "it has no proof")
			continue
		}
		c.event(&e, &proofs[i])
		if len(c.Findings) == maxFindings {
			return
		}
	}
	if c.Events != c.Manifest.Events {
		c.wrong(eventsFile, "it has %d events, the manifest says %d", c.Events, c.Manifest.Events)
	}
	for i := c.Events; i < len(proofs); i++ {
		c.wrong("event "+proofs[i].ID.String(), "its proof is here, the event is not")
	}
}

func (c *check) event(e *Event, p *Proof) {
	where := "event " + e.ID.String()
	if e.ID != p.ID {
		c.wrong(where, "the proof in its place is that of event %s", p.ID)
		return
	}
	raw := sha256.Sum256(e.raw())
	if got := hex.EncodeToString(raw[:]); got != e.RawSHA256 {
		c.wrong(where, "its raw bytes were altered: their SHA-256 is %s, not %s", got, shorten(e.RawSHA256))
	}
	g := c.segments[p.Segment]
	if g == nil {
		c.wrong(where, "its segment %s is not among the proofs", shorten(p.Segment))
		return
	}
	path := make(tlog.RecordProof, len(p.Path))
	for i, text := range p.Path {
		h, err := tlog.ParseHash(text)
		if err != nil {
			c.wrong(where, "its proof holds %q, which is no hash", shorten(text))
			return
		}
		path[i] = h
	}
	if p.Index < 0 || p.Index >= g.Rows || tlog.CheckRecord(path, g.Rows, c.roots[g.ID], p.Index, eventstore.LeafHash(e.ID, raw)) != nil {
		c.wrong(where, "its id and raw bytes are not under the root of segment %s", g.ID)
		return
	}
	place := fmt.Sprint(g.ID, " ", p.Index)
	if c.leaves[place] {
		c.wrong(where, "it is here twice")
	}
	c.leaves[place] = true
	ns := e.Time.UnixNano()
	if event.PositionID(c.tenant, ns, event.Position{Seq: e.Seq, Index: e.Index}) == e.ID {
		c.Placed++
	} else if blank := event.NewID(c.tenant, ns, nil); [6]byte(blank[:6]) != [6]byte(e.ID[:6]) {
		c.wrong(where, "its time is not the one that its id holds")
	}
}

// kept compares the checkpoints of the proofs with one that was kept elsewhere.
func (c *check) kept(t Trust) {
	const where = "kept checkpoint"
	k, err := record.OpenCheckpoint(t.Checkpoint, c.verifier, c.tenant)
	if err != nil {
		c.wrong(where, "%v", err)
		return
	}
	var proof record.Consistency
	if t.Consistency != "" {
		if err := json.Unmarshal([]byte(t.Consistency), &proof); err != nil {
			c.wrong("consistency", "it cannot be read: %v", err)
			return
		}
	}
	for _, size := range c.Sizes {
		of := record.Checkpoint{Size: size, Root: c.trees[size]}
		older, newer := k, of
		if size < k.Size {
			older, newer = of, k
		}
		switch {
		case size == k.Size && of.Root != k.Root:
			c.wrong(where, "over the same %d entries it has another root: the record was rewritten", size)
		case size == k.Size:
		case t.Consistency == "":
			c.wrong(where, "it is over %d entries, the snapshot's over %d: get /api/v1/record/consistency?from=%d&to=%d from the installation and give it with --consistency", k.Size, size, older.Size, newer.Size)
		default:
			if err := proof.Verify(older, newer); err != nil {
				c.wrong(where, "%v", err)
			}
		}
	}
	if len(c.Sizes) == 0 {
		c.wrong(where, "nothing in the snapshot is under a checkpoint yet, so there is nothing to compare it with")
	}
}
