package atlassiansim_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/sandbox/atlassiansim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
)

func contains(text, part string) bool { return strings.Contains(text, part) }

func TestTheKeyIsAskedForEverywhere(t *testing.T) {
	t.Parallel()
	around, _, _ := specs(t)
	o := start(t, atlassiansim.Options{}, around...)
	for _, test := range []struct{ name, method, path, code string }{
		{"organisations", http.MethodGet, "/admin/v1/orgs", "gateway"},
		{"users", http.MethodPost, o.dir + "/users/search", "ADMIN-401-2"},
		{"workspaces", http.MethodPost, o.v2 + "/workspaces", "gateway"},
		{"user management", http.MethodGet, "/users/a/manage", "unauthorized"},
	} {
		for _, header := range []string{"", "Bearer wrong", "Basic " + o.sim.APIKey(), o.sim.APIKey()} {
			t.Run(test.name+" with "+header, func(t *testing.T) {
				a := o.do(test.method, test.path, nil, func(r *http.Request) { r.Header.Set("Authorization", header) })
				if a.status != http.StatusUnauthorized || a.code() != test.code {
					t.Errorf("%d %s, want 401 %s", a.status, a.body, test.code)
				}
				if a.header.Get("Content-Type") != "application/json" {
					t.Errorf("Content-Type %q", a.header.Get("Content-Type"))
				}
			})
		}
	}
}

func TestWhatIsNotThere(t *testing.T) {
	t.Parallel()
	o := start(t, atlassiansim.Options{})
	for _, test := range []struct {
		name, method, path string
		status             int
		code               string
	}{
		{"an unknown path", http.MethodGet, "/admin/v3/orgs", 404, "ADMIN-404-1"},
		{"a method that is not supported", http.MethodPut, o.dir + "/groups", 405, "ADMIN-405-1"},
		{"another organisation's directories", http.MethodGet, "/admin/v2/orgs/other/directories", 404, "ADMIN-404-2"},
		{"an unknown path of user management", http.MethodGet, "/users/a", 404, "ADMIN-404-1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if a := o.do(test.method, test.path, nil); a.status != test.status || a.code() != test.code {
				t.Errorf("%d %s, want %d %s", a.status, a.body, test.status, test.code)
			}
		})
	}
}

func TestABodyNeedsItsContentType(t *testing.T) {
	t.Parallel()
	o := start(t, atlassiansim.Options{})
	for _, contentType := range []string{"", "text/plain", "application/x-www-form-urlencoded"} {
		a := o.do(http.MethodPost, o.dir+"/groups", object{"name": "x"}, func(r *http.Request) {
			r.Header.Del("Content-Type")
			if contentType != "" {
				r.Header.Set("Content-Type", contentType)
			}
		})
		if a.status != http.StatusBadRequest {
			t.Errorf("%q: %d %s", contentType, a.status, a.body)
		}
	}
	if a := o.do(http.MethodPost, o.dir+"/groups", object{"name": "x"}, func(r *http.Request) {
		r.Header.Set("Content-Type", "application/json; charset=UTF-8")
	}); a.status != http.StatusCreated {
		t.Errorf("with a charset: %d %s", a.status, a.body)
	}
}

func TestLimitsAreSaidInHeadersAndKept(t *testing.T) {
	t.Parallel()
	around, _, _ := specs(t)
	now := &clock{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	for _, test := range []struct{ name, bucket, method, path, code string }{
		{"an endpoint", "POST /v2/orgs/{orgId}/directories/{directoryId}/users/search", http.MethodPost, "/users/search", "ADMIN-429-1"},
		{"an endpoint behind the gateway", "GET /v1/orgs", http.MethodGet, "", "gateway"},
		{"all endpoints together", atlassiansim.BucketAll, http.MethodPost, "/groups/search", "ADMIN-429-1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := start(t, atlassiansim.Options{Now: now.Now}, around...)
			path := "/admin/v1/orgs"
			if test.path != "" {
				path = o.dir + test.path
			}
			if h := o.do(test.method, path, nil).header; h.Get("X-RateLimit-Limit") != "" {
				t.Errorf("a limit without one: %v", h)
			}
			o.engine.SetLimit(atlassiansim.API, test.bucket, fault.Limit{Requests: 2, Window: time.Minute})
			for remaining := 1; remaining >= 0; remaining-- {
				a := o.must(http.StatusOK, test.method, path, nil)
				equal(t, "remaining", fmt.Sprint(remaining), a.header.Get("X-RateLimit-Remaining"))
				equal(t, "limit", "2", a.header.Get("X-RateLimit-Limit"))
			}
			a := o.do(test.method, path, nil)
			if a.status != http.StatusTooManyRequests || a.code() != test.code {
				t.Errorf("%d %s, want 429 %s", a.status, a.body, test.code)
			}
			equal(t, "Retry-After", "", a.header.Get("Retry-After"))
			reset, err := time.Parse(time.RFC3339, a.header.Get("X-RateLimit-Reset"))
			if err != nil {
				t.Fatalf("the reset is no time: %v", err)
			}
			equal(t, "breaches", map[string]int{test.bucket: 1}, o.engine.Breaches())
			now.advance(reset.Sub(now.Now()))
			o.must(http.StatusOK, test.method, path, nil)
		})
	}
}

func TestInjectedFailuresHaveTheVendorsBody(t *testing.T) {
	t.Parallel()
	around, _, _ := specs(t)
	o := start(t, atlassiansim.Options{}, around...)
	for _, test := range []struct {
		path   string
		status int
		code   string
	}{
		{o.dir + "/users/search", 429, "ADMIN-429-1"},
		{o.dir + "/users/search", 500, "ADMIN-500-1"},
		{o.dir + "/users/search", 503, "gateway"},
		{o.dir + "/users/search", 403, "ADMIN-403-3"},
		{o.dir + "/users/search", 400, "ADMIN-400-24"},
		{o.v2 + "/users/invite", 403, "ADMIN-UAM-403-1"},
		{o.v2 + "/users/invite", 500, "ADMIN-UAM-500-1"},
		{o.v2 + "/users/invite", 502, "gateway"},
		{o.v2 + "/workspaces", 429, "gateway"},
		{o.v1 + "/users/a/roles/assign", 429, "gateway"},
		{"/users/a/manage/lifecycle/enable", 429, "gateway"},
		{"/users/a/manage/lifecycle/enable", 500, "gateway"},
		{"/users/a/manage/lifecycle/enable", 403, "forbidden"},
		{"/users/a/manage/lifecycle/enable", 404, "accountNotFound"},
	} {
		t.Run(fmt.Sprintf("%d at %s", test.status, test.path), func(t *testing.T) {
			id := o.engine.Add(fault.Rule{Kind: fault.Status, Status: test.status, RetryAfter: "7"})
			defer o.engine.Remove(id)
			a := o.do(http.MethodPost, test.path, object{"emails": []string{"a@example.com"}})
			if a.status != test.status || a.code() != test.code || a.header.Get("Retry-After") != "7" {
				t.Errorf("%d %s %v, want %d %s", a.status, a.body, a.header, test.status, test.code)
			}
		})
	}
}

func TestOnePersonCanBeRefusedForEver(t *testing.T) {
	t.Parallel()
	o := start(t, atlassiansim.Options{})
	o.engine.Add(fault.Rule{Kind: fault.Status, Status: 400, Path: `^/admin/v2/orgs/[^/]+/users/invite$`, MatchBody: "bad@example"})
	if a := o.do(http.MethodPost, o.v2+"/users/invite", object{"emails": []string{"ok@example.com", "bad@example.com"}}); a.status != 400 {
		t.Errorf("with the refused one: %d", a.status)
	}
	o.invite("ok@example.com")
}

func TestACutAfterTheWriteHasDoneIt(t *testing.T) {
	t.Parallel()
	o := start(t, atlassiansim.Options{})
	var phases []string
	var mu sync.Mutex
	o.engine.OnCall(func(phase string, c fault.Call) {
		mu.Lock()
		defer mu.Unlock()
		phases = append(phases, phase+" "+c.Route)
	})
	for _, test := range []struct {
		kind fault.Kind
		done int
	}{{fault.CutBefore, 0}, {fault.CutAfter, 1}} {
		name := "group " + string(test.kind)
		id := o.engine.Add(fault.Rule{Kind: test.kind, Method: http.MethodPost, Path: "/groups$"})
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, o.url+o.dir+"/groups", strings.NewReader(`{"name":"`+name+`"}`))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+o.sim.APIKey())
		request.Header.Set("Content-Type", "application/json")
		response, err := http.DefaultClient.Do(request)
		if err == nil {
			t.Errorf("%s: an answer %d", test.kind, response.StatusCode)
			err = response.Body.Close()
		}
		if err != nil && !errors.Is(err, io.EOF) && !strings.Contains(err.Error(), "reset") {
			t.Errorf("%s: %v", test.kind, err)
		}
		o.engine.Remove(id)
		if done := o.engine.AppliedKeys()["create-group:"+name]; done != test.done {
			t.Errorf("%s: done %d times", test.kind, done)
		}
	}
	const route = " POST /v2/orgs/{orgId}/directories/{directoryId}/groups"
	mu.Lock()
	defer mu.Unlock()
	equal(t, "hooks", []string{"before" + route, "after" + route, "before" + route, "after" + route}, phases)
}

func TestConcurrentInvitationsMakeOneAccount(t *testing.T) {
	t.Parallel()
	o := start(t, atlassiansim.Options{SeatLimit: 1000})
	eng := o.group("Eng")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			a := o.do(http.MethodPost, o.v2+"/users/invite", object{"emails": addresses(20), "additionalGroups": []string{eng}})
			if a.status != http.StatusOK {
				t.Errorf("%d %s", a.status, a.body)
			}
			o.search(object{"groupIds": []string{eng}, "expand": []string{"groups"}})
			o.sim.State()
		})
	}
	wg.Wait()
	equal(t, "members", 20, len(o.groupNamed("Eng").Members))
	for key, times := range o.engine.AppliedKeys() {
		if times != 1 {
			t.Errorf("%s was applied %d times", key, times)
		}
	}
}
