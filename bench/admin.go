package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/sandbox/compare"
	"github.com/rollcall-sync/rollcall/internal/sandbox/people"
)

// admin talks to the admin endpoint of the stand-ins.
type admin struct{ base string }

// counts returns how many calls the stand-ins have had so far, by endpoint.
func (a *admin) counts(ctx context.Context) (map[string]int, error) {
	var counts map[string]int
	return counts, a.call(ctx, http.MethodGet, "/_sandbox/counts", nil, &counts)
}

// compare compares target and source object by object.
func (a *admin) compare(ctx context.Context) (compare.Report, error) {
	var report compare.Report
	return report, a.call(ctx, http.MethodGet, "/_sandbox/compare", nil, &report)
}

// change makes n changes in the source and returns what they were.
func (a *admin) change(ctx context.Context, n int) ([]people.Changed, error) {
	var made []people.Changed
	return made, a.call(ctx, http.MethodPost, "/_sandbox/okta/change", map[string]int{"n": n, "seed": 1}, &made)
}

// persons counts those whom changes concern.
func persons(made []people.Changed) int {
	concerned := map[string]bool{}
	for _, c := range made {
		if c.UserID != "" {
			concerned[c.UserID] = true
		}
	}
	return len(concerned)
}

func (a *admin) call(ctx context.Context, method, path string, body, into any) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("%s %s: %w", method, path, err)
		}
	}()
	var content io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return err
		}
		content = bytes.NewReader(encoded)
	}
	request, err := http.NewRequestWithContext(ctx, method, a.base+path, content)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		text, err := io.ReadAll(io.LimitReader(response.Body, 1<<10))
		if err != nil {
			return err
		}
		return fmt.Errorf("HTTP %d: %s", response.StatusCode, strings.TrimSpace(string(text)))
	}
	return json.NewDecoder(response.Body).Decode(into)
}

// isSource reports whether an endpoint is the source's. Everything that Okta
// has is under /api/v1; nothing of any target's API is.
func isSource(endpoint string) bool { return strings.Contains(endpoint, " /api/v1/") }

// since returns what was called between two counts, by endpoint.
func since(before, after map[string]int) map[string]int {
	calls := map[string]int{}
	for endpoint, n := range after {
		if n -= before[endpoint]; n > 0 {
			calls[endpoint] = n
		}
	}
	return calls
}
