package record

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// Checkpoint is a signed statement of a tree's size and root in the form of
// C2SP tlog-checkpoint.
type Checkpoint struct {
	Size int64
	Root tlog.Hash
	At   time.Time
	Note string // the signed note, as it is handed out
}

// Keys are the installation's signing key and the public half that verifies.
type Keys struct {
	Signer   note.Signer
	Verifier note.Verifier
	// Public is the verifier's text form, to be kept by whoever will verify.
	Public string
}

// LoadKeys reads the signing key from dir (record.key, record.pub), making it
// on first use. Who holds record.key can sign; who holds the disk can rewrite
// everything up to the last checkpoint kept elsewhere.
func LoadKeys(dir, name string) (*Keys, error) {
	private, err := os.ReadFile(filepath.Join(dir, "record.key"))
	if errors.Is(err, os.ErrNotExist) {
		if err := makeKeys(dir, name); err != nil {
			return nil, fmt.Errorf("make the record's signing key: %w", err)
		}
		private, err = os.ReadFile(filepath.Join(dir, "record.key"))
	}
	if err != nil {
		return nil, fmt.Errorf("read the record's signing key: %w", err)
	}
	signer, err := note.NewSigner(strings.TrimSpace(string(private)))
	if err != nil {
		return nil, fmt.Errorf("the record's signing key in %s is damaged: %w", dir, err)
	}
	verifier, public, err := LoadVerifier(filepath.Join(dir, "record.pub"))
	if err != nil {
		return nil, err
	}
	return &Keys{Signer: signer, Verifier: verifier, Public: public}, nil
}

func makeKeys(dir, name string) error {
	private, public, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "record.pub"), []byte(public+"\n"), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "record.key"), []byte(private+"\n"), 0o600)
}

// LoadVerifier reads a public key file.
func LoadVerifier(path string) (note.Verifier, string, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, "", fmt.Errorf("read the record's public key: %w", err)
	}
	text := strings.TrimSpace(string(b))
	v, err := note.NewVerifier(text)
	if err != nil {
		return nil, "", fmt.Errorf("the record's public key is damaged: %w", err)
	}
	return v, text, nil
}

func origin(name string, t tenant.ID) string { return name + "/record/" + t.String() }

func checkpointText(origin string, size int64, root tlog.Hash) string {
	return origin + "\n" + strconv.FormatInt(size, 10) + "\n" + base64.StdEncoding.EncodeToString(root[:]) + "\n"
}

// OpenCheckpoint verifies a signed checkpoint of tenant t and reads it.
func OpenCheckpoint(signed string, v note.Verifier, t tenant.ID) (Checkpoint, error) {
	n, err := note.Open([]byte(signed), note.VerifierList(v))
	if err != nil {
		return Checkpoint{}, fmt.Errorf("checkpoint's signature: %w", err)
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) < 4 || lines[0] != origin(v.Name(), t) {
		return Checkpoint{}, fmt.Errorf("checkpoint is of %q, want %q", lines[0], origin(v.Name(), t))
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 {
		return Checkpoint{}, fmt.Errorf("checkpoint's size %q is not a number", lines[1])
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return Checkpoint{}, fmt.Errorf("checkpoint's root %q is not a hash", lines[2])
	}
	c := Checkpoint{Size: size, Note: signed}
	copy(c.Root[:], root)
	return c, nil
}

// Latest returns the newest checkpoint of the scope's tenant, NotFound before the first seal.
func Latest(ctx context.Context, q db.Querier) (size int64, at time.Time, signed string, err error) {
	var us int64
	err = q.QueryRow(ctx, "SELECT size, at, note FROM checkpoint WHERE tenant = :tenant ORDER BY size DESC LIMIT 1").Scan(&size, &us, &signed)
	if errors.Is(err, sql.ErrNoRows) {
		err = problem.New(problem.NotFound, "Nothing is sealed yet.")
	}
	return size, db.Time(us), signed, err
}

// Proof shows that a row is in the tree of a checkpoint.
type Proof struct {
	Row        Row      `json:"row"`
	Leaf       string   `json:"leaf"` // the exact bytes that were hashed
	Index      int64    `json:"index"`
	Size       int64    `json:"size"`
	Hashes     []string `json:"hashes"` // RFC 6962 audit path, base64
	Checkpoint string   `json:"checkpoint"`
}

// Prove makes the inclusion proof of a sealed row against the newest checkpoint.
func Prove(ctx context.Context, q db.Querier, seq int64) (Proof, error) {
	row, err := rowOf(ctx, q, seq)
	if err != nil {
		return Proof{}, err
	}
	size, _, signed, err := Latest(ctx, q)
	if problem.Is(err, problem.NotFound) {
		return Proof{}, errNotSealed()
	} else if err != nil {
		return Proof{}, err
	}
	return proveUnder(ctx, q, row, size, signed)
}

// ProveAll makes the proofs of several rows against one checkpoint, the newest.
func ProveAll(ctx context.Context, q db.Querier, seqs []int64) ([]Proof, error) {
	var out []Proof
	size, _, signed, err := Latest(ctx, q)
	if problem.Is(err, problem.NotFound) {
		return nil, errNotSealed()
	} else if err != nil {
		return nil, err
	}
	for _, seq := range seqs {
		row, err := rowOf(ctx, q, seq)
		if err != nil {
			return nil, err
		}
		p, err := proveUnder(ctx, q, row, size, signed)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

func rowOf(ctx context.Context, q db.Querier, seq int64) (Row, error) {
	return db.One(ctx, q, "record entry", scanRow, "SELECT "+rowColumns+" FROM record WHERE tenant = :tenant AND seq = ?", seq)
}

func errNotSealed() error {
	return problem.New(problem.Unavailable, "This entry is not sealed yet; ask again in a second.")
}

func proveUnder(ctx context.Context, q db.Querier, row Row, size int64, signed string) (Proof, error) {
	p := Proof{Row: row, Leaf: string(row.leaf()), Size: size, Checkpoint: signed}
	err := q.QueryRow(ctx, "SELECT idx FROM record_leaf WHERE tenant = :tenant AND seq = ?", row.Seq).Scan(&p.Index)
	if errors.Is(err, sql.ErrNoRows) || err == nil && p.Index >= size { // sealed behind the checkpoint that was read
		return Proof{}, errNotSealed()
	} else if err != nil {
		return Proof{}, err
	}
	hashes, err := tlog.ProveRecord(p.Size, p.Index, hashReader(ctx, q, nil))
	if err != nil {
		return Proof{}, err
	}
	for _, h := range hashes {
		p.Hashes = append(p.Hashes, h.String())
	}
	return p, nil
}
