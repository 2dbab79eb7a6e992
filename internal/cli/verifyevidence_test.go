package cli

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-project/tocsin/internal/apptest"
	"github.com/tocsin-project/tocsin/internal/cases"
	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/evidence/bundle"
)

// A snapshot of a real server, downloaded and checked with nothing else.
func TestASnapshotIsCheckedOffline(t *testing.T) {
	s := apptest.Start(t, "", nil)
	var c cases.Case
	err := s.Parts.DB.For(1, s.Admin.Person).Tx(t.Context(), func(tx *db.Tx) (err error) {
		c, err = s.Parts.Cases.OpenByHand(context.Background(), tx, "odd things", "", "")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	e := event.Event{Tenant: 1, Time: time.Now().UnixNano(), Pos: event.Position{Seq: s.Parts.Events.Applied() + 1}, Message: "Failed password for root", Raw: []byte("Failed password for root")}
	e.RawSHA256, e.Received, e.ID = sha256.Sum256(e.Raw), e.Time, event.PositionID(1, e.Time, e.Pos)
	if err := s.Parts.Events.Append([]event.Event{e}, e.Pos.Seq); err != nil {
		t.Fatal(err)
	}
	if err := s.Parts.Events.Flush(); err != nil {
		t.Fatal(err)
	}
	var made struct{ ID string }
	s.Admin.Send(t, "POST", "/api/v1/cases/"+c.ID+"/evidence", map[string]any{"title": "Tries\x1b[2J at root", "event_ids": []string{e.ID.String()}}).OK(t, &made)
	answer := s.Admin.Get(t, "/api/v1/evidence/"+made.ID+"/file")
	answer.OK(t, nil)
	taken := bundle.Verify([]byte(answer.Body), bundle.Trust{}).Sizes[0]
	var checkpoint struct {
		Size int64
		Note string
	}
	for end := time.Now().Add(20 * time.Second); checkpoint.Size <= taken; time.Sleep(20 * time.Millisecond) { // the download is an entry that is signed by itself
		if s.Admin.Get(t, "/api/v1/record/checkpoint").OK(t, &checkpoint); time.Now().After(end) {
			t.Fatal("the record is not signed")
		}
	}
	between := s.Admin.Get(t, fmt.Sprintf("/api/v1/record/consistency?from=%d&to=%d", taken, checkpoint.Size))
	between.OK(t, nil)
	dir := t.TempDir()
	file := func(name, body string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	whole, key := file("whole.zip", answer.Body), filepath.Join(s.Dir, "keys", "record.pub")
	altered := file("altered.zip", rewritten(t, answer.Body, "events.ndjson", "for root", "for toor"))
	later, proof := file("later.txt", checkpoint.Note), file("between.json", between.Body)
	stranger := file("stranger.pub", "tocsin-x+00000000+AQ==")
	for name, x := range map[string]struct {
		args []string
		code int
		says []string
	}{
		"as it came":                 {[]string{whole}, 0, []string{"Tries·[2J at root", "1 events in 1 sealed segments", "Compare it with the one that you kept", "Nothing was altered"}},
		"with the kept key":          {[]string{whole, "--key", key}, 0, []string{"the key that you kept", "Nothing was altered"}},
		"altered":                    {[]string{altered, "--key", key}, 1, []string{"WRONG: event " + e.ID.String() + ": its raw bytes were altered", "findings: this is not what was taken"}},
		"by another key":             {[]string{whole, "--key", stranger}, 1, []string{"WRONG"}},
		"by a checkpoint of later":   {[]string{whole, "--key", key, "--checkpoint", later}, 1, []string{"give it with --consistency"}},
		"and the proof between them": {[]string{whole, "--key", key, "--checkpoint", later, "--consistency", proof}, 0, []string{"Nothing was altered"}},
		"and another proof":          {[]string{whole, "--key", key, "--checkpoint", later, "--consistency", file("x.json", "{}")}, 1, []string{"the proof is between"}},
		"no such file":               {[]string{filepath.Join(dir, "absent.zip")}, 2, []string{"read the snapshot"}},
		"no such key":                {[]string{whole, "--key", filepath.Join(dir, "absent.pub")}, 2, []string{"read the public key"}},
		"a file that is no snapshot": {[]string{key}, 1, []string{"this is no ZIP file"}},
		"nothing":                    {nil, 2, nil},
	} {
		code, out := run(append([]string{"verify", "evidence"}, x.args...)...)
		if code != x.code {
			t.Errorf("%s: exit code %d, want %d: %s", name, code, x.code, out)
		}
		for _, says := range x.says {
			if !strings.Contains(out, says) {
				t.Errorf("%s: does not say %q: %s", name, says, out)
			}
		}
	}
}

// rewritten is a ZIP with some text in one of its files replaced.
func rewritten(t *testing.T, body, name, old, with string) string {
	t.Helper()
	z, err := zip.NewReader(strings.NewReader(body), int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if f.Name == name {
			if !bytes.Contains(content, []byte(old)) {
				t.Fatalf("%s does not hold %q", name, old)
			}
			content = bytes.ReplaceAll(content, []byte(old), []byte(with))
		}
		to, err := w.Create(f.Name)
		if err == nil {
			_, err = to.Write(content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
