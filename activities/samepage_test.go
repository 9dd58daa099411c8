package activities

import (
	"fmt"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

func TestAListThatDoesNotMoveOnIsAnOutage(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		pages [][]string
		want  directory.Class
		read  int
	}{
		"each page is another":            {[][]string{{"a", "b"}, {"c", "d"}, {"e"}}, "", 5},
		"an empty page in the middle":     {[][]string{{"a"}, {}, {}, {"b"}}, "", 2},
		"a page is the one before again":  {[][]string{{"a", "b"}, {"a", "b"}, {"c"}}, directory.ClassUnavailable, 0},
		"a page has somebody once more":   {[][]string{{"a", "b"}, {"b", "c"}}, "", 4},
		"the last page is the one before": {[][]string{{"a"}, {"a"}}, directory.ClassUnavailable, 0},
	} {
		at := 0
		all, err := allPages(func(string) ([]string, string, error) {
			page, next := test.pages[at], ""
			if at++; at < len(test.pages) {
				next = fmt.Sprint(at)
			}
			return page, next, nil
		})
		if class := directory.ClassOf(err); err != nil && class != test.want || err == nil && test.want != "" || len(all) != test.read {
			t.Errorf("%s: %v and %v, want %d and %q", name, all, err, test.read, test.want)
		}
	}
}
