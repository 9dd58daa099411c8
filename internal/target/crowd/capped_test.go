package crowd_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/crowdsim"
)

func asUnavailable(err error, into **directory.UnavailableError) bool { return errors.As(err, into) }

// pages follows the pages of a list and returns how many elements it has.
func pages(t *testing.T, page func(ctx context.Context, cursor string) (n int, next string, err error)) int {
	t.Helper()
	all := 0
	for cursor := ""; ; {
		n, next, err := page(t.Context(), cursor)
		ok(t, err)
		all += n
		if cursor = next; cursor == "" {
			return all
		}
	}
}

func (w world) users(ctx context.Context, cursor string) (int, string, error) {
	page, err := w.target.Accounts(ctx, cursor)
	return len(page.Accounts), page.Next, err
}

func (w world) groups(ctx context.Context, cursor string) (int, string, error) {
	page, err := w.target.Groups(ctx, cursor)
	return len(page.Groups), page.Next, err
}

func (w world) members(ctx context.Context, cursor string) (int, string, error) {
	page, err := w.target.Members(ctx, "club", cursor)
	return len(page.AccountIDs), page.Next, err
}

// TestAPageThatTheServerCutsShortIsNotTheEnd: Crowd says neither how many there
// are nor that there is more.
func TestAPageThatTheServerCutsShortIsNotTheEnd(t *testing.T) {
	t.Parallel()
	for _, most := range []int{1, 4, 5, 10, 0} {
		t.Run(fmt.Sprint(most), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(o *crowdsim.Options) { o.MaxResults = most })
			w.seedGroups(t, "club")
			for i := range 10 {
				a := account(fmt.Sprintf("user%d@example.com", i))
				w.seed(t, a)
				_, err := w.sim.Roster().Join("club", a.ID)
				ok(t, err)
				w.seedGroups(t, fmt.Sprintf("group%d", i))
			}
			got := map[string]int{"members": pages(t, w.members), "groups": pages(t, w.groups), "users": pages(t, w.users)}
			if diff := cmp.Diff(map[string]int{"users": 11, "groups": 13, "members": 10}, got); diff != "" {
				t.Errorf("read (-want +got)\n%s", diff)
			}
		})
	}
}

func TestAListShorterThanAnotherThatWasReadTakesNoSecondLook(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seed(t, account("ana@example.com"), account("ben@example.com"))
	w.seedGroups(t, "club")
	_, err := w.sim.Roster().Join("club", "ana@example.com")
	ok(t, err)
	pages(t, w.users)
	pages(t, w.members)
	want := map[string]int{"GET /rest/usermanagement/1/search": 2, "GET /rest/usermanagement/1/group/user/direct": 1}
	if diff := cmp.Diff(want, w.engine.Counts()); diff != "" {
		t.Errorf("calls (-want +got)\n%s", diff)
	}
}

// TestAListThatIsAnsweredInPlaceOfOneMembershipSaysNoOnlyOfAllOfIt: some may not
// know the question for one.
func TestAListThatIsAnsweredInPlaceOfOneMembershipSaysNoOnlyOfAllOfIt(t *testing.T) {
	t.Parallel()
	for rest, want := range map[string]directory.Class{`{"users":[]}`: "", `{"users":[{"name":"ben"}]}`: directory.ClassUnavailable} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch {
			case r.Method == http.MethodDelete:
				w.WriteHeader(http.StatusNotFound)
				_, _ = io.WriteString(w, `{"reason":"MEMBERSHIP_NOT_FOUND"}`)
			case r.URL.Query().Get("start-index") == "1":
				_, _ = io.WriteString(w, rest)
			default:
				_, _ = io.WriteString(w, `{"users":[{"name":"cat"}]}`)
			}
		}))
		t.Cleanup(server.Close)
		err := newTarget(t, server.URL, "secret").RemoveMember(t.Context(), "club", "ana")
		if err == nil && want != "" || err != nil && directory.ClassOf(err) != want {
			t.Errorf("%s: got %v, want %q", rest, err, want)
		}
	}
}
