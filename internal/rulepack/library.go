package rulepack

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// Library is the packs on disk: NAME/VERSION below its directory. A directory
// under its final name is whole and never changes.
type Library struct{ Dir string }

// root keeps organisations apart; an installation's first one has no folder of its own.
func (l Library) root(t tenant.ID) string {
	if t == tenant.Default {
		return l.Dir
	}
	return filepath.Join(l.Dir, ".org-"+t.String())
}

func (l Library) place(t tenant.ID, name, version string) string {
	return filepath.Join(l.root(t), name, version)
}

// Put writes a version. The same files again are taken as done. A version with
// other files that nobody has installed is what a crash left, and is replaced;
// installed says which.
func (l Library) Put(t tenant.ID, m Manifest, files Files, installed bool) error {
	final := l.place(t, m.Name, m.Version)
	if have, err := l.manifest(final); err == nil {
		if have.Hash == m.Hash {
			return nil
		}
		if installed {
			return problem.New(problem.Conflict, "Version %s of the pack %s is installed with other files. Give the new ones another version.", m.Version, m.Name)
		}
		if err := os.RemoveAll(final); err != nil {
			return fmt.Errorf("remove a pack version that nothing names: %w", err)
		}
	}
	if err := os.MkdirAll(filepath.Dir(final), 0o700); err != nil {
		return fmt.Errorf("make the pack's directory: %w", err)
	}
	temp, err := os.MkdirTemp(filepath.Dir(final), ".new-")
	if err != nil {
		return fmt.Errorf("make the pack's directory: %w", err)
	}
	defer os.RemoveAll(temp) // nothing is there any more once it has its name
	if err := writeAll(temp, m, files); err != nil {
		return fmt.Errorf("write the pack: %w", err)
	}
	if err := os.Rename(temp, final); err != nil {
		return fmt.Errorf("put the pack in place: %w", err)
	}
	for dir := filepath.Dir(final); len(dir) >= len(l.Dir); dir = filepath.Dir(dir) {
		if err := syncPath(dir); err != nil {
			return err
		}
	}
	return nil
}

func writeAll(dir string, m Manifest, files Files) error {
	all := Files{manifestFile: m.encode()}
	for name, b := range files {
		if name != manifestFile {
			all[name] = b
		}
	}
	made := map[string]bool{dir: true}
	for _, name := range all.Names() {
		if !fs.ValidPath(name) {
			return fmt.Errorf("%q is no path inside a pack", name)
		}
		file := filepath.Join(dir, filepath.FromSlash(name))
		for d := filepath.Dir(file); !made[d]; d = filepath.Dir(d) {
			made[d] = true
		}
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			return err
		}
		if err := writeSynced(file, all[name]); err != nil {
			return err
		}
	}
	for d := range made {
		if err := syncPath(d); err != nil {
			return err
		}
	}
	return nil
}

func writeSynced(file string, b []byte) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Sync(), f.Close())
}

func syncPath(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func (l Library) manifest(dir string) (m Manifest, err error) {
	b, err := os.ReadFile(filepath.Join(dir, manifestFile))
	if err != nil {
		return m, errAbsent
	}
	return m, json.Unmarshal(b, &m)
}

// Open gives a version's rule files; pipelines are left out.
func (l Library) Open(t tenant.ID, name, version string) (fs.FS, error) {
	dir := l.place(t, name, version)
	if _, err := l.manifest(dir); err != nil {
		return nil, fmt.Errorf("pack %s %s: %w; install it again", name, version, errAbsent)
	}
	return rulesOnly{os.DirFS(dir)}, nil
}

// Pipelines gives the processing pipelines that stand beside a version's rules,
// by name.
func (l Library) Pipelines(t tenant.ID, name, version string) (Files, error) {
	dir := os.DirFS(l.place(t, name, version))
	out := Files{}
	entries, err := fs.ReadDir(dir, "pipelines")
	if errors.Is(err, fs.ErrNotExist) {
		return out, nil
	}
	for _, e := range entries {
		if e.IsDir() {
			continue
		}
		b, rerr := fs.ReadFile(dir, path.Join("pipelines", e.Name()))
		if rerr != nil {
			return nil, rerr
		}
		out[e.Name()] = b
	}
	return out, err
}

// Remove deletes a version's files. The caller has removed its row.
func (l Library) Remove(t tenant.ID, name, version string) error {
	return os.RemoveAll(l.place(t, name, version))
}

// rulesOnly hides the pipelines of a pack.
type rulesOnly struct{ fs.FS }

// ReadDir implements fs.ReadDirFS.
func (r rulesOnly) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(r.FS, name)
	if name != "." {
		return entries, err
	}
	var out []fs.DirEntry
	for _, e := range entries {
		if e.Name() != "pipelines" {
			out = append(out, e)
		}
	}
	return out, err
}
