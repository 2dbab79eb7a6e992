package eventstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// dirTier is a directory on another disk, read in place.
type dirTier struct{ dir string }

// DirectoryTier keeps segments in a directory outside of the data directory. It
// must exist: one that is not mounted is not filled by mistake.
func DirectoryTier(dir, data string) (Tier, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("tier: %w", err)
	}
	if data, err = filepath.Abs(data); err != nil {
		return nil, fmt.Errorf("tier: %w", err)
	}
	if rel, err := filepath.Rel(data, abs); err != nil || !strings.HasPrefix(rel, "..") {
		return nil, fmt.Errorf("tier: %s lies inside the data directory; choose one on another disk", abs)
	}
	if info, err := os.Stat(abs); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("tier: %s is not a directory that can be reached; make or mount it first", abs)
	}
	return dirTier{abs}, nil
}

func (dirTier) Kind() string  { return "directory" }
func (t dirTier) Dir() string { return t.dir }

func (t dirTier) file(name string) string { return filepath.Join(t.dir, filepath.FromSlash(name)) }

func (t dirTier) Put(ctx context.Context, name, file string) error {
	final := t.file(name)
	if err := os.MkdirAll(filepath.Dir(final), 0o700); err != nil {
		return err
	}
	in, err := os.Open(file)
	if err != nil {
		return err
	}
	defer in.Close()
	temp := final + tempSuffix
	out, err := os.OpenFile(temp, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, cancelled{ctx, in})
	if err == nil {
		err = out.Sync()
	}
	err = errors.Join(err, out.Close())
	if err == nil {
		err = os.Rename(temp, final)
	}
	if err == nil {
		err = syncDirs(filepath.Dir(final), t.dir)
	}
	if err != nil {
		return errors.Join(err, removeIfThere(temp))
	}
	return nil
}

func (t dirTier) Get(ctx context.Context, name string, w io.Writer) error {
	in, err := os.Open(t.file(name))
	if err != nil {
		return err
	}
	defer in.Close()
	_, err = io.Copy(w, cancelled{ctx, in})
	return err
}

func (t dirTier) Remove(_ context.Context, name string) error { return removeIfThere(t.file(name)) }

// cancelled is a reader that ends with its context.
type cancelled struct {
	ctx context.Context
	io.Reader
}

func (c cancelled) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.Reader.Read(p)
}
