package gatewaytest_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/gateway/gatewaytest"
)

func TestTwoGatewaysOnOneDatabaseAnswerAlike(t *testing.T) {
	t.Parallel()
	one := gatewaytest.Start(t, gatewaytest.PostgreSQL())
	two := gatewaytest.Start(t, gatewaytest.Database(one.Address))
	a, b := newCaller(t, one), newCaller(t, two)
	b.header = a.header.Clone()
	made := a.want(a.do("POST", "/Users", `{"userName":"ada"}`), http.StatusCreated)
	b.want(b.do("GET", "/Users/"+made.id(), ""), http.StatusOK)
	b.want(b.with("If-Match", made.header.Get("Etag")).do("PUT", "/Users/"+made.id(), `{"userName":"ada","displayName":"Ada"}`), http.StatusOK)
	a.want(a.with("If-Match", made.header.Get("Etag")).do("PUT", "/Users/"+made.id(), `{"userName":"ada","displayName":"Other"}`), http.StatusPreconditionFailed)
	if r := a.want(a.do("GET", "/Users/"+made.id(), ""), http.StatusOK); r.json["displayName"] != "Ada" {
		t.Errorf("the other gateway's change is not seen: %s", r.body)
	}

	// A large group is answered briefly by both.
	team := a.want(a.do("POST", "/Groups", `{"displayName":"team"}`), http.StatusCreated).id()
	a.want(a.do("PATCH", "/Groups/"+team, addMembers(0, 300)), http.StatusNoContent)
	b.want(b.do("PATCH", "/Groups/"+team, addMembers(0, 300)), http.StatusNoContent)
	backlogs, err := two.Store.ScimBacklogs(context.Background())
	if err != nil || len(backlogs) != 1 || backlogs[0].Connection != "staff" || backlogs[0].Objects != 2 || time.Since(backlogs[0].Oldest) > time.Minute {
		t.Errorf("what waits is %+v, %v, want ada and the team", backlogs, err)
	}

	// Each creates the same people at the same time: one of both, never two.
	statuses := make([][]int, 2)
	var group sync.WaitGroup
	for i, c := range []*caller{a, b} {
		statuses[i] = make([]int, 20)
		for n := range 20 {
			group.Go(func() {
				r, err := c.try("POST", "/Users", fmt.Sprintf(`{"userName":"u%d"}`, n))
				if err != nil {
					t.Error(err)
				}
				statuses[i][n] = r.status
			})
		}
	}
	group.Wait()
	for n := range 20 {
		if got := statuses[0][n] + statuses[1][n]; got != http.StatusCreated+http.StatusConflict {
			t.Errorf("u%d was answered %d and %d", n, statuses[0][n], statuses[1][n])
		}
	}

	// A cursor of one is read by the other.
	first := a.want(a.do("GET", "/Users?cursor=&count=15&sortBy=userName", ""), http.StatusOK)
	next, _ := first.json["nextCursor"].(string)
	second := b.want(b.do("GET", "/Users?count=15&sortBy=userName&cursor="+next, ""), http.StatusOK)
	if got := len(first.json["Resources"].([]any)) + len(second.json["Resources"].([]any)); got != 21 {
		t.Errorf("both pages have %d people, want 21", got)
	}

	// A token that was revoked at one is worth nothing at the other, at once.
	if _, err := one.Store.RevokeScimToken(context.Background(), "staff", "test", time.Now()); err != nil {
		t.Fatal(err)
	}
	b.want(b.do("GET", "/Users/"+made.id(), ""), http.StatusUnauthorized)
}

func TestACursorIsGoodForItsQueryAndItsTimeOnly(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var ahead time.Duration
	g := gatewaytest.Start(t, gatewaytest.Clock(func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return time.Now().Add(ahead)
	}))
	c := newCaller(t, g)
	for i := range 5 {
		c.want(c.do("POST", "/Users", fmt.Sprintf(`{"userName":"secret-name-%d"}`, i)), http.StatusCreated)
	}
	query := "/Users?sortBy=userName&count=2&filter=" + url.QueryEscape(`userName sw "secret"`)
	next, _ := c.want(c.do("GET", query+"&cursor=", ""), http.StatusOK).json["nextCursor"].(string)
	if next == "" || strings.Trim(next, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~") != "" {
		t.Fatalf("cursor %q, want unreserved characters", next)
	}
	c.want(c.do("GET", query+"&cursor="+next, ""), http.StatusOK)
	refused := func(path, scimType string) {
		t.Helper()
		if r := c.want(c.do("GET", path, ""), http.StatusBadRequest); r.json["scimType"] != scimType {
			t.Errorf("%s: scimType %v, want %s", path, r.json["scimType"], scimType)
		}
	}
	flipped := []byte(next)
	flipped[len(flipped)/2] ^= 1
	refused(query+"&cursor="+string(flipped), "invalidCursor")
	refused(query+"&cursor="+next[:len(next)-4], "invalidCursor")
	refused(query+"&cursor=x", "invalidCursor")
	refused(query+"&cursor="+url.QueryEscape("%%%"), "invalidCursor")
	refused("/Users?count=2&sortBy=userName&cursor="+next, "invalidCursor")
	refused(query+"&sortOrder=descending&cursor="+next, "invalidCursor")
	refused(query+"&attributes=userName&cursor="+next, "invalidCursor")
	refused(strings.Replace(query, "/Users", "/Groups", 1)+"&cursor="+next, "invalidFilter")
	mu.Lock()
	ahead = 11 * time.Minute
	mu.Unlock()
	refused(query+"&cursor="+next, "expiredCursor")
}
