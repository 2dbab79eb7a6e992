package normalize

import (
	"embed"
	"io/fs"
)

//go:embed mappings/*.yml
var shipped embed.FS

// Shipped is the mappings that come with the program.
func Shipped() fs.FS {
	sub, err := fs.Sub(shipped, "mappings")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	return sub
}
