package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// stream reads server-sent events and hands each to take, until the answer or
// ctx ends.
func (c *client) stream(ctx context.Context, path string, q url.Values, take func(name string, data []byte) error) error {
	req, err := http.NewRequestWithContext(ctx, "GET", c.url+path+"?"+q.Encode(), nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	endless := http.Client{Transport: c.http.Transport}
	res, err := endless.Do(req)
	if err != nil {
		return fmt.Errorf("reach the server: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return answerError(res)
	}
	name := ""
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		line := lines.Text()
		if n, ok := strings.CutPrefix(line, "event: "); ok {
			name = n
			continue
		}
		data, ok := strings.CutPrefix(line, "data: ")
		if !ok {
			continue
		}
		if name == "failed" {
			return problemError([]byte(data), "the search failed")
		}
		if err := take(name, []byte(data)); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil && ctx.Err() == nil {
		return fmt.Errorf("the answer broke off: %w", err)
	}
	return nil
}

// problemError makes an error of a problem document.
func problemError(body []byte, otherwise string) error {
	var p struct {
		Detail string `json:"detail"`
		Offset *int   `json:"offset"`
	}
	switch {
	case json.Unmarshal(body, &p) != nil || p.Detail == "":
		return errors.New(otherwise)
	case p.Offset != nil:
		return fmt.Errorf("%s (at character %d)", p.Detail, *p.Offset+1)
	}
	return errors.New(p.Detail)
}
