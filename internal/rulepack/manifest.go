package rulepack

import (
	"encoding/json"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/sigma"
)

// manifestFile describes a pack, in its root.
const manifestFile = "pack.json"

// Manifest says what a version of a pack is, whose, and from where.
type Manifest struct {
	Name     string   `json:"name"`
	Version  string   `json:"version"`
	Title    string   `json:"title,omitempty"`
	Author   string   `json:"author,omitempty"`
	License  string   `json:"license,omitempty"`
	Source   string   `json:"source,omitempty"` // where it was taken from
	Hash     string   `json:"hash"`             // SHA-256 over its files
	Files    int      `json:"files"`
	Rules    int      `json:"rules"`    // documents that can be read
	Rejected int      `json:"rejected"` // documents that cannot
	Notices  []string `json:"notices"`  // licence and notice files that came with it
	Authors  int      `json:"authors"`  // rules that name an author of their own
}

var (
	packName    = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)
	packVersion = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._+-]{0,62}$`)
)

// Describe makes the manifest of files: what given says, else the pack's own
// manifest, else what can be seen.
func Describe(files Files, given Manifest) (Manifest, error) {
	var own Manifest
	if text := files[manifestFile]; text != nil {
		if err := json.Unmarshal(text, &own); err != nil {
			return own, problem.New(problem.Invalid, "The pack's %s is not JSON that can be read: %v.", manifestFile, err)
		}
	}
	m := Manifest{Hash: files.hash()}
	for _, f := range []struct{ to, given, own *string }{
		{&m.Name, &given.Name, &own.Name}, {&m.Version, &given.Version, &own.Version}, {&m.Title, &given.Title, &own.Title},
		{&m.Author, &given.Author, &own.Author}, {&m.License, &given.License, &own.License}, {&m.Source, &given.Source, &own.Source},
	} {
		if *f.to = *f.given; *f.to == "" {
			*f.to = *f.own
		}
		if len(*f.to) > 500 {
			return m, problem.New(problem.Invalid, "A text of the pack's manifest is over 500 characters.")
		}
	}
	if m.Version == "" {
		m.Version = m.Hash[:12]
	}
	if !packName.MatchString(m.Name) {
		return m, &problem.Error{Kind: problem.Invalid, Detail: "A pack's name has 1 to 63 lower-case letters, digits or dashes. Give one, or put it into pack.json.", Fields: []problem.Field{{Name: "name", Detail: "lower-case letters, digits, -"}}}
	}
	if !packVersion.MatchString(m.Version) || strings.Contains(m.Version, "..") {
		return m, &problem.Error{Kind: problem.Invalid, Detail: "A pack's version has 1 to 63 letters, digits, dots, dashes, pluses or underscores.", Fields: []problem.Field{{Name: "version", Detail: "letters, digits, . - + _"}}}
	}
	m.count(files)
	if m.Rules == 0 {
		return m, problem.New(problem.Invalid, "None of the pack's documents is a rule that can be read (%d cannot).", m.Rejected)
	}
	return m, nil
}

// count parses the files once, to say what the pack has.
func (m *Manifest) count(files Files) {
	m.Files, m.Notices = len(files), []string{}
	for _, name := range files.Names() {
		switch ext := path.Ext(strings.ToLower(name)); {
		case isPipeline(name):
		case ext == ".yml" || ext == ".yaml":
			docs, bad := sigma.Parse(name, files[name])
			m.Rules += len(docs)
			m.Rejected += len(bad)
			for _, d := range docs {
				if d.Author != "" {
					m.Authors++
				}
			}
		case name != manifestFile:
			m.Notices = append(m.Notices, name)
		}
	}
	if _, ok := files[manifestFile]; !ok {
		m.Files++ // its own, written beside
	}
	slices.Sort(m.Notices)
}

// isPipeline reports whether a file is a processing pipeline that comes with
// the rules, rather than a rule.
func isPipeline(name string) bool { return strings.HasPrefix(name, "pipelines/") }

func (m Manifest) encode() []byte {
	b, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		panic(err) // strings and numbers only
	}
	return append(b, '\n')
}
