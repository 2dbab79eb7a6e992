package dashboards

import (
	"bytes"
	"embed"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
)

//go:embed shipped/*.yml
var shippedFiles embed.FS

// loadShipped reads the dashboards that come with the program; a file's name is
// the id.
func loadShipped(now time.Time) ([]Dashboard, error) {
	files, err := shippedFiles.ReadDir("shipped")
	if err != nil {
		return nil, err
	}
	var out []Dashboard
	for _, f := range files {
		text, err := shippedFiles.ReadFile(path.Join("shipped", f.Name()))
		if err != nil {
			return nil, err
		}
		number, id, _ := strings.Cut(strings.TrimSuffix(f.Name(), ".yml"), "-") // the number gives the order
		d := Dashboard{ID: id, Shipped: true, Version: 1}
		if err := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict()).Decode(&d.Body); err != nil {
			return nil, fmt.Errorf("shipped dashboard %s-%s: %w", number, id, err)
		}
		d.Shared = true
		if err := d.check(now); err != nil {
			return nil, fmt.Errorf("shipped dashboard %s: %w", f.Name(), err)
		}
		out = append(out, d)
	}
	return out, nil
}
