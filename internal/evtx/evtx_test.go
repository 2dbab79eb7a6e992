package evtx

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const regression = "../../../shared/data/corpora/sigma-regression"

// chunks reads the chunks of the public EVTX files, with the JSON beside each.
func chunks(t testing.TB) (out map[string][][]byte) {
	t.Helper()
	out = map[string][][]byte{}
	err := filepath.WalkDir(regression, func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".evtx" {
			return err
		}
		data, err := os.ReadFile(path)
		for at := HeaderSize; at+ChunkSize <= len(data); at += ChunkSize {
			out[path] = append(out[path], data[at:at+ChunkSize])
		}
		return err
	})
	if err != nil || len(out) == 0 {
		t.Skipf("needs the SigmaHQ regression data in %s: %v", regression, err)
	}
	return out
}

// Records have the values that another reader has written beside them as JSON.
func TestRecordsAgreeWithTheirJSON(t *testing.T) {
	compared := 0
	for path, list := range chunks(t) {
		var have []map[string]string
		var c Chunk
		for _, chunk := range list {
			c.Reset(chunk)
			for _, at := range Records(chunk) {
				ev := map[string]string{}
				if _, _, err := c.Record(int(at), func(name string, v Value) { ev[name] = v.Text() }); err != nil {
					t.Errorf("%s: %v", path, err)
				}
				have = append(have, ev)
			}
		}
		want := events(t, strings.TrimSuffix(path, ".evtx")+".json")
		if len(have) != len(want) {
			t.Errorf("%s: %d records, the JSON has %d", path, len(have), len(want))
			continue
		}
		for i := range want {
			for name, value := range want[i] {
				compared++
				got, ok := have[i][name]
				// Other readers write GUIDs without braces, times with other numbers of digits, and leave trailing
				// space out; one file was written by hand, with other letter case.
				same := strings.EqualFold(got, value) || strings.HasPrefix(value, strings.TrimSuffix(got, "Z")) || strings.Trim(got, "{}") == strings.Trim(value, "{}") || strings.HasPrefix(got, strings.TrimSuffix(value, "Z")) || strings.TrimSpace(got) == strings.TrimSpace(value)
				if !ok || !same {
					t.Errorf("%s, record %d: %s is %q (present %v), want %q", filepath.Base(path), i+1, name, got, ok, value)
				}
			}
		}
	}
	t.Logf("%d values compared", compared)
	if compared < 1000 {
		t.Errorf("only %d values compared", compared)
	}
}

// events flattens the JSON of a file: System with attributes, EventData.
func events(t *testing.T, path string) (out []map[string]string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	for dec.More() {
		var doc any
		if err := dec.Decode(&doc); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		list, ok := doc.([]any)
		if !ok {
			list = []any{doc}
		}
		for _, e := range list {
			ev := map[string]string{}
			event := e.(map[string]any)["Event"].(map[string]any)
			for name, v := range object(event["System"]) {
				if o := object(v); o != nil {
					for a, v := range object(o["#attributes"]) {
						ev[name+"_"+a] = fmt.Sprint(v)
					}
					if v := o["#text"]; v != nil {
						ev[name] = fmt.Sprint(v)
					}
				} else if v != nil {
					ev[name] = fmt.Sprint(v)
				}
			}
			for name, v := range object(event["EventData"]) {
				if s, ok := v.(string); ok {
					ev[strings.ReplaceAll(name, " ", "")] = s
				}
			}
			delete(ev, "#attributes")
			out = append(out, ev)
		}
	}
	return out
}

func object(v any) map[string]any {
	o, _ := v.(map[string]any)
	return o
}

// A torn chunk gives the records that are whole, and never panics.
func TestTornChunks(t *testing.T) {
	var c Chunk
	whole, torn, errors := 0, 0, 0
	n := 0
	for _, list := range chunks(t) {
		if n++; n > 30 {
			break
		}
		for _, chunk := range list {
			whole += len(Records(chunk))
			for cut := 500; cut < len(chunk); cut += 997 {
				part := bytes.Clone(chunk)
				clear(part[cut:min(cut+400, len(part))])
				c.Reset(part)
				for _, at := range Records(part) {
					torn++
					if _, _, err := c.Record(int(at), func(_ string, v Value) { _ = v.Text() }); err != nil {
						errors++
					}
				}
			}
		}
	}
	if torn == 0 || errors == 0 || errors == torn {
		t.Errorf("%d whole records; torn: %d read, %d of them with an error", whole, torn, errors)
	}
}

func TestValues(t *testing.T) {
	le := func(v any) []byte {
		b, _ := binary.Append(nil, binary.LittleEndian, v)
		return b
	}
	for _, c := range []struct {
		kind Type
		data []byte
		want string
	}{
		{String, []byte("a\x00b\x00\x00\x00c\x00"), "ab"}, {String, []byte("\x3d\xd8\x00\xde"), "😀"}, {String, []byte("\x3d\xd8"), "\uFFFD"},
		{ANSI, []byte("abc\x00"), "abc"}, {Int8, []byte{0xff}, "-1"}, {Uint16, le(uint16(4624)), "4624"}, {Int32, le(int32(-5)), "-5"},
		{Uint64, le(uint64(1<<63 + 1)), "9223372036854775809"}, {Double, le(1.5), "1.5"}, {Bool, le(uint32(1)), "true"},
		{Hex32, le(uint32(0x1fffff)), "0x1fffff"}, {Hex64, le(uint64(0x3e7)), "0x3e7"},
		{GUID, []byte{0x5f, 0x38, 0x70, 0x57, 0x2a, 0xc2, 0xe0, 0x43, 0xbf, 0x4c, 6, 0xf5, 0x69, 0x8f, 0xfb, 0xd9}, "{5770385F-C22A-43E0-BF4C-06F5698FFBD9}"},
		{SID, []byte{1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0}, "S-1-5-18"}, {FileTime, le(uint64(132521632815662923)), "2020-12-11T12:28:01.5662923Z"},
		{Binary, []byte{0xde, 0xad}, "DEAD"}, {Array | String, []byte("a\x00\x00\x00b\x00\x00\x00"), "a,b"}, {Array | Uint16, le([]uint16{1, 2}), "1,2"},
		{Uint16, []byte{1}, "01"}, {GUID, []byte{1, 2}, "0102"}, {SID, nil, ""}, {SystemTime, make([]byte, 3), "000000"},
	} {
		if got := (Value{Type: c.kind, Data: c.data}).Text(); got != c.want {
			t.Errorf("type %#x of %x: %q, want %q", c.kind, c.data, got, c.want)
		}
	}
}

func FuzzChunk(f *testing.F) {
	n := 0
	err := filepath.WalkDir(regression, func(path string, d fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(path) == ".evtx" && n < 8 {
			n++
			data, rerr := os.ReadFile(path)
			if rerr == nil && len(data) > HeaderSize+8192 {
				f.Add(data[HeaderSize : HeaderSize+8192])
			}
		}
		return nil
	})
	if err != nil {
		f.Log(err)
	}
	f.Add(append([]byte("ElfChnk\x00"), make([]byte, 1000)...))
	var c Chunk
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > ChunkSize {
			return
		}
		c.Reset(data)
		last := int32(0)
		for _, at := range Records(data) {
			if at < last {
				t.Fatalf("record at %d after %d", at, last)
			}
			last = at
			_, _, _ = c.Record(int(at), func(name string, v Value) { _, _ = v.Text(), v.Members() })
		}
	})
}
