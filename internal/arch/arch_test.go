package arch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/tocsin-project/tocsin/"

// floor may be imported by all above it.
var floor = []string{"tenant", "problem", "event", "query", "db", "record", "timer", "worker", "auth"}

// edges are the imports that are allowed, each package with its reason.
var edges = map[string]struct{ imports, reason string }{
	"tenant":                 {"", "the unit of isolation knows nothing"},
	"problem":                {"", "the error model knows nothing"},
	"event":                  {"tenant", "leaf: an event has its tenant"},
	"query":                  {"event", "leaf: fields of events"},
	"db":                     {"tenant problem", "handles are bound to a tenant"},
	"db/dbtest":              {"db", "stores for tests"},
	"record":                 {"db tenant problem", "appends inside transactions"},
	"worker":                 {"", "leaf: a loop over what waits"},
	"timer":                  {"db tenant", "due times are rows"},
	"auth":                   {"db record tenant problem", "what people do to accounts is recorded"},
	"journal":                {"tenant problem", "records of tenants"},
	"intake":                 {"journal tenant problem", "received is journalled, not parsed"},
	"normalize":              {"journal event", "raw to event"},
	"eventstore":             {"event query tenant problem", "stores and searches events"},
	"eventstore/conformance": {"event tenant", "cases that every engine answers alike; for tests"},
	"eventstore/clickhouse":  {"event eventstore problem query tenant", "an engine of the event store on servers of its own: the search language as ClickHouse SQL, answers as the event store's"},
	"eventstore/enginetest":  {"event eventstore eventstore/conformance problem query tenant", "what every engine must do, as tests"},
	"eventstore/catalogue":   {"eventstore db record tenant", "segments are listed in the relational store"},
	"detect":                 {"event problem tenant sigma", "matches events by Sigma"},
	"rulepack":               {"db problem record sigma tenant", "which rules are used, and their versions"},
	"rulestats":              {"db event tenant", "what rules did, by hour"},
	"retention":              {"db event eventstore eventstore/catalogue problem query record tenant", "decides which segments are kept, moved and dropped: it works on the event store's list"},
	"evidence":               {"db event eventstore evidence/bundle problem query record tenant", "takes events out of the event store, with their proofs"},
	"lookback":               {"event eventstore query tenant", "what came before a case; pure over the events that it is given"},
	"evidence/bundle":        {"event eventstore problem record tenant", "the file of a snapshot: pure, for the server and for the command that checks it"},
	"searches":               {"db event eventstore problem query record tenant timer worker", "saved searches ask the event store, by themselves too"},
	"dashboards/picture":     {"eventstore", "draws tables and asks nobody"},
	"exports":                {"db event eventstore problem query record tenant worker", "files of searches, made beside the event path"},
	"dashboards":             {"dashboards/picture db eventstore problem query record tenant timer worker", "panels ask the event store; mailed by themselves"},
	"attack":                 {"", "leaf: tables of ATT&CK"},
	"backtest":               {"db detect event problem query record sigma tenant worker", "runs rules over stored events, beside the event path"},
	"alert":                  {"event db record", "facts, in the caller's transaction"},
	"pipeline":               {"alert db detect event eventstore eventstore/catalogue journal normalize problem tenant", "the one place where the event path meets"},
	"classify":               {"", "a pure function of facts and policy"},
	"cases":                  {"classify db record problem tenant", "the one exception among work packages: facts and results of the policy are part of a case, and classify is pure"},
	"oncall":                 {"db record timer problem tenant", "names what it needs of others as interfaces"},
	"notify":                 {"db record problem tenant", "the outbox"},
	"notify/egress":          {"", "guards what is dialled"},
	"notify/smtp":            {"notify", "a channel"},
	"notify/webhook":         {"notify notify/egress", "a channel"},
	"notify/ntfy":            {"notify notify/egress", "a channel"},
	"knowledge":              {"db record problem", "solutions by their words"},
	"api":                    {"alert attack auth backtest cases classify dashboards db detect event eventstore eventstore/catalogue evidence exports intake knowledge lookback normalize notify oncall problem query record retention rulepack rulestats search searches sigma tenant", "edge: translates between HTTP and the packages of work"},
	"web":                    {"api auth cases db oncall problem tenant", "edge: public pages"},
	"app":                    {"*", "the composition root makes everything"},
	"apptest":                {"api app auth", "the whole server inside a test"},
	"cli":                    {"app attack classify db detect event eventfile eventstore eventstore/catalogue evidence/bundle evtx hunt normalize record searchbench sigma tenant", "edge: commands that work without a server"},
	"evtx":                   {"", "leaf: Windows event log files"},
	"eventfile":              {"detect event evtx normalize sigma", "records of files, with the rules that can apply"},
	"hunt":                   {"eventfile normalize query sigma", "rules against files, without a server"},
	"arch":                   {"", "tests only"},
	"search":                 {"event eventstore problem query tenant", "one question, several parts at once"},
	"searchbench":            {"event eventstore journal loadgen normalize problem query tenant", "edge: what the event store takes"},
	"loadgen":                {"", "leaf: log lines for benchmarks and load tests"},
}

// sockets are the packages that listen or dial, each with its reason.
var sockets = map[string]string{
	"eventstore": "segments in an S3 bucket, by its client", "eventstore/clickhouse": "ClickHouse's HTTP interface", "api": "serves HTTP", "app": "listens for HTTP", "apptest": "asks the server under test", "cli": "asks the API, sends drills", "intake": "receives syslog and HTTP", "journal": "NATS", "web": "serves pages",
	"notify/egress": "guards outgoing HTTP", "notify/ntfy": "sends", "notify/smtp": "sends", "notify/webhook": "sends", "db": "PostgreSQL, by its driver", "db/dbtest": "starts PostgreSQL for tests",
}

// sqlFiles hold SQL text besides *store.go and internal/db, each with its reason.
var sqlFiles = map[string]string{
	"cases/policy.go":                    "one table, one small keeper",
	"app/health.go":                      "the installation's own two rows",
	"record/record.go":                   "the record is its statements: appending",
	"record/seal.go":                     "sealing",
	"record/checkpoint.go":               "checkpoints",
	"record/verify.go":                   "reads everything, trusts nothing",
	"timer/timer.go":                     "one table, one file",
	"cli/verify.go":                      "reads a directory without a server",
	"eventstore/filters.go":              "DuckDB's SQL",
	"eventstore/segment.go":              "DuckDB's SQL, not the relational store's",
	"eventstore/source.go":               "DuckDB's SQL",
	"eventstore/aggregate.go":            "DuckDB's SQL",
	"eventstore/verify.go":               "DuckDB's SQL",
	"eventstore/pipe_sql.go":             "DuckDB's SQL",
	"eventstore/pipe_rows.go":            "DuckDB's SQL",
	"eventstore/schema.go":               "DuckDB's SQL",
	"eventstore/export.go":               "DuckDB's SQL",
	"eventstore/seal.go":                 "DuckDB's SQL",
	"eventstore/prove.go":                "DuckDB's SQL",
	"eventstore/clickhouse/pipe.go":      "ClickHouse's SQL",
	"eventstore/clickhouse/aggregate.go": "ClickHouse's SQL",
	"eventstore/clickhouse/pivot.go":     "ClickHouse's SQL",
	"eventstore/clickhouse/schema.go":    "ClickHouse's SQL",
	"eventstore/clickhouse/layout.go":    "ClickHouse's SQL",
	"eventstore/clickhouse/migrate.go":   "ClickHouse's SQL",
	"eventstore/clickhouse/state.go":     "ClickHouse's SQL",
	"eventstore/clickhouse/flush.go":     "ClickHouse's SQL",
	"eventstore/clickhouse/slice.go":     "ClickHouse's SQL",
	"eventstore/clickhouse/count.go":     "ClickHouse's SQL",
}

type source struct {
	pkg, file string // below internal/
	tree      *ast.File
	lines     int
}

func sources(t *testing.T) (all []source) {
	t.Helper()
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		tree, err := parser.ParseFile(token.NewFileSet(), path, text, parser.ParseComments)
		rel, _ := filepath.Rel("..", path) // both are relative to here
		all = append(all, source{filepath.ToSlash(filepath.Dir(rel)), filepath.ToSlash(rel), tree, strings.Count(string(text), "\n")})
		return err
	})
	if err != nil || len(all) < 100 {
		t.Fatalf("read %d files: %v", len(all), err)
	}
	return all
}

func imports(f *ast.File) (paths []string) {
	for _, i := range f.Imports {
		p, _ := strconv.Unquote(i.Path.Value) // the parser has checked it
		paths = append(paths, p)
	}
	return paths
}

func TestPackagesImportOnlyWhatTheirPlaceAllows(t *testing.T) {
	for _, s := range sources(t) {
		may, ok := edges[s.pkg]
		if !ok || may.reason == "" {
			t.Errorf("internal/%s has no place in the architecture: add it to the table with a reason", s.pkg)
			continue
		}
		for _, p := range imports(s.tree) {
			own, inside := strings.CutPrefix(p, module)
			own = strings.TrimPrefix(own, "internal/")
			if inside && may.imports != "*" && !slices.Contains(strings.Fields(may.imports), own) {
				t.Errorf("internal/%s imports %s; internal/%s may import: %s (%s)", s.file, own, s.pkg, may.imports, may.reason)
			}
			if (s.pkg == "event" || s.pkg == "query") && !inside && strings.Contains(strings.Split(p, "/")[0], ".") {
				t.Errorf("internal/%s imports %s; %s is a leaf over the standard library", s.file, p, s.pkg)
			}
			if strings.Contains(p, "duckdb") && s.pkg != "eventstore" {
				t.Errorf("internal/%s imports %s; only internal/eventstore links DuckDB", s.file, p)
			}
			if (strings.HasPrefix(p, "modernc.org/sqlite") || strings.HasPrefix(p, "github.com/jackc/pgx")) && !strings.HasPrefix(s.pkg, "db") {
				t.Errorf("internal/%s imports the driver %s; only internal/db does", s.file, p)
			}
			if (p == "net/http" || p == "net/smtp" || p == "net" || p == "os/exec" || strings.Contains(p, "nats") || strings.Contains(p, "minio") || strings.Contains(p, "go-mail")) && sockets[s.pkg] == "" && p != "net/netip" {
				t.Errorf("internal/%s imports %s; packages that listen or dial are on a list with a reason", s.file, p)
			}
		}
	}
	for _, f := range floor {
		for _, p := range strings.Fields(edges[f].imports) {
			if !slices.Contains(floor, p) {
				t.Errorf("the floor package %s may import %s, which stands above it", f, p)
			}
		}
	}
}

func TestSigmaKnowsNothingOfUs(t *testing.T) {
	files, err := filepath.Glob("../../sigma/*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	for _, path := range files {
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range imports(f) {
			if strings.HasPrefix(p, module+"internal/") {
				t.Errorf("%s imports %s", path, p)
			}
		}
	}
}

var sqlText = regexp.MustCompile(`(?s)^\s*(SELECT\s.*|INSERT INTO\s.*|DELETE FROM\s.*|UPDATE\s+\w+\s+SET\s.*|CREATE (TABLE|INDEX)\s.*)`)

func TestSQLStandsInStoresOnly(t *testing.T) {
	for _, s := range sources(t) {
		if strings.HasPrefix(s.pkg, "db") || strings.HasSuffix(s.file, "store.go") && s.pkg != "eventstore" {
			continue
		}
		ast.Inspect(s.tree, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				if text, err := strconv.Unquote(lit.Value); err == nil && sqlText.MatchString(text) {
					if sqlFiles[s.file] == "" {
						t.Errorf("internal/%s holds SQL: %.60s; put it into store.go", s.file, text)
					}
				}
			}
			return true
		})
	}
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	docs := map[string]int{}
	for _, s := range sources(t) {
		docs[s.pkg] += 0
		if s.tree.Doc != nil {
			docs[s.pkg] += len(s.tree.Doc.Text())
		}
		if slices.Contains([]string{"util", "utils", "common", "helpers", "models", "types", "misc", "shared"}, s.tree.Name.Name) {
			t.Errorf("internal/%s: the name %s says nothing", s.pkg, s.tree.Name.Name)
		}
		if s.lines > 500 {
			t.Errorf("internal/%s has %d lines, more than a reader takes in", s.file, s.lines)
		}
	}
	for pkg, n := range docs {
		if n < 60 {
			t.Errorf("internal/%s has no package doc that says purpose, guarantees and limits", pkg)
		}
	}
}

func TestTheEnginesAreThoseThatWereMeasured(t *testing.T) {
	mod, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	for _, pin := range []string{
		"github.com/nats-io/nats-server/v2 v2.15.2", "github.com/nats-io/nats.go v1.55.0", "github.com/duckdb/duckdb-go/v2 v2.10505.0", "modernc.org/sqlite v1.50.0", "github.com/jackc/pgx/v5 v5.12.0",
		"github.com/danielgtaylor/huma/v2 v2.37.2", "github.com/google/cel-go v0.31.0", "golang.org/x/mod v0.41.0", "github.com/wneessen/go-mail v0.8.1", "github.com/goccy/go-yaml v1.19.2", "github.com/spf13/cobra v1.10.2", "github.com/prometheus/client_golang v1.25.0",
	} {
		if !strings.Contains(string(mod), "\t"+pin+"\n") {
			t.Errorf("go.mod does not pin %s; a change is measured and written up as an ADR first", pin)
		}
	}
}
