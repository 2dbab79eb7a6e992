package eventfile

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/tocsin-project/tocsin/sigma"
)

// regressionCase is one info.yml of SigmaHQ's regression data.
type regressionCase struct {
	RuleMetadata []struct{ ID string } `yaml:"rule_metadata"`
	Tests        []struct {
		Type  string `yaml:"type"`
		Match int    `yaml:"match_count"`
		Path  string `yaml:"path"`
	} `yaml:"regression_tests_info"`
}

// Every recorded attack is found by the rule that was written for it, at least
// as often as is said, in the EVTX file and in its JSON.
func TestRegressionFromFiles(t *testing.T) {
	root := corpora + "sigma-regression"
	if _, err := os.Stat(root); err != nil {
		t.Skipf("needs the SigmaHQ regression data in %s: %v", root, err)
	}
	m := sigma.NewMatcher(corpusRules(t), sigma.MatcherOptions{FoldNames: true, Keep: KeepFields})
	number := map[string]int{}
	for i, r := range m.Rules() {
		number[r.ID] = i
	}
	cases := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.Name() != "info.yml" {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var c regressionCase
		if err := yaml.Unmarshal(data, &c); err != nil {
			t.Errorf("%s: %v", path, err)
			return nil
		}
		for _, test := range c.Tests {
			id := c.RuleMetadata[0].ID
			base := strings.TrimSuffix(filepath.Join(filepath.Dir(path), filepath.Base(test.Path)), filepath.Ext(test.Path))
			cases++
			for _, ext := range []string{".evtx", ".json"} {
				if got := hitsIn(t, m, base+ext, number[id]); got < test.Match {
					t.Errorf("%s%s: %d hits of %s, want %d", base, ext, got, id, test.Match)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d cases", cases)
	if cases != 132 {
		t.Errorf("%d cases, want 132", cases)
	}
}

func hitsIn(t *testing.T, m *sigma.Matcher, path string, rule int) (hits int) {
	t.Helper()
	d, s := NewDecoder(m, nil, nil), m.NewScratch()
	err := Read(context.Background(), path, nil, func(b *Block) error {
		d.Each(b, func(n int, err error) bool {
			if err != nil {
				t.Errorf("%s, record %d: %v", path, n, err)
				return true
			}
			for _, h := range d.Class.Match(d.Record, s, nil) {
				if h == rule {
					hits++
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Errorf("%s: %v", path, err)
	}
	return hits
}
