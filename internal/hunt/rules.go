package hunt

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strings"
	"sync"

	"github.com/tocsin-project/tocsin/sigma"
)

// Rules is what was read from directories of rules.
type Rules struct {
	Files    int
	Docs     []*sigma.Document // in order of path, filters applied
	Rejected []Rejected
	Warnings []sigma.Warning
	ids      map[string]string // files by id
}

// Rejected is a document that was not loaded.
type Rejected struct {
	Path   string `json:"path"`
	Line   int    `json:"line"`
	ID     string `json:"id"`
	Title  string `json:"title"`
	Reason string `json:"reason"`
}

func (r Rejected) String() string {
	name := r.Title
	if name == "" {
		name = r.ID
	}
	return fmt.Sprintf("%s:%d: %s: %s", r.Path, r.Line, name, r.Reason)
}

// maxRuleFile bounds one file of rules, in bytes.
const maxRuleFile = 4 << 20

// LoadRules reads all .yml and .yaml files below the paths, which may also be
// files. Only a path that cannot be read is an error. Of documents with the
// same id the first counts.
func LoadRules(paths []string, o sigma.Options, workers int) (*Rules, error) {
	files, err := ruleFiles(paths)
	if err != nil {
		return nil, err
	}
	type parsed struct {
		docs []*sigma.Document
		errs []Rejected
	}
	results := make([]parsed, len(files))
	var wg sync.WaitGroup
	work := make(chan int)
	for range max(1, workers) {
		wg.Go(func() {
			for i := range work {
				data, err := readRuleFile(files[i])
				if err != nil {
					results[i].errs = []Rejected{{Path: files[i], Line: 1, Reason: err.Error()}}
					continue
				}
				docs, errs := o.Parse(files[i], data)
				results[i].docs = docs
				for _, e := range errs {
					results[i].errs = append(results[i].errs, named(e, data))
				}
			}
		})
	}
	for i := range files {
		work <- i
	}
	close(work)
	wg.Wait()
	out := &Rules{Files: len(files)}
	for _, r := range results {
		out.add(r.docs, r.errs)
	}
	return out.filtered(), nil
}

// LoadFS is LoadRules for a file system, such as that of the starter rules.
func LoadFS(fsys fs.FS, o sigma.Options) (*Rules, error) {
	out := &Rules{}
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if ext := path.Ext(name); err != nil || d.IsDir() || ext != ".yml" && ext != ".yaml" {
			return err
		}
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		out.Files++
		docs, errs := o.Parse(name, data)
		var rejected []Rejected
		for _, e := range errs {
			rejected = append(rejected, named(e, data))
		}
		out.add(docs, rejected)
		return nil
	})
	return out.filtered(), err
}

// add takes documents but for those whose id is taken.
func (r *Rules) add(docs []*sigma.Document, rejected []Rejected) {
	if r.ids == nil {
		r.ids = map[string]string{}
	}
	r.Rejected = append(r.Rejected, rejected...)
	for _, d := range docs {
		if d.ID != "" && r.ids[d.ID] != "" {
			r.Rejected = append(r.Rejected, Rejected{d.File, d.Line, d.ID, d.Title, "the id is already used in " + r.ids[d.ID]})
			continue
		}
		if d.ID != "" {
			r.ids[d.ID] = d.File
		}
		r.Docs = append(r.Docs, d)
	}
}

func (r *Rules) filtered() *Rules {
	r.Docs, r.Warnings = sigma.ApplyFilters(r.Docs, sigma.FilterAsWritten)
	return r
}

// Reject names the document of an error that came after reading.
func Reject(e *sigma.Error, docs []*sigma.Document) Rejected {
	r := Rejected{Path: e.File, Line: e.Line, ID: e.Rule, Reason: e.Reason}
	for _, d := range docs {
		if d.Ref() == e.Rule && d.File == e.File {
			r.Title = d.Title
		}
	}
	return r
}

// named turns an error into a Rejected with the document's id and title, which
// are read off the text where the document itself could not be.
func named(e *sigma.Error, data []byte) Rejected {
	r := Rejected{Path: e.File, Line: e.Line, Reason: e.Reason}
	lines := strings.Split(string(data), "\n")
	start := min(max(e.Line-1, 0), len(lines)-1)
	for start > 0 && strings.TrimRight(lines[start], " \t\r") != "---" {
		start--
	}
	for _, l := range lines[start:] {
		if r.Title != "" && strings.TrimRight(l, " \t\r") == "---" {
			break
		}
		if v, ok := strings.CutPrefix(l, "title:"); ok && r.Title == "" {
			r.Title = strings.Trim(strings.TrimSpace(v), `"'`)
		}
		if v, ok := strings.CutPrefix(l, "id:"); ok && r.ID == "" {
			r.ID = strings.Trim(strings.TrimSpace(v), `"'`)
		}
	}
	return r
}

func ruleFiles(paths []string) ([]string, error) {
	var files []string
	for _, name := range paths {
		info, err := os.Stat(name)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			files = append(files, name)
			continue
		}
		var found []string
		err = filepath.WalkDir(name, func(p string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if ext := strings.ToLower(filepath.Ext(p)); !d.IsDir() && (ext == ".yml" || ext == ".yaml") {
				found = append(found, p)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		sort.Strings(found)
		files = append(files, found...)
	}
	return files, nil
}

func readRuleFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", err)
	}
	if info.Size() > maxRuleFile {
		return nil, fmt.Errorf("the file is over %d bytes", maxRuleFile)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", err)
	}
	return data, nil
}

// ruleSet splits what is to be matched from what looks at its hits.
func (r *Rules) ruleSet() (rules []*sigma.Rule, correlations []*sigma.Document) {
	for _, d := range r.Docs {
		switch {
		case d.Rule != nil:
			rules = append(rules, d.Rule)
		case d.Correlation != nil:
			correlations = append(correlations, d)
		}
	}
	return rules, correlations
}

// keep names the fields that correlations read of events.
func keep(correlations []*sigma.Document) (fields []string) {
	for _, d := range correlations {
		fields = append(fields, d.Correlation.Reads()...)
	}
	return fields
}
