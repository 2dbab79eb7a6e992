package clickhouse

import (
	"strings"
	"testing"

	"github.com/tocsin-project/tocsin/internal/problem"
)

func TestNamesOfALayoutAreNames(t *testing.T) {
	for _, l := range []Layout{{}, {Database: "a b"}, {Database: "a", Cluster: "c'"}, {Database: "a", Replicated: true}, {Database: strings.Repeat("a", 65)}} {
		if l.Check() == nil {
			t.Errorf("%+v is taken", l)
		}
	}
	if err := (Layout{Database: "tocsin", Cluster: "main", Replicated: true}).Check(); err != nil {
		t.Error(err)
	}
}

// The statements of a cluster, which no test here can run: what they must have.
func TestStatementsOfACluster(t *testing.T) {
	all := func(l Layout) string {
		return strings.Join(append(migrations[0].statements(l), l.createMigrations()), "\n")
	}
	one := all(Layout{Database: "d"})
	for _, not := range []string{"ON CLUSTER", "Replicated", "Distributed"} {
		if strings.Contains(one, not) {
			t.Errorf("one server's tables have %s", not)
		}
	}
	sharded := all(Layout{Database: "d", Cluster: "c"})
	replicated := all(Layout{Database: "d", Cluster: "c", Replicated: true})
	for text, in := range map[string][2]bool{ // sharded, replicated
		"CREATE TABLE IF NOT EXISTS d.events_shard ON CLUSTER c (":                                                                          {true, true},
		"ENGINE = MergeTree PARTITION BY toYYYYMM(time) ORDER BY (tenant, time, seq, idx)":                                                  {true, false},
		"ENGINE = ReplicatedMergeTree('/tocsin/d/events/{shard}', '{replica}') PARTITION BY":                                                {false, true},
		"SETTINGS non_replicated_deduplication_window = 10000":                                                                              {true, false},
		"SETTINGS replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 7776000":                               {false, true},
		"CREATE TABLE IF NOT EXISTS d.events ON CLUSTER c AS d.events_shard ENGINE = Distributed('c', 'd', 'events_shard', intHash64(seq))": {true, true},
		"ENGINE = ReplicatedReplacingMergeTree('/tocsin/d/state', '{shard}-{replica}', version) ORDER BY name":                              {true, true},
		"ENGINE = ReplicatedReplacingMergeTree('/tocsin/d/migration', '{shard}-{replica}') ORDER BY version":                                {true, true},
	} {
		if strings.Contains(sharded, text) != in[0] || strings.Contains(replicated, text) != in[1] {
			t.Errorf("%s: sharded %v, replicated %v", text, strings.Contains(sharded, text), strings.Contains(replicated, text))
		}
	}
}

func TestInsertsOfAClusterWaitForTheQuorum(t *testing.T) {
	for _, c := range []struct {
		l    Layout
		want map[string]string
	}{
		{Layout{Database: "d"}, map[string]string{"insert_deduplication_token": "k", "async_insert": "0", "insert_quorum": "", "distributed_foreground_insert": ""}},
		{Layout{Database: "d", Cluster: "c"}, map[string]string{"insert_deduplication_token": "k", "insert_quorum": "", "distributed_foreground_insert": "1"}},
		{Layout{Database: "d", Cluster: "c", Replicated: true}, map[string]string{"insert_deduplication_token": "k", "insert_quorum": "auto", "distributed_foreground_insert": "1"}},
	} {
		got := (&Store{o: Options{Layout: c.l}}).insertSettings("k")
		for name, value := range c.want {
			if got[name] != value {
				t.Errorf("%+v: %s is %q, want %q", c.l, name, got[name], value)
			}
		}
	}
}

func TestMigrationsRunOnceAndAddWhatIsMissing(t *testing.T) {
	d := &databases{engine: startEngine(t)}
	b := d.base(t)
	s := b.open(t)
	must(t, s.Close(t.Context()))
	do := func(sql string) {
		t.Helper()
		if _, err := d.do(Statement{SQL: sql}, nil); err != nil {
			t.Fatal(err)
		}
	}
	// A table of before events had a column.
	do("ALTER TABLE " + b.Layout.rows() + " DROP COLUMN c_process_pid")
	s = b.open(t)
	must(t, s.Append(message(1), 1))
	must(t, s.Flush())
	if got := s.positions(t); len(got) != 4 {
		t.Errorf("%d rows", len(got))
	}
	must(t, s.Close(t.Context()))
	rows, err := d.do(Statement{SQL: "SELECT version, name FROM " + b.Layout.migrations()}, nil)
	if err != nil || len(rows) != len(migrations) {
		t.Fatalf("%s %v", rows, err)
	}
	do("INSERT INTO " + b.Layout.migrations() + " (version, name) VALUES (9999, 'of a newer program')")
	if _, err := Open(t.Context(), b.Options); !problem.Is(err, problem.Conflict) {
		t.Errorf("a newer schema is used: %v", err)
	}
}

func FuzzRows(f *testing.F) {
	var e encoder
	for _, x := range message(1) {
		f.Add(e.row(nil, &x, "default"))
	}
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01})
	f.Fuzz(func(t *testing.T, b []byte) {
		n := 0
		_ = each(b, func(r *reader) error {
			_, err := readRow(r)
			n++
			return err
		})
		if n > len(b)+1 {
			t.Fatal("more rows than bytes")
		}
	})
}
