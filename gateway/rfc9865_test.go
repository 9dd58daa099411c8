package gateway_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// walk follows cursors to the end and returns the ids of each page.
func walk(t *testing.T, next func(cursor string) answer) [][]string {
	t.Helper()
	var pages [][]string
	cursor := ""
	for range 20 {
		a := next(cursor)
		pages = append(pages, a.order(t))
		following, more := a.at("nextCursor").(string)
		if !more {
			return pages
		}
		if following == "" || following == cursor {
			t.Fatalf("nextCursor is %q after %q", following, cursor)
		}
		cursor = following
	}
	t.Fatal("the cursors do not end")
	return nil
}

// rfc9865 is pages by cursor.
func rfc9865() []requirement {
	return []requirement{
		{"2", "an empty cursor asks for the first page, and nextCursor leads on until the last", nil, func(t *testing.T, c *client) {
			mark := c.unique()
			var ids []string
			for range 5 {
				ids = append(ids, c.user(t, object{"nickName": mark}).id())
			}
			unreserved := regexp.MustCompile(`^[-A-Za-z0-9._~]+$`)
			pages := walk(t, func(cursor string) answer {
				a := c.find(t, "/Users", "filter", `nickName eq "`+mark+`"`, "count", "2", "cursor", cursor).want(t, 200).has(t, 5, "totalResults")
				if next := a.text("nextCursor"); next != "" && !unreserved.MatchString(next) {
					t.Errorf("the cursor %q has characters that need encoding", next)
				}
				if list, _ := a.at("Resources").(array); len(list) > 2 {
					t.Errorf("%d resources on a page of 2", len(list))
				}
				a.has(t, len(a.order(t)), "itemsPerPage")
				return a
			})
			if len(pages) != 3 {
				t.Errorf("%d pages", len(pages))
			}
			same(t, sorted(ids...), sorted(slices.Concat(pages...)...), "the pages together")
		}},
		{"2", "cursors keep the order that was asked for", nil, func(t *testing.T, c *client) {
			mark := c.unique()
			want := make([]string, 4)
			for _, i := range []int{2, 0, 3, 1} {
				want[i] = c.user(t, object{"nickName": mark, "title": string(rune('a' + i))}).id()
			}
			for _, order := range []string{"ascending", "descending"} {
				pages := walk(t, func(cursor string) answer {
					return c.find(t, "/Users", "filter", `nickName eq "`+mark+`"`, "sortBy", "title", "sortOrder", order, "count", "3", "cursor", cursor)
				})
				same(t, want, slices.Concat(pages...), order)
				slices.Reverse(want)
			}
		}},
		{"2", "what is created and deleted between pages moves nobody to another", nil, func(t *testing.T, c *client) {
			mark := c.unique()
			var ids []string
			for range 4 {
				ids = append(ids, c.user(t, object{"nickName": mark}).id())
			}
			var gone string
			pages := walk(t, func(cursor string) answer {
				a := c.find(t, "/Users", "filter", `nickName eq "`+mark+`"`, "count", "2", "cursor", cursor)
				if cursor == "" {
					gone = a.order(t)[0]
					c.do(t, "DELETE", "/Users/"+gone, nil).want(t, 204)
				}
				return a
			})
			same(t, sorted(ids...), sorted(slices.Concat(pages...)...), "the pages together")
		}},
		{"2", "index paging is the default: without cursor there is none", nil, func(t *testing.T, c *client) {
			mark, _ := three(t, c, plainUser)
			a := c.find(t, "/Users", "filter", `nickName eq "`+mark+`"`, "count", "1").want(t, 200)
			a.has(t, nil, "nextCursor").has(t, 1, "startIndex")
		}},
		{"2", "an empty result has no cursor", nil, func(t *testing.T, c *client) {
			c.find(t, "/Users", "filter", `userName eq "nobody"`, "cursor", "").want(t, 200).has(t, nil, "nextCursor").has(t, 0, "totalResults")
		}},
		{"2.1", "a cursor that is none, or another query's, is invalidCursor", nil, func(t *testing.T, c *client) {
			mark, _ := three(t, c, plainUser)
			filter := `nickName eq "` + mark + `"`
			cursor := c.find(t, "/Users", "filter", filter, "count", "1", "cursor", "").text("nextCursor")
			if cursor == "" {
				t.Fatal("no cursor")
			}
			c.find(t, "/Users", "filter", filter, "count", "1", "cursor", cursor).want(t, 200)
			for _, bad := range []string{"garbage", cursor + "x", cursor[1:], strings.ToUpper(cursor), "AAAA"} {
				c.find(t, "/Users", "filter", filter, "count", "1", "cursor", bad).refused(t, 400, "invalidCursor")
			}
			c.find(t, "/Users", "filter", `nickName eq "other"`, "count", "1", "cursor", cursor).refused(t, 400, "invalidCursor")
			c.find(t, "/Groups", "count", "1", "cursor", cursor).refused(t, 400, "invalidCursor")
			c.find(t, "/Users", "filter", filter, "sortBy", "title", "count", "1", "cursor", cursor).refused(t, 400, "invalidCursor")
		}},
		{"2.1", "a count that is none is invalidCount", nil, func(t *testing.T, c *client) {
			c.find(t, "/Users", "cursor", "", "count", "many").refused(t, 400, "invalidCount")
		}},
		{"2.2", "POST /.search pages by cursor too", nil, func(t *testing.T, c *client) {
			mark, ids := three(t, c, plainUser)
			for _, path := range []string{"/Users/.search", "/.search"} {
				pages := walk(t, func(cursor string) answer {
					return c.do(t, "POST", path, object{"schemas": array{searchURN}, "filter": `nickName eq "` + mark + `"`, "count": 2, "cursor": cursor})
				})
				same(t, 2, len(pages), "pages of "+path)
				same(t, sorted(ids...), sorted(slices.Concat(pages...)...), "the pages of "+path)
			}
			c.do(t, "POST", "/Users/.search", object{"schemas": array{searchURN}, "cursor": "garbage"}).refused(t, 400, "invalidCursor")
		}},
		{"2.3", "the root pages by cursor too", nil, func(t *testing.T, c *client) {
			mark := c.unique()
			u := c.user(t, object{"displayName": mark})
			g := c.do(t, "POST", "/Groups", object{"schemas": array{groupURN}, "displayName": mark}).want(t, 201)
			pages := walk(t, func(cursor string) answer {
				return c.find(t, "/", "filter", `displayName eq "`+mark+`"`, "count", "1", "cursor", cursor)
			})
			same(t, sorted(u.id(), g.id()), sorted(slices.Concat(pages...)...), "the pages together")
		}},
		{"4", "ServiceProviderConfig says how pages are made", nil, func(t *testing.T, c *client) {
			a := c.get(t, "/ServiceProviderConfig")
			a.has(t, true, "pagination", "cursor").has(t, true, "pagination", "index").has(t, "index", "pagination", "defaultPaginationMethod")
			for _, name := range []string{"defaultPageSize", "maxPageSize", "cursorTimeout"} {
				if n, ok := a.at("pagination", name).(float64); !ok || n < 1 {
					t.Errorf("pagination.%s is %v", name, a.at("pagination", name))
				}
			}
			same(t, a.at("filter", "maxResults"), a.at("pagination", "maxPageSize"), "the largest page")
		}},
	}
}
