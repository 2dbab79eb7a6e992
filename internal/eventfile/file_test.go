package eventfile

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/tocsin-project/tocsin/internal/normalize"
	"github.com/tocsin-project/tocsin/sigma"
)

// probe is a Matcher whose records keep the fields that tests look at.
func probe(t testing.TB) *Decoder {
	t.Helper()
	docs, errs := sigma.Parse("p.yml", []byte("title: p\nlogsource: {product: none}\ndetection:\n  sel: [keyword]\n  condition: sel\n"))
	if len(errs) > 0 {
		t.Fatal(errs[0])
	}
	m := sigma.NewMatcher([]*sigma.Rule{docs[0].Rule}, sigma.MatcherOptions{FoldNames: true, Keep: append([]string{
		"Image", "CommandLine", "Provider_Name", "EventID", "Channel", "Computer", "Data", "ServiceName", "a.b", "list", "n", "f", "yes", "id.orig_h", "id.orig_p", "query", "tags",
		"exe", "comm", "a0", "proctitle", "op", "src.ip", "user.name", "cs-method", "sc-status", "userIdentity.type",
	}, KeepFields...)})
	set, merrs := normalize.Load(normalize.Shipped())
	if len(merrs) > 0 {
		t.Fatal(merrs[0])
	}
	return NewDecoder(m, nil, normalize.New(set))
}

func sourceNames(sources []sigma.Logsource) string {
	var out []string
	for _, s := range sources {
		out = append(out, strings.Trim(s.Category+"/"+s.Product+"/"+s.Service, "/"))
	}
	return strings.Join(out, " ")
}

// Windows events come in many wrappings, and have the same names in all.
func TestJSONShapes(t *testing.T) {
	d := probe(t)
	for _, c := range []struct{ name, doc, fields, sources string }{
		{"flat", `{"Channel":"Microsoft-Windows-Sysmon/Operational","EventID":1,"SourceName":"S","Hostname":"h","Image":"C:\\a.exe"}`,
			`EventID=1 Image=C:\a.exe Provider_Name=S Computer=h`, "windows/sysmon process_creation/windows"},
		{"evtx_dump", `{"Event":{"#attributes":{"xmlns":"x"},"System":{"Provider":{"#attributes":{"Name":"S","Guid":"g"}},"EventID":{"#attributes":{"Qualifiers":1},"#text":7045},"Channel":"System","Computer":"h"},"EventData":{"Service Name":"svc"}}}`,
			`EventID=7045 Provider_Name=S Computer=h ServiceName=svc`, "windows/system"},
		{"xml as JSON", `{"Event":{"System":{"Provider":{"@Name":"S"},"EventID":"4688","Channel":"Security"},"EventData":{"Data":[{"@Name":"NewProcessName","#text":"C:\\b.exe"},{"@Name":"ServiceName","#text":"x"}]}}}`,
			`EventID=4688 Provider_Name=S Image=C:\b.exe ServiceName=x`, "windows/security process_creation/windows"},
		{"winlogbeat", `{"@timestamp":"2026-01-01T00:00:00Z","winlog":{"channel":"Security","event_id":4624,"provider_name":"S","computer_name":"h","event_data":{"ServiceName":"x"}}}`,
			`EventID=4624 Provider_Name=S Computer=h ServiceName=x`, "windows/security"},
		{"names and values", `{"EventID":"7","Channel":"System","Data":[{"Name":"Service Name","Value":"x"},{"Name":"Unused"}]}`, `EventID=7 ServiceName=x`, "windows/system"},
		{"data without names", `{"EventID":7,"Channel":"System","Data":["one","two"]}`, `Data=one,two`, "windows/system"},
		{"user data", `{"Event":{"System":{"Channel":"System"},"UserData":{"Wrapper":{"ServiceName":"x"}}}}`, `ServiceName=x`, "windows/system"},
		{"unknown channel", `{"Channel":"Something/Else","EventID":1}`, `EventID=1`, "windows"},
		{"nested", `{"a":{"b":"x"},"list":[1,"2",{"k":3}],"n":-5,"f":1.5e3,"yes":true}`, `a.b=x list=1,2,{"k":3} n=-5 f=1500 yes=true`, ""},
		{"escapes", `{"Image":"\u00e9\ud83d\ude00\t\"\\\/"}`, "Image=é😀\t\"\\/", ""},
		{"the first of two", `{"n":1,"n":2}`, "n=1", ""},
		{"cloudtrail", `{"eventSource":"s3.amazonaws.com","eventName":"GetObject","userIdentity":{"type":"Root"}}`, "userIdentity.type=Root", "aws/cloudtrail"},
		{"zeek", `{"_path":"dns","id.orig_h":"10.0.0.1","query":"x.example"}`, "id.orig_h=10.0.0.1 query=x.example", "zeek/dns dns"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := d.JSON([]byte(c.doc)); err != nil {
				t.Fatal(err)
			}
			fields(t, d, c.fields)
			if got := sourceNames(d.Sources()); got != c.sources {
				t.Errorf("sources %q, want %q", got, c.sources)
			}
		})
	}
}

// fields checks "name=value name=value".
func fields(t *testing.T, d *Decoder, want string) {
	t.Helper()
	for _, pair := range strings.Split(want, " ") {
		name, value, _ := strings.Cut(pair, "=")
		if v, ok := d.Record.Field(name); !ok || v.Text() != value {
			t.Errorf("%s is %q (present %v), want %q", name, v.Text(), ok, value)
		}
	}
}

func TestBrokenJSON(t *testing.T) {
	d := probe(t)
	for _, doc := range []string{
		``, `x`, `[]`, `{`, `{"a"`, `{"a":`, `{"a":"`, `{"a":"\`, `{"a":1`, `{"a":1,}`, `{"a":1}x`, `{"n":tru}`, `{"n":-}`, `{"n":1e}`, `{"list":[1`, `{"list":[1 2]}`, `{"Data":[{"Name"`, `{"q":{"x"}}`,
		`{"n":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + `}`, strings.Repeat(`{"a":`, 100) + "1" + strings.Repeat("}", 100),
	} {
		if err := d.JSON([]byte(doc)); err == nil {
			t.Errorf("%.40q is taken", doc)
		}
	}
}

// An event with very many fields is read, and costs no more than its length.
func TestVeryManyFields(t *testing.T) {
	var b strings.Builder
	b.WriteString(`{"n":1`)
	for i := range 10_000 {
		fmt.Fprintf(&b, `,"field%d":"value %d"`, i, i)
	}
	b.WriteString("}")
	d := probe(t)
	if err := d.JSON([]byte(b.String())); err != nil {
		t.Fatal(err)
	}
	fields(t, d, "n=1")
}

func write(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	var b bytes.Buffer
	switch filepath.Ext(name) {
	case ".gz":
		w := gzip.NewWriter(&b)
		w.Write(data)
		w.Close()
	case ".zst":
		w, _ := zstd.NewWriter(&b)
		w.Write(data)
		w.Close()
	case ".zip":
		w := zip.NewWriter(&b)
		f, _ := w.Create("inner.json")
		f.Write(data)
		w.Close()
	default:
		b.Write(data)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Every form of file gives its records, numbered from 1; broken ones are
// errors of their own.
func TestFiles(t *testing.T) {
	zeek := "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tdns\n#fields\tts\tid.orig_h\tid.orig_p\tquery\ttags\n#types\ttime\taddr\tport\tstring\tset[string]\n" +
		"1.5\t10.0.0.1\t53\tx.example\ta,b\n1.6\t10.0.0.2\t54\t-\t(empty)\n#close\t2026\n"
	for _, c := range []struct{ name, file, data, want string }{
		{"a record a line", "a.jsonl", "{\"n\":1}\n\n{\"n\":2}\nnonsense\n{\"n\":4}", "1:1 2:2 3:! 4:4"},
		{"gzip", "a.jsonl.gz", "{\"n\":1}\n{\"n\":2}\n", "1:1 2:2"},
		{"zstandard", "a.jsonl.zst", "{\"n\":1}\n{\"n\":2}\n", "1:1 2:2"},
		{"zip", "a.zip", "{\"n\":1}\n{\"n\":2}\n", "1:1 2:2"},
		{"one document over lines", "a.json", "{\n \"n\": 1,\n \"a\": {\"b\": \"}\\\"{\"}\n}\n", "1:1"},
		{"a list", "a.json", "[\n {\"n\":1},\n {\"n\":2}\n]\n", "1:1 2:2"},
		{"a list on one line", "a.json", `[{"n":1},{"n":2}]`, "1:1 2:2"},
		{"CloudTrail", "a.json", `{"Records":[{"n":1},{"n":2}]}`, "1:1 2:2"},
		{"CloudTrail over lines", "a.json", "{\n  \"Records\": [ {\"n\":1},\n{\"n\":2}]}", "1:1 2:2"},
		{"cut off", "a.json", "[{\"n\":1},{\"n\":", "1:1 2:!"},
		{"byte order mark", "a.jsonl", "\xef\xbb\xbf{\"n\":1}\n", "1:1"},
		{"empty", "a.jsonl", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := records(t, write(t, c.file, []byte(c.data)), "n"); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
	if got := records(t, write(t, "dns.log", []byte(zeek)), "query"); got != "1:x.example 2:" {
		t.Errorf("zeek: %s", got)
	}
	audit := "type=SYSCALL msg=audit(1604996384.965:93777): arch=c000003e a0=558e comm=\"dd\" exe=\"/bin/dd\" key=(null)\ntype=PROCTITLE msg=audit(1.2:3): proctitle=64640069663D2F\ntype=USER_AUTH msg=audit(1.2:4): pid=1 msg='op=PAM:x acct=\"root\" res=failed'\n"
	for field, want := range map[string]string{"comm": "1:dd 2: 3:", "proctitle": "1: 2:dd if=/ 3:", "op": "1: 2: 3:PAM:x"} {
		if got := records(t, write(t, "audit.log", []byte(audit)), field); got != want {
			t.Errorf("audit %s: %s, want %s", field, got, want)
		}
	}
	syslog := "Nov 22 07:31:02 web1 sshd[411]: Failed password for root from 203.0.113.7 port 4711 ssh2\n"
	if got := records(t, write(t, "auth.log", []byte(syslog)), "src.ip"); got != "1:203.0.113.7" {
		t.Errorf("syslog: %s", got)
	}
	access := `203.0.113.7 - - [22/Nov/2026:07:31:02 +0000] "GET /x?y=1 HTTP/1.1" 404 12 "-" "curl/8"` + "\n"
	if got := records(t, write(t, "error.log", []byte("[Sun Nov 22 07:31:02 2026] [error] [client 203.0.113.7] x\n[Sun Nov 22 07:31:03 2026] [error] y\n")), "n"); got != "1: 2:" {
		t.Errorf("lines that begin with a bracket: %s", got)
	}
	event := `<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='S'/><EventID Qualifiers='1'>7045</EventID><TimeCreated SystemTime='2026-01-02T03:04:05Z'/><Channel>System</Channel></System><EventData><Data Name='Service Name'>a &amp; b</Data><Data>one</Data><Data>two</Data></EventData></Event>`
	xml := "<?xml version=\"1.0\"?>\n<Events>\n" + event + "\n" + strings.Replace(event, "7045", "7036", 1) + "<Event ><System><EventID>1</System></Event><Event x='"
	for field, want := range map[string]string{"EventID": "1:7045 2:7036 3:! 4:!", "ServiceName": "1:a & b 2:a & b 3:! 4:!", "Data": "1:one,two 2:one,two 3:! 4:!", "Provider_Name": "1:S 2:S 3:! 4:!"} {
		if got := records(t, write(t, "e.xml", []byte(xml)), field); got != want {
			t.Errorf("xml %s: %s, want %s", field, got, want)
		}
	}
	wazuh := `{"win":{"system":{"eventID":"7045","channel":"System"},"eventdata":{"serviceName":"x"}}}` + "\n"
	if got := records(t, write(t, "w.json", []byte(wazuh)), "EventID"); got != "1:7045" {
		t.Errorf("read by a mapping: %s", got)
	}
	if got := records(t, write(t, "access.log", []byte(access)), "sc-status"); got != "1:404" {
		t.Errorf("access log: %s", got)
	}
}

// records lists number:value of a field for each record; ! for a broken one.
func records(t *testing.T, path, field string) string {
	t.Helper()
	d := probe(t)
	var out []string
	err := Read(context.Background(), path, nil, func(b *Block) error {
		d.Each(b, func(n int, err error) bool {
			if err != nil {
				out = append(out, fmt.Sprintf("%d:!", n))
				return true
			}
			v, _ := d.Record.Field(field)
			out = append(out, fmt.Sprintf("%d:%s", n, v.Text()))
			return true
		})
		return nil
	})
	if err != nil {
		t.Errorf("%s: %v", path, err)
	}
	return strings.Join(out, " ")
}

// A record of any length up to the limit is read; a longer one is passed over
// and counted.
func TestLongRecords(t *testing.T) {
	long := `{"n":1,"x":"` + strings.Repeat("y", 3<<20) + `"}`
	over := `{"n":2,"x":"` + strings.Repeat("y", maxRecord) + `"}`
	path := write(t, "a.jsonl", []byte(long+"\n"+over+"\n"+`{"n":3}`+"\n"))
	if got := records(t, path, "n"); got != "1:1 3:3" {
		t.Error(got)
	}
	tooBig := 0
	if err := Read(context.Background(), path, nil, func(b *Block) error { tooBig += b.TooBig; return nil }); err != nil || tooBig != 1 {
		t.Errorf("%d too big, %v", tooBig, err)
	}
}

func FuzzJSON(f *testing.F) {
	for _, s := range []string{`{"Event":{"System":{"EventID":{"#text":1}},"EventData":{"Data":[{"Name":"a b","Value":1}]}}}`, `{"a":{"b":[1,{"c":"\u00e9"}]},"n":-1.5e3}`, `{"winlog":{"event_data":{"x":null}}}`} {
		f.Add([]byte(s))
	}
	d := probe(f)
	f.Fuzz(func(t *testing.T, doc []byte) {
		if d.JSON(doc) == nil {
			d.Class.Match(d.Record, d.kinds.m.NewScratch(), nil)
			d.Time()
		}
	})
}

func FuzzFiles(f *testing.F) {
	for _, s := range []string{"{\"n\":1}\n{\"n\":2}\n", "[\n{\"n\":1}]", "#separator \\x09\n#fields\ta\n1\n", "type=X msg=audit(1:2): a=\"b\" c='d e=f'\n", "<13>x\n", "ElfFile\x00", "<Event a='b'><System><Channel>S</Channel></System></Event>"} {
		f.Add([]byte(s))
	}
	d := probe(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		last := 0
		_ = read(context.Background(), "f", bytes.NewReader(data), func(b *Block) error {
			d.Each(b, func(n int, err error) bool {
				if n <= last {
					t.Errorf("record %d after %d", n, last)
				}
				last = n
				return true
			})
			return nil
		})
	})
}
