package bundle

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

//go:embed readme.txt
var readme string

// packed is the time that all files within have: packing tells nothing of when.
var packed = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// Contents are the parts of a snapshot.
type Contents struct {
	Manifest Manifest // Format, Files, Pending and PublicKey are set by Pack
	Lines    []byte   // events.ndjson
	Proofs   Proofs
}

// Key signs manifests in an installation's name.
type Key struct {
	Signer note.Signer
	Public string // the text that verifies
}

// Pack makes the file. Over the bounds it is a TooLarge problem.
func Pack(c Contents, t tenant.ID, key Key) ([]byte, error) {
	if len(c.Lines) > maxFile {
		return nil, problem.New(problem.TooLarge, "The events take more than %d MiB. Narrow the time range or the query, or take several snapshots.", maxFile>>20)
	}
	proofs, err := indented(c.Proofs)
	if err != nil {
		return nil, err
	}
	m := c.Manifest
	m.Format, m.PublicKey = Format, key.Public
	m.Pending = slices.ContainsFunc(c.Proofs.Segments, func(g Segment) bool { return g.Record == nil })
	m.Files = map[string]string{eventsFile: sum(c.Lines), proofsFile: sum(proofs), readmeFile: sum([]byte(readme))}
	manifest, err := indented(m)
	if err != nil {
		return nil, err
	}
	signed, err := note.Sign(&note.Note{Text: manifestText(key.Signer.Name(), t, manifest)}, key.Signer)
	if err != nil {
		return nil, fmt.Errorf("sign the manifest: %w", err)
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range []struct {
		name string
		body []byte
	}{{readmeFile, []byte(readme)}, {manifestFile, manifest}, {signatureFile, signed}, {eventsFile, c.Lines}, {proofsFile, proofs}} {
		w, err := z.CreateHeader(&zip.FileHeader{Name: f.name, Method: zip.Deflate, Modified: packed})
		if err == nil {
			_, err = w.Write(f.body)
		}
		if err != nil {
			return nil, err
		}
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// manifestText is what is signed. Its form is a promise to everyone who keeps a
// snapshot: it never changes.
func manifestText(name string, t tenant.ID, manifest []byte) string {
	return name + "/evidence/" + t.String() + "\nmanifest " + sum(manifest) + "\n"
}

func indented(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	err := enc.Encode(v)
	return b.Bytes(), err
}

func sum(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

// files reads a ZIP whose content nobody has checked: bounded, and without a
// name twice.
func files(b []byte) (map[string][]byte, error) {
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, errors.New("this is no ZIP file, or a part of one")
	}
	out := map[string][]byte{}
	for _, f := range z.File {
		known := slices.Contains([]string{manifestFile, signatureFile, eventsFile, proofsFile, readmeFile}, f.Name)
		switch {
		case !known:
			return nil, fmt.Errorf("it holds %q, which is no part of a snapshot", shorten(f.Name))
		case out[f.Name] != nil:
			return nil, fmt.Errorf("it holds %s twice", f.Name)
		}
		body, err := unpack(f)
		if err != nil {
			return nil, fmt.Errorf("%s cannot be unpacked: %w", f.Name, err)
		}
		out[f.Name] = body
	}
	for _, name := range []string{manifestFile, signatureFile, eventsFile, proofsFile} {
		if out[name] == nil {
			return nil, fmt.Errorf("%s is missing", name)
		}
	}
	return out, nil
}

func unpack(f *zip.File) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	body, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err == nil && len(body) > maxFile {
		err = fs.ErrInvalid
	}
	if body == nil {
		body = []byte{}
	}
	return body, err
}

func shorten(s string) string {
	if len(s) > 100 {
		s = strings.ToValidUTF8(s[:100], "") + "…"
	}
	return s
}

// Open reads the parts of a file that was packed here, to complete it. It checks
// nothing: Verify does.
func Open(b []byte) (Contents, error) {
	var c Contents
	fs, err := files(b)
	if err != nil {
		return c, err
	}
	c.Lines = fs[eventsFile]
	if err := json.Unmarshal(fs[manifestFile], &c.Manifest); err != nil {
		return c, fmt.Errorf("%s: %w", manifestFile, err)
	}
	if err := json.Unmarshal(fs[proofsFile], &c.Proofs); err != nil {
		return c, fmt.Errorf("%s: %w", proofsFile, err)
	}
	return c, nil
}
