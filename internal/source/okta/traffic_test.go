package okta_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/budget"
	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/oktasim"
	"github.com/rollcall-sync/rollcall/internal/source/okta"
	"github.com/rollcall-sync/rollcall/internal/store"
)

func TestBucketsAreOktas(t *testing.T) {
	t.Parallel()
	for _, call := range [][2]string{
		{"GET", "/api/v1/users"}, {"POST", "/api/v1/users"}, {"GET", "/api/v1/users/00u1"}, {"POST", "/api/v1/users/00u1"},
		{"GET", "/api/v1/users/00u1/groups"}, {"GET", "/api/v1/groups"}, {"GET", "/api/v1/groups/00g1"},
		{"GET", "/api/v1/groups/00g1/users"}, {"GET", "/api/v1/apps"}, {"GET", "/api/v1/apps/0oa1"},
		{"GET", "/api/v1/apps/0oa1/users"}, {"GET", "/api/v1/apps/0oa1/users/00u1"}, {"GET", "/api/v1/apps/0oa1/groups"},
		{"GET", "/api/v1/logs"}, {"GET", "/api/v1/eventHooks"},
	} {
		r := httptest.NewRequest(call[0], "https://acme.okta.com"+call[1], nil)
		if got, want := okta.BucketOf(r), oktasim.BucketOf(r); got != want {
			t.Errorf("%s %s counts in %q; the stand-in counts it in %q", call[0], call[1], got, want)
		}
	}
}

func TestLimitsAreReadFromHeaders(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	headers := func(date time.Time, reset string) http.Header {
		h := http.Header{}
		h.Set("X-Rate-Limit-Limit", "600")
		h.Set("X-Rate-Limit-Remaining", "598")
		h.Set("X-Rate-Limit-Reset", reset)
		if !date.IsZero() {
			h.Set("Date", date.Format(http.TimeFormat))
		}
		return h
	}
	const reset = "1772366460" // 2026-03-01T12:01:00Z
	for name, tt := range map[string]struct {
		h    http.Header
		want time.Duration
	}{
		"by Okta's own clock":       {headers(now.Add(20*time.Second), reset), 40 * time.Second},
		"by ours if it states none": {headers(time.Time{}, reset), 60 * time.Second},
	} {
		got, ok := okta.ReadLimits(tt.h, now)
		if off := got.Reset.Sub(now.Add(tt.want)).Abs(); !ok || got.Limit != 600 || got.Remaining != 598 || off > time.Second {
			t.Errorf("%s: %+v, %v; want a reset in %s", name, got, ok, tt.want)
		}
	}
	for _, h := range []http.Header{{}, headers(now, "soon"), {"X-Rate-Limit-Limit": {"0"}}} {
		if got, ok := okta.ReadLimits(h, now); ok {
			t.Errorf("%v: %+v; want none", h, got)
		}
	}
}

// TestTwoWorkersStayInsideOktasLimits reads with two sources over one database
// against a stand-in that counts by Okta's rules.
func TestTwoWorkersStayInsideOktasLimits(t *testing.T) {
	t.Parallel()
	engine := fault.New(1)
	sim := oktasim.New(oktasim.Options{Token: token, Engine: engine})
	must(t, sim.Load(organisation()))
	server := httptest.NewServer(sim.Handler())
	t.Cleanup(server.Close)
	const limit = 40
	engine.SetLimit(oktasim.API, oktasim.BucketUsers, fault.Limit{Requests: limit, Window: time.Minute})

	db, err := store.Open(t.Context(), "sqlite:"+t.TempDir()+"/budget.db")
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	digest := sha256.Sum256([]byte(token))
	var wg sync.WaitGroup
	for range 2 {
		base := okta.NewTransport()
		t.Cleanup(base.CloseIdleConnections)
		source := newSource(t, okta.Config{URL: server.URL, PageSize: 5, Transport: budget.NewTransport(base, db, budget.Endpoint{
			Owner: "okta:acme:" + hex.EncodeToString(digest[:6]), Share: 0.5, Bucket: okta.BucketOf, Read: okta.ReadLimits,
		})})
		for range 3 {
			wg.Go(func() {
				for {
					_, err := source.Users(t.Context(), directory.PageRequest{})
					var limited *directory.RateLimitError
					if errors.As(err, &limited) {
						if limited.RetryAfter < 30*time.Second || limited.RetryAfter > 65*time.Second {
							t.Errorf("retry after %s; want the end of the window", limited.RetryAfter)
						}
						return
					}
					if err != nil {
						t.Errorf("users: %v", err)
						return
					}
				}
			})
		}
	}
	wg.Wait()
	if breaches := engine.Breaches(); len(breaches) != 0 {
		t.Errorf("calls were refused: %v", breaches)
	}
	calls := 0
	for _, n := range engine.Counts() {
		calls += n
	}
	if calls > limit/2 || calls < limit/4 {
		t.Errorf("%d calls of %d; want at most half, less the reserve, and most of that", calls, limit)
	}
}
