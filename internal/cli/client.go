package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// client talks to a running server. The token comes from the environment or a
// file, never from the command line, which others on the machine can read.
type client struct {
	url, token string
	http       http.Client
}

func clientFlags(c *cobra.Command) func() (*client, error) {
	base := os.Getenv("TOCSIN_URL")
	if base == "" {
		base = "http://127.0.0.1:8080"
	}
	addr := c.Flags().String("url", base, "address of the server (TOCSIN_URL)")
	file := c.Flags().String("token-file", "", "file with an API token; else TOCSIN_TOKEN")
	return func() (*client, error) {
		token := os.Getenv("TOCSIN_TOKEN")
		if *file != "" {
			b, err := os.ReadFile(*file)
			if err != nil {
				return nil, fmt.Errorf("read the token: %w", err)
			}
			token = strings.TrimSpace(string(b))
		}
		if token == "" {
			return nil, errors.New("an API token is needed: set TOCSIN_TOKEN or --token-file (make one under Settings, Tokens)")
		}
		return &client{url: strings.TrimRight(*addr, "/"), token: token, http: http.Client{Timeout: 60 * time.Second}}, nil
	}
}

func (c *client) get(path string, q url.Values, out any) error {
	if len(q) > 0 {
		path += "?" + q.Encode()
	}
	return c.do("GET", path, nil, out)
}

func (c *client) post(path string, in, out any) error { return c.do("POST", path, in, out) }

func (c *client) do(method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequest(method, c.url+path, body)
	if err != nil {
		return err
	}
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return c.send(req, out)
}

func (c *client) send(req *http.Request, out any) error {
	req.Header.Set("Authorization", "Bearer "+c.token)
	res, err := c.http.Do(req)
	if err != nil {
		return fmt.Errorf("reach the server: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode >= 400 {
		return answerError(res)
	}
	b, err := io.ReadAll(io.LimitReader(res.Body, 64<<20))
	if err != nil || out == nil || len(b) == 0 {
		return err
	}
	return json.Unmarshal(b, out)
}

// answerError is what an answer that is no success says.
func answerError(res *http.Response) error {
	b, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return err
	}
	return problemError(b, "the server answered "+res.Status)
}
