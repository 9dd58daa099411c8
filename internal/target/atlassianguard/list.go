package atlassianguard

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// pageSize is how many elements a page is asked for. The description states no
// maximum; this many is what other clients of the API ask for.
const pageSize = 100

// wirePage is a ListResponse (RFC 7644 section 3.4.2).
type wirePage[T any] struct {
	Total     *int            `json:"totalResults"`
	Start     *int            `json:"startIndex"`
	Resources json.RawMessage `json:"Resources"`

	items []T
}

// page reads one page of a list, from a 1-based index on. An answer that is no
// list is an outage, and so is one that ends before its total does.
func page[T any](ctx context.Context, t *Target, call rest.Call, start int) (wirePage[T], error) {
	if call.Query == nil {
		call.Query = url.Values{}
	}
	call.Query.Set("startIndex", strconv.Itoa(start))
	if !call.Query.Has("count") {
		call.Query.Set("count", strconv.Itoa(pageSize))
	}
	var got wirePage[T]
	if err := t.client.Get(ctx, call, &got); err != nil {
		return got, err
	}
	broken := func(why string) error {
		return &directory.UnavailableError{Call: call.Name(), Status: http.StatusOK, Detail: why}
	}
	switch {
	case got.Total == nil || *got.Total < 0:
		return got, broken("the answer is no list: it has no totalResults")
	case got.Start != nil && *got.Start != start && *got.Total > 0:
		return got, broken(fmt.Sprintf("asked for the page from %d on, the answer begins at %d", start, *got.Start))
	}
	if len(got.Resources) > 0 {
		if err := json.Unmarshal(got.Resources, &got.items); err != nil {
			return got, broken("the list's resources are not what was expected")
		}
	}
	if len(got.items) == 0 && *got.Total >= start {
		return got, broken("the list ends before its total does")
	}
	return got, nil
}

// next is the cursor of the page after this one, with the total so far; empty at
// the end.
func (p wirePage[T]) next(start int) string {
	if after := start + len(p.items); after <= *p.Total {
		return strconv.Itoa(after) + "/" + strconv.Itoa(*p.Total)
	}
	return ""
}

// pages is how many pages of this one's size the whole list has.
func (p wirePage[T]) pages() int {
	if len(p.items) == 0 {
		return 1
	}
	return (*p.Total + len(p.items) - 1) / len(p.items)
}

// after fails for a list that became shorter since its last page: pages are
// counted off by index, so that somebody on this one would never be seen.
func (p wirePage[T]) after(call rest.Call, total int) error {
	if *p.Total >= total {
		return nil
	}
	return &directory.UnavailableError{Call: call.Name(), Status: http.StatusOK, Detail: "the list became shorter while it was read"}
}

// continued reads the page that a cursor leads to, the first for an empty one,
// and returns the next page's cursor with it.
func continued[T any](ctx context.Context, t *Target, call rest.Call, cursor string) (wirePage[T], string, error) {
	start, total := 1, 0
	if cursor != "" {
		first, second, _ := strings.Cut(cursor, "/")
		var errStart, errTotal error
		start, errStart = strconv.Atoi(first)
		total, errTotal = strconv.Atoi(second)
		if err := errors.Join(errStart, errTotal); err != nil || start < 1 {
			return wirePage[T]{}, "", fmt.Errorf("cursor %q is not one of this target's", cursor)
		}
	}
	got, err := page[T](ctx, t, call, start)
	if err != nil {
		return got, "", err
	}
	return got, got.next(start), got.after(call, total)
}

// element is what a list holds; identity tells it from the others.
type element interface{ identity() string }

func (u wireUser) identity() string { return u.ID }

func (g wireGroup) identity() string { return g.ID }

// every reads a list to its end, given its first page, and hands over each
// element.
func every[T element](ctx context.Context, t *Target, call rest.Call, first wirePage[T], found func(T)) error {
	got, cursor := first, first.next(1)
	progress := directory.NewProgress(call.Name(), T.identity)
	for {
		if err := progress.Page(got.items, cursor == ""); err != nil {
			return err
		}
		for _, item := range got.items {
			found(item)
		}
		if cursor == "" {
			return nil
		}
		var err error
		if got, cursor, err = continued[T](ctx, t, call, cursor); err != nil {
			return err
		}
	}
}
