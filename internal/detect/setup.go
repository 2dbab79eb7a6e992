package detect

import (
	"io/fs"
	"testing/fstest"

	"github.com/tocsin-project/tocsin/internal/event"
)

// Origin says where a rule comes from. A later one overrides an earlier one of
// the same id.
type Origin string

// The origins, in load order.
const (
	Starter   Origin = "starter"
	FromPack  Origin = "pack"
	Directory Origin = "directory"
	Own       Origin = "own" // made through the API
)

// Layer is a set of rule files.
type Layer struct {
	Origin            Origin
	Pack, PackVersion string
	Files             fs.FS
	Pipelines         []Pipeline // applied to the rules of this layer, in order
}

// Pipeline is a processing pipeline in the YAML of pySigma.
type Pipeline struct {
	Name string
	Body []byte
}

// Filter is a Sigma filter document that applies to the rules in use.
type Filter struct {
	ID, Body string
}

// Setup is what people have chosen; the engine asks for it at each load.
type Setup struct {
	Packs   []Layer
	Own     []Layer
	Off     map[string]string // rules that are switched off, with the reason
	Filters []Filter
}

// Supply is what one mapping can give events.
type Supply struct {
	Mapping    string
	Logsources []event.Logsource
	// AnyService: the service of its log sources is the sender's choice.
	AnyService bool
	// Fields are the names that its events can have; AnyField that they can have
	// others, because it takes over what the source names.
	Fields   map[string]bool // lower case
	AnyField bool
}

// layers are all rule files in load order.
func (o Options) layers(s Setup) []Layer {
	var out []Layer
	if o.Starter != nil {
		out = append(out, Layer{Origin: Starter, Files: o.Starter})
	}
	out = append(out, s.Packs...)
	if o.Dir != "" {
		out = append(out, Layer{Origin: Directory, Files: dirFS(o.Dir)})
	}
	return append(out, s.Own...)
}

// Texts makes the files of a layer out of texts by their names.
func Texts(texts map[string]string) fs.FS {
	files := fstest.MapFS{}
	for name, text := range texts {
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return files
}
