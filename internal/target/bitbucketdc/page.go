package bitbucketdc

import (
	"context"
	"maps"
	"net/url"
	"strconv"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// page is Bitbucket's frame of a list. How many elements a page has says
// nothing; the last one says that it is.
// https://developer.atlassian.com/server/bitbucket/rest/ (Paged APIs)
type page[T any] struct {
	Values        []T   `json:"values"`
	IsLastPage    *bool `json:"isLastPage"`
	NextPageStart *int  `json:"nextPageStart"`
}

// list reads one page of a list that begins at start, and where the next one
// begins; 0 is nowhere.
func list[T any](ctx context.Context, t *Target, template string, query url.Values, start int) ([]T, int, error) {
	asked := url.Values{"start": {strconv.Itoa(start)}, "limit": {strconv.Itoa(pageSize)}}
	maps.Copy(asked, query)
	call := rest.Call{Method: "GET", Template: root + template, Query: asked}
	var got page[T]
	if err := t.client.Get(ctx, call, &got); err != nil {
		return nil, 0, err
	}
	broken := func(what string) error {
		return &directory.UnavailableError{Call: call.Name(), Status: 200, Detail: what}
	}
	switch {
	case got.Values == nil || got.IsLastPage == nil:
		return nil, 0, broken("the answer holds no page of a list")
	case *got.IsLastPage:
		return got.Values, 0, nil
	case got.NextPageStart == nil || *got.NextPageStart <= start:
		return nil, 0, broken("there is more, and the next page does not begin after this one")
	}
	return got.Values, *got.NextPageStart, nil
}

// element is what a list holds; identity tells it from the others.
type element interface{ identity() string }

func (u wireUser) identity() string { return u.Name }

func (g wireGroup) identity() string { return g.Name }

func (p permitted) identity() string { return p.Group.Name + "/" + p.User.Name + "/" + p.Permission }

// every follows the pages of a list to their end, or until each returns false.
func every[T element](ctx context.Context, t *Target, template string, query url.Values, each func(T) bool) error {
	progress := directory.NewProgress("GET "+root+template, T.identity)
	for start := 0; ; {
		values, next, err := list[T](ctx, t, template, query, start)
		if err == nil {
			err = progress.Page(values, next == 0)
		}
		if err != nil {
			return err
		}
		for _, value := range values {
			if !each(value) {
				return nil
			}
		}
		if next == 0 {
			return nil
		}
		start = next
	}
}

// position reads a cursor: where a page begins.
func position(cursor string) (int, error) {
	if cursor == "" {
		return 0, nil
	}
	start, err := strconv.Atoi(cursor)
	if err != nil || start <= 0 {
		return 0, &directory.RefusedError{Call: "read a page", Code: "cursor", Detail: "the place to go on from is not one of this list"}
	}
	return start, nil
}

// following is the cursor of a page that begins at start.
func following(start int) string {
	if start == 0 {
		return ""
	}
	return strconv.Itoa(start)
}

func fold(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// filter asks for what contains a text.
func filter(text string) url.Values { return url.Values{"filter": {text}} }
