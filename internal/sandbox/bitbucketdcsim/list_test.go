package bitbucketdcsim_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/sandbox/bitbucketdcsim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
)

func TestPagesAreAsLongAsTheServerLikes(t *testing.T) {
	t.Parallel()
	a := newAPI(t, func(o *bitbucketdcsim.Options) { o.MaxPage = 2 })
	a.seed(t)
	for _, list := range []struct {
		path string
		want []string
	}{
		{"/admin/users?", []string{"admin", "operator", "ana", "ben"}},
		{"/admin/users?filter=EXAMPLE.com", []string{"ana", "ben"}},
		{"/users?", []string{"admin", "operator", "ana", "ben"}},
		{"/users?group=red", []string{"ana"}},
		{"/admin/groups?", []string{"stash-users", "bitbucket-administrators", "red", "blue"}},
		{"/groups?filter=u", []string{"stash-users", "bitbucket-administrators", "blue"}},
		{"/admin/groups/more-members?context=RED", []string{"ana"}},
		{"/admin/groups/more-non-members?context=red", []string{"admin", "operator", "ben"}},
		{"/admin/groups/more-members?context=nothing", []string{}},
		{"/admin/users/more-members?context=ana", []string{"red"}},
		{"/admin/users/more-non-members?context=ana", []string{"stash-users", "bitbucket-administrators", "blue"}},
	} {
		got, start := []string{}, 0
		for {
			page := a.call(t, "GET", fmt.Sprintf("%s&limit=500&start=%d", list.path, start), "")
			names := page.values()
			if len(names) > 2 || page.Body["limit"] != 2.0 || page.Body["start"] != float64(start) {
				t.Fatalf("%s: %s", list.path, page.Text)
			}
			got = append(got, names...)
			next, more := page.Body["nextPageStart"].(float64)
			if more == page.Body["isLastPage"].(bool) {
				t.Fatalf("%s: %s", list.path, page.Text)
			}
			if !more {
				break
			}
			start = int(next)
		}
		if diff := cmp.Diff(list.want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", list.path, diff)
		}
	}
}

func TestListEffects(t *testing.T) {
	t.Parallel()
	now := time.Now().Add(-time.Minute)
	a := newAPI(t, func(o *bitbucketdcsim.Options) { o.MaxPage, o.Now = 2, func() time.Time { return now } })
	for i := range 4 {
		a.call(t, "POST", newUser(fmt.Sprintf("u%d", i), fmt.Sprintf("u%d@example.com", i)), "")
	}
	now = now.Add(time.Minute)
	a.call(t, "POST", newUser("late", "late@example.com"), "")
	for kind, want := range map[fault.Kind]int{fault.Empty: 0, fault.Half: 4, fault.SkipPage: 5, fault.Stale: 6, "": 7} {
		id := ""
		if kind != "" {
			id = a.engine.Add(fault.Rule{API: bitbucketdcsim.API, Kind: kind})
		}
		n := 0
		for start := 0; ; {
			page := a.call(t, "GET", fmt.Sprintf("/admin/users?start=%d", start), "")
			n += len(page.values())
			next, more := page.Body["nextPageStart"].(float64)
			if !more {
				break
			}
			start = int(next)
		}
		if n != want {
			t.Errorf("%q: %d users, want %d", kind, n, want)
		}
		a.engine.Remove(id)
	}
}

func TestALimitIsSaidInTheHeaders(t *testing.T) {
	t.Parallel()
	now := time.Now()
	a := newAPI(t, func(o *bitbucketdcsim.Options) { o.Now = func() time.Time { return now } })
	a.engine.SetLimit(bitbucketdcsim.API, "*", fault.Limit{Requests: 2, Window: 10 * time.Second})
	for remaining := 1; remaining >= 0; remaining-- {
		got := a.call(t, "GET", "/admin/groups", "")
		if got.Status != 200 || got.Header.Get("X-RateLimit-Remaining") != fmt.Sprint(remaining) {
			t.Errorf("%d, remaining %q, want %d", got.Status, got.Header.Get("X-RateLimit-Remaining"), remaining)
		}
	}
	if got := a.call(t, "GET", "/admin/groups", ""); got.Status != 429 || got.Header.Get("Retry-After") != "10" {
		t.Errorf("%d, Retry-After %q", got.Status, got.Header.Get("Retry-After"))
	}
}
