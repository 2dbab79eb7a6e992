package cli

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// installed is what the server says about an installation.
type installed struct {
	Pack struct {
		Name     string `json:"name"`
		Active   string `json:"active"`
		Versions []struct {
			Version  string `json:"version"`
			Rules    int    `json:"rules"`
			Rejected int    `json:"rejected"`
			License  string `json:"license"`
		} `json:"versions"`
	} `json:"pack"`
	Version string `json:"version"`
	Reload  struct {
		OK    bool   `json:"ok"`
		Error string `json:"error"`
	} `json:"reload"`
}

func rulesInstallCommand() *cobra.Command {
	c := &cobra.Command{Use: "install PATH|URL", Short: "Install a rule pack in a running server: a directory, a zip, or an https address", Args: cobra.ExactArgs(1),
		Example: "  tocsin rules install ./our-rules --name our-rules --pack-version 3 --activate\n  tocsin rules install https://example.org/pack.zip --sha256 9f86d0…"}
	connect := clientFlags(c)
	name := c.Flags().String("name", "", "name of the pack; else what its pack.json says")
	version := c.Flags().String("pack-version", "", "version; else pack.json's, else the first digits of its hash")
	license := c.Flags().String("license", "", "licence of the pack; else pack.json's")
	author := c.Flags().String("author", "", "author of the pack; else pack.json's")
	sum := c.Flags().String("sha256", "", "what the file at the address must have")
	activate := c.Flags().Bool("activate", false, "put it in use at once")
	c.RunE = func(c *cobra.Command, args []string) error {
		cl, err := connect()
		if err != nil {
			return err
		}
		cl.http.Timeout = 5 * time.Minute // packs are large, and are checked before the answer
		var out installed
		if strings.HasPrefix(args[0], "https://") || strings.HasPrefix(args[0], "http://") {
			err = cl.post("/api/v1/rule-packs/fetch", map[string]any{"url": args[0], "sha256": *sum, "name": *name, "version": *version, "license": *license, "author": *author, "activate": *activate}, &out)
		} else {
			q := url.Values{}
			for k, v := range map[string]string{"name": *name, "version": *version, "license": *license, "author": *author} {
				if v != "" {
					q.Set(k, v)
				}
			}
			if *activate {
				q.Set("activate", "true")
			}
			var data []byte
			if data, err = packed(args[0]); err == nil {
				err = cl.upload("/api/v1/rule-packs?"+q.Encode(), "application/zip", data, &out)
			}
		}
		if err != nil {
			return err
		}
		return out.print(c.OutOrStdout())
	}
	return c
}

func (in installed) print(w io.Writer) error {
	use := "not in use; activate it with POST /api/v1/rule-packs/" + in.Pack.Name + "/activate, or in the interface"
	if in.Pack.Active == in.Version {
		use = "in use"
	}
	for _, v := range in.Pack.Versions {
		if v.Version == in.Version {
			fmt.Fprintf(w, "%s %s: %d rules, %d that cannot be read, %s.\n", in.Pack.Name, v.Version, v.Rules, v.Rejected, use)
		}
	}
	if !in.Reload.OK {
		return answerNo(in.Reload.Error)
	}
	return nil
}

// packed reads a zip, or makes one of a directory's rules.
func packed(path string) ([]byte, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !st.IsDir() {
		return os.ReadFile(path)
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	if err := z.AddFS(os.DirFS(path)); err != nil {
		return nil, fmt.Errorf("pack %s: %w", path, err)
	}
	err = z.Close() // writes the directory of the archive
	return b.Bytes(), err
}

func (c *client) upload(path, kind string, data []byte, out any) error {
	req, err := http.NewRequest(http.MethodPost, c.url+path, bytes.NewReader(data))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", kind)
	return c.send(req, out)
}
