package rulepack

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tocsin-project/tocsin/internal/problem"
)

// Limits of a pack, whatever way it comes.
const (
	MaxArchive  = 32 << 20  // bytes of a zip
	maxUnpacked = 128 << 20 // bytes of all files
	maxFile     = 4 << 20
	maxFiles    = 20_000
	maxEntries  = 100_000 // of a zip, with those that are passed over
	maxRatio    = 200     // of one entry: text rarely compresses more
	maxPath     = 300
	maxDepth    = 16
)

// Files are a pack's files by their path, slashes between the parts.
type Files map[string][]byte

// ReadZip reads a pack from a zip. What is no rule, licence, notice or manifest
// is passed over; one folder that holds all is taken off.
func ReadZip(data []byte) (Files, error) {
	if len(data) > MaxArchive {
		return nil, problem.New(problem.TooLarge, "The archive is over %d MiB. Leave out what is no rule.", MaxArchive>>20)
	}
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, problem.Wrap(problem.Unprocessable, err, "This is no zip archive that can be read.")
	}
	if len(z.File) > maxEntries {
		return nil, problem.New(problem.TooLarge, "The archive has more than %d entries.", maxEntries)
	}
	c := collector{files: Files{}}
	for _, f := range z.File {
		if strings.HasSuffix(f.Name, "/") {
			continue
		}
		if f.Mode()&fs.ModeType != 0 {
			return nil, problem.New(problem.Invalid, "The archive holds %q, which is no plain file. Links are not taken.", shorten(f.Name))
		}
		take, err := c.wants(f.Name)
		if err != nil {
			return nil, err
		}
		if !take {
			continue
		}
		// Sizes in the directory are claims: the ratio refuses early, the reader counts.
		if f.UncompressedSize64 > maxFile || f.CompressedSize64 > 0 && f.UncompressedSize64/f.CompressedSize64 > maxRatio {
			return nil, problem.New(problem.TooLarge, "%q in the archive is too large, or compressed too much.", shorten(f.Name))
		}
		r, err := f.Open()
		if err != nil {
			return nil, problem.Wrap(problem.Unprocessable, err, "%q in the archive cannot be read.", shorten(f.Name))
		}
		err = c.add(f.Name, r)
		r.Close()
		if err != nil {
			return nil, err
		}
	}
	return c.done()
}

// ReadDir reads a pack from a directory.
func ReadDir(fsys fs.FS) (Files, error) {
	c := collector{files: Files{}}
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name != "." && strings.HasPrefix(path.Base(name), ".") {
				return fs.SkipDir
			}
			return nil
		}
		if d.Type()&fs.ModeType != 0 {
			return problem.New(problem.Invalid, "The directory holds %q, which is no plain file. Links are not taken.", shorten(name))
		}
		take, err := c.wants(name)
		if err != nil || !take {
			return err
		}
		f, err := fsys.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		return c.add(name, f)
	})
	if err != nil {
		return nil, err
	}
	return c.done()
}

type collector struct {
	files Files
	bytes int64
}

// wants checks a path, and says whether what stands there belongs to a pack.
func (c *collector) wants(name string) (bool, error) {
	if !fs.ValidPath(name) || strings.ContainsAny(name, "\\:\x00") || !utf8.ValidString(name) || len(name) > maxPath || strings.Count(name, "/") > maxDepth {
		return false, problem.New(problem.Invalid, "The path %q is not one that a pack may have.", shorten(name))
	}
	for part := range strings.SplitSeq(name, "/") {
		if strings.HasPrefix(part, ".") {
			return false, nil
		}
	}
	base := strings.ToLower(path.Base(name))
	switch ext := path.Ext(base); {
	case ext == ".yml" || ext == ".yaml" || base == manifestFile:
		return true, nil
	case strings.HasPrefix(base, "license"), strings.HasPrefix(base, "licence"), strings.HasPrefix(base, "notice"), strings.HasPrefix(base, "copying"):
		return ext == "" || ext == ".md" || ext == ".txt", nil
	}
	return false, nil
}

func (c *collector) add(name string, r io.Reader) error {
	b, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return problem.Wrap(problem.Unprocessable, err, "%q cannot be read.", shorten(name))
	}
	c.bytes += int64(len(b))
	switch {
	case len(b) > maxFile:
		return problem.New(problem.TooLarge, "%q is over %d MiB.", shorten(name), maxFile>>20)
	case c.bytes > maxUnpacked:
		return problem.New(problem.TooLarge, "The files are over %d MiB together.", maxUnpacked>>20)
	case len(c.files) >= maxFiles:
		return problem.New(problem.TooLarge, "More than %d files.", maxFiles)
	case c.files[name] != nil:
		return problem.New(problem.Invalid, "%q stands in the archive twice.", shorten(name))
	}
	c.files[name] = b
	return nil
}

// done takes off the one folder that holds all.
func (c *collector) done() (Files, error) {
	if len(c.files) == 0 {
		return nil, problem.New(problem.Invalid, "There is no rule in it: no file ends in .yml or .yaml.")
	}
	top := ""
	for name := range c.files {
		first, _, nested := strings.Cut(name, "/")
		if !nested || top != "" && first != top {
			return c.files, nil
		}
		top = first
	}
	out := Files{}
	for name, b := range c.files {
		out[strings.TrimPrefix(name, top+"/")] = b
	}
	return out, nil
}

// Names lists the paths in order.
func (f Files) Names() []string {
	out := make([]string, 0, len(f))
	for n := range f {
		out = append(out, n)
	}
	slices.Sort(out)
	return out
}

// hash is the SHA-256 over each file's path and content, the manifest left out.
func (f Files) hash() string {
	h := sha256.New()
	for _, n := range f.Names() {
		if n == manifestFile {
			continue
		}
		sum := sha256.Sum256(f[n])
		fmt.Fprintf(h, "%d:%s%x", len(n), n, sum)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func shorten(s string) string {
	if len(s) > 80 {
		return strings.ToValidUTF8(s[:80], "") + "…"
	}
	return strings.ToValidUTF8(s, "?")
}

var errAbsent = errors.New("no such version on disk")
