package directory_test

import (
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

func TestAListThatDoesNotMoveOnIsAnOutage(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		pages [][]string
		// bad is the page that is refused, 0 for none.
		bad      int
		overlaps bool
	}{
		"each page is another":                           {pages: [][]string{{"a", "b"}, {"c", "d"}, {"e"}}},
		"a short page and an empty one in the middle":    {pages: [][]string{{"a", "b"}, {"c"}, {}, {}, {"d", "e"}}},
		"the last page is empty":                         {pages: [][]string{{"a"}, {}}},
		"there is nothing":                               {pages: [][]string{{}}},
		"somebody moved from one page to the next":       {pages: [][]string{{"a", "b"}, {"b", "c"}, {"d"}}},
		"the last page holds who moved there":            {pages: [][]string{{"a", "b"}, {"b"}}},
		"a page is the one before":                       {pages: [][]string{{"a", "b"}, {"a", "b"}, {"c"}}, bad: 2},
		"a page is the one before in another order":      {pages: [][]string{{"a", "b"}, {"b", "a"}, {"c"}}, bad: 2},
		"two pages take turns":                           {pages: [][]string{{"a"}, {"b"}, {"a"}, {"b"}}, bad: 3},
		"the last page is the one before":                {pages: [][]string{{"a", "b"}, {"a", "b"}}, bad: 2},
		"an empty page comes and comes":                  {pages: append([][]string{{"a"}}, make([][]string, 300)...), bad: 202},
		"directories hold the same people":               {pages: [][]string{{"a", "b"}, {"a", "b"}, {"a", "b"}, {"c"}, {"c"}}, overlaps: true},
		"directories hold the same people and never end": {pages: slicesOf("a", 300), overlaps: true, bad: 202},
	} {
		p := directory.NewProgress("list people", func(s string) string { return s })
		if test.overlaps {
			p = p.Overlapping()
		}
		bad := 0
		for i, page := range test.pages {
			if err := p.Page(page, i == len(test.pages)-1); err != nil {
				bad = i + 1
				if directory.ClassOf(err) != directory.ClassUnavailable || !strings.Contains(directory.DetailOf(err), "does not move on") {
					t.Errorf("%s: %v, %s", name, err, directory.DetailOf(err))
				}
				break
			}
		}
		if bad != test.bad {
			t.Errorf("%s: page %d was refused, want %d", name, bad, test.bad)
		}
	}
}

func slicesOf(id string, n int) [][]string {
	pages := make([][]string, n)
	for i := range pages {
		pages[i] = []string{id}
	}
	return pages
}
