package evidence

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// Blobs keeps files by their SHA-256 in two directories, which should be on two
// disks. A file is never changed.
type Blobs struct{ dirs [2]string }

// Copy is one of the two copies of a file.
type Copy struct {
	Where   string    `json:"where"` // "first copy" or "second copy"
	OK      bool      `json:"ok"`
	Detail  string    `json:"detail,omitempty"` // what is wrong
	Checked time.Time `json:"checked"`
}

var copyNames = [2]string{"first copy", "second copy"}

// OpenBlobs makes the two directories. One and the same is refused.
func OpenBlobs(first, second string) (*Blobs, error) {
	var infos [2]fs.FileInfo
	for i, dir := range []string{first, second} {
		err := os.MkdirAll(dir, 0o700)
		if err == nil {
			infos[i], err = os.Stat(dir)
		}
		if err != nil {
			return nil, fmt.Errorf("the directory of the %s of evidence: %w", copyNames[i], err)
		}
	}
	if os.SameFile(infos[0], infos[1]) {
		return nil, fmt.Errorf("the second copy of evidence (evidence.copy) is to stand in another directory than the first, %s", first)
	}
	return &Blobs{[2]string{first, second}}, nil
}

func (b *Blobs) path(i int, t tenant.ID, sum string) string {
	return filepath.Join(b.dirs[i], t.String(), sum[:2], sum)
}

// Put writes both copies and returns the SHA-256. When one of them fails, the
// file is not kept: a copy that was written stays behind, and nothing names it.
func (b *Blobs) Put(t tenant.ID, body []byte) (sum string, err error) {
	h := sha256.Sum256(body)
	sum = hex.EncodeToString(h[:])
	for i := range b.dirs {
		if err := write(b.path(i, t, sum), b.dirs[i], body); err != nil {
			return "", problem.Wrap(problem.Unavailable, err, "The %s of the evidence could not be written, so it was not taken. See to the disk, then take it again.", copyNames[i])
		}
	}
	return sum, nil
}

// write makes a file that is whole under its name, or not there.
func write(path, top string, body []byte) (err error) {
	if have, err := os.ReadFile(path); err == nil && sha256.Sum256(have) == sha256.Sum256(body) {
		return nil
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, "*.tmp") // 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	_, err = f.Write(body)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	for ; len(dir) >= len(top); dir = filepath.Dir(dir) { // the new names survive, too
		d, err := os.Open(dir)
		if err != nil {
			return err
		}
		if err := errors.Join(d.Sync(), d.Close()); err != nil {
			return err
		}
	}
	return nil
}

// Check reads both copies and says how they are; body is that of one that is
// whole, nil when neither is.
func (b *Blobs) Check(t tenant.ID, sum string, now time.Time) (body []byte, copies []Copy) {
	for i := range b.dirs {
		c := Copy{Where: copyNames[i], Checked: now}
		have, err := os.ReadFile(b.path(i, t, sum))
		got := sha256.Sum256(have)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			c.Detail = "it is not there"
		case err != nil:
			c.Detail = "it cannot be read"
		case hex.EncodeToString(got[:]) != sum:
			c.Detail = "it was altered"
		default:
			c.OK, body = true, have
		}
		copies = append(copies, c)
	}
	return body, copies
}
