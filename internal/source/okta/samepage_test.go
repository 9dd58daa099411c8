package okta_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// TestGroupsOfAUserThatDoNotMoveOnAreAnOutage: each page has another cursor, and
// holds the same.
func TestGroupsOfAUserThatDoNotMoveOnAreAnOutage(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	source := answering(t, func(w http.ResponseWriter, r *http.Request) {
		n := calls.Add(1)
		w.Header().Set("Content-Type", "application/json")
		if n < 1000 {
			w.Header().Set("Link", fmt.Sprintf(`<http://%s%s?after=c%d>; rel="next"`, r.Host, r.URL.Path, n))
		}
		_, _ = io.WriteString(w, `[{"id":"00g1"}]`)
	})
	ids, err := source.UserGroups(t.Context(), "00u1")
	if directory.ClassOf(err) != directory.ClassUnavailable || !strings.Contains(directory.DetailOf(err), "does not move on") {
		t.Errorf("got %d ids, %v after %d calls", len(ids), err, calls.Load())
	}
}
