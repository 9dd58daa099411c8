package app

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/rollcall-sync/rollcall/activities"
	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// oneOfEach is a connection with a target of each kind, all at one address.
func oneOfEach(address string) string {
	return strings.ReplaceAll(`
connections:
  staff:
    source: { kind: okta, url: "https://example.okta.com", token: "${TOKEN}" }
    targets:
      atlassian-cloud: { kind: atlassian-cloud, url: ADDRESS, organization: o1, directory: d1, api_key: "${KEY}" }
      atlassian-guard: { kind: atlassian-guard, url: ADDRESS, directory: d2, api_key: "${KEY}", organization: o2, organization_key: "${KEY}" }
      jira-cloud: { kind: jira-cloud, url: ADDRESS, user: me@example.com, token: "${KEY}", products: [jira-software], leavers: {deactivated: delete now, deleted: delete now} }
      confluence-cloud: { kind: confluence-cloud, url: ADDRESS, user: me@example.com, token: "${KEY}" }
      bitbucket-cloud: { kind: bitbucket-cloud, url: ADDRESS, workspace: Example, user: me, token: "${KEY}", permissions: [{group: Devs, project: P, permission: read}] }
      jira-dc: { kind: jira-dc, url: ADDRESS/jira, token: "${KEY}", applications: [jira-software], leads_to: boss, attributes: {user_name: user.login} }
      confluence-dc: { kind: confluence-dc, url: ADDRESS/confluence, user: admin, password: "${KEY}" }
      bitbucket-dc: { kind: bitbucket-dc, url: ADDRESS/bitbucket, token: "${KEY}" }
      crowd: { kind: crowd, url: ADDRESS/crowd, application: rollcall, password: "${KEY}", groups: {nested: keep}, attributes: {user_name: user.login} }
`, "ADDRESS", address)
}

// withoutSharedGroups gives Jira and Confluence of the cloud a host of their own.
func withoutSharedGroups(text string) string {
	return strings.Replace(text, "confluence-cloud, url: http://127.0.0.1", "confluence-cloud, url: http://localhost", 1)
}

// The configuration is checked against what it is told that a target can do,
// without the target's package.
func TestTheConfigurationKnowsWhatTheTargetsCanDo(t *testing.T) {
	t.Parallel()
	kinds := targetKinds()
	for _, kind := range config.TargetKinds() {
		if _, ok := kinds[kind]; !ok {
			t.Errorf("%s can be configured and cannot be made", kind)
			continue
		}
		want, got := capabilities(kind), config.Capabilities(kind)
		if want.GroupName == nil {
			t.Errorf("%s says of no group's name that it is wrong", kind)
		}
		want.GroupName = nil
		slices.Sort(want.Attributes)
		slices.Sort(got.Attributes)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s can (-target +configuration):\n%s", kind, diff)
		}
		delete(kinds, kind)
	}
	for kind := range kinds {
		t.Errorf("%s can be made and not be configured", kind)
	}
}

// What the capabilities promise is what the target's type has.
func TestEveryKindIsMadeWithWhatItIsSaidToDo(t *testing.T) {
	t.Parallel()
	all, err := Connections(parsed(t, withoutSharedGroups(oneOfEach("http://127.0.0.1:1"))), nil)
	if err != nil {
		t.Fatal(err)
	}
	identities := map[string]string{
		config.KindAtlassianCloud: "atlassian:o1:d1", config.KindAtlassianGuard: "atlassian-scim:d2", config.KindJiraCloud: "atlassian-site:127.0.0.1:1",
		config.KindConfluenceCloud: "atlassian-site:localhost:1", config.KindBitbucketCloud: "bitbucket:example", config.KindJiraDC: "jira-dc:127.0.0.1:1/jira",
		config.KindConfluenceDC: "confluence-dc:127.0.0.1:1/confluence", config.KindBitbucketDC: "bitbucket-dc:127.0.0.1:1/bitbucket", config.KindCrowd: "crowd:127.0.0.1:1/crowd",
	}
	targets := all["staff"].Targets
	if len(targets) != len(config.TargetKinds()) {
		t.Fatalf("%d targets of %d kinds", len(targets), len(config.TargetKinds()))
	}
	for _, one := range targets {
		if one.Identity != identities[one.Kind] {
			t.Errorf("%s is %s; want %s", one.Kind, one.Identity, identities[one.Kind])
		}
		_, creates := one.Target.(directory.AccountCreator)
		_, suspends := one.Target.(directory.Suspender)
		_, deactivates := one.Target.(directory.Deactivator)
		_, deletes := one.Target.(directory.AccountDeleter)
		_, nests := one.Target.(directory.Nester)
		_, permits := one.Target.(directory.GroupPermitter)
		_, renames := one.Target.(directory.GroupRenamer)
		_, finds := one.Target.(directory.AccountFinder)
		has := map[string][2]bool{
			"create": {creates, one.Can.Creates}, "suspend": {suspends, slices.Contains(one.Can.Steps, directory.SuspendAccount)},
			"deactivate": {deactivates, slices.Contains(one.Can.Steps, directory.DeactivateAccount)}, "delete": {deletes, slices.Contains(one.Can.Steps, directory.DeleteAccount)},
			"nest": {nests, one.Can.Nests}, "permit": {permits, one.Can.Permits}, "rename groups": {renames, one.Can.Renames},
			"find by user name": {finds, slices.Contains(one.Can.LinkBy, "user_name")},
		}
		for what, pair := range has {
			if pair[0] != pair[1] {
				t.Errorf("%s: its type can %s: %t; it is said: %t", one.Kind, what, pair[0], pair[1])
			}
		}
		if want := one.Kind == config.KindJiraDC; one.RenamesAccounts != want {
			t.Errorf("%s renames accounts: %t", one.Kind, one.RenamesAccounts)
		}
		if want := one.Kind == config.KindCrowd; one.Nests != want {
			t.Errorf("%s nests groups: %t", one.Kind, one.Nests)
		}
		if want := one.Kind == config.KindBitbucketCloud; (len(one.Permissions) == 1) != want {
			t.Errorf("%s has permissions %v", one.Kind, one.Permissions)
		}
		if one.Kind == config.KindBitbucketCloud {
			want := []directory.GroupPermission{{Group: "Devs", Permission: directory.Permission{Scope: "project P", Level: "read"}}}
			if diff := cmp.Diff(want, one.Permissions); diff != "" {
				t.Errorf("permissions (-want +got):\n%s", diff)
			}
		}
	}
}

// Each target calls the address that the configuration gives it, with the
// credential that it gives it, and nobody else's.
func TestEveryKindCallsWithItsOwnCredential(t *testing.T) {
	t.Parallel()
	const secret = "secret-value"
	var mu sync.Mutex
	seen := map[string][]string{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, basic := r.BasicAuth()
		how := r.Header.Get("Authorization")
		if basic {
			how = "Basic " + user + ":" + password
		}
		mu.Lock()
		defer mu.Unlock()
		kind, _, _ := strings.Cut(r.Header.Get("User-Agent"), "/")
		seen[r.Host+" "+kind] = append(seen[r.Host+" "+kind], how)
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	t.Cleanup(server.Close)
	want := map[string]string{
		config.KindAtlassianCloud: "Bearer " + secret, config.KindAtlassianGuard: "Bearer " + secret, config.KindJiraCloud: "Basic me@example.com:" + secret,
		config.KindConfluenceCloud: "Basic me@example.com:" + secret, config.KindBitbucketCloud: "Basic me:" + secret, config.KindJiraDC: "Bearer " + secret,
		config.KindConfluenceDC: "Basic admin:" + secret, config.KindBitbucketDC: "Bearer " + secret, config.KindCrowd: "Basic rollcall:" + secret,
	}
	all, err := Connections(parsed(t, withoutSharedGroups(oneOfEach(server.URL))), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range all["staff"].Targets {
		mu.Lock()
		clear(seen)
		mu.Unlock()
		if _, err := one.Groups(t.Context(), ""); err == nil {
			t.Errorf("%s reads groups from a server that has none", one.Kind)
		} else if strings.Contains(err.Error(), secret) {
			t.Errorf("%s: the secret is in %q", one.Kind, err)
		}
		mu.Lock()
		if len(seen) == 0 {
			t.Errorf("%s called nobody", one.Kind)
		}
		for _, hows := range seen {
			for _, how := range hows {
				if how != want[one.Kind] {
					t.Errorf("%s signed in by %q; want %q", one.Kind, how, want[one.Kind])
				}
			}
		}
		mu.Unlock()
	}
}

func TestABudgetIsOfAHostAndACredential(t *testing.T) {
	t.Parallel()
	kinds := targetKinds()
	of := func(kind, address string, t config.Target) string {
		t.Kind, t.URL = kind, address
		return kinds[kind].endpoint(t).Owner
	}
	token := config.Target{Token: config.NewSecret("secret-a")}
	base := of(config.KindJiraDC, "https://jira.example.com/jira", token)
	if again := of(config.KindJiraDC, "https://jira.example.com/other", token); again != base {
		t.Errorf("one user of one host has two budgets: %s and %s", base, again)
	}
	if strings.Contains(base, "secret-a") {
		t.Errorf("the credential is in %s", base)
	}
	seen := map[string]string{base: "a token"}
	for name, owner := range map[string]string{
		"another token":    of(config.KindJiraDC, "https://jira.example.com", config.Target{Token: config.NewSecret("secret-b")}),
		"another host":     of(config.KindJiraDC, "https://jira2.example.com", token),
		"another product":  of(config.KindCrowd, "https://jira.example.com", config.Target{Application: "a", Password: config.NewSecret("secret-a")}),
		"a user":           of(config.KindJiraDC, "https://jira.example.com", config.Target{User: "ada", Password: config.NewSecret("secret-a")}),
		"another user":     of(config.KindJiraDC, "https://jira.example.com", config.Target{User: "bob", Password: config.NewSecret("secret-a")}),
		"an API key":       of(config.KindAtlassianGuard, "https://api.atlassian.com", config.Target{APIKey: config.NewSecret("secret-a")}),
		"the same by kind": of(config.KindAtlassianCloud, "https://api.atlassian.com", config.Target{APIKey: config.NewSecret("secret-a")}),
	} {
		if other, taken := seen[owner]; taken {
			t.Errorf("%s has the budget of %s", name, other)
		}
		seen[owner] = name
	}
	// A Data Center counts a user's calls together, the cloud each endpoint's.
	jira, get := kinds[config.KindJiraDC].endpoint(token).Bucket, httptest.NewRequest(http.MethodGet, "/a", nil)
	if jira(get) != jira(httptest.NewRequest(http.MethodPost, "/b", nil)) {
		t.Error("two calls to a Data Center count apart")
	}
	if a := kinds[config.KindBitbucketCloud].endpoint(config.Target{CallsPerHour: 2500}).Assumed; a.Limit != 2500 || a.Window != time.Hour {
		t.Errorf("Bitbucket Cloud's limit is %+v; want 2500 an hour", a)
	}
}

// A limit that was met by one is kept to by all who share the budget: another
// worker's client of the same target does not call before its time.
func TestTheCallsOfEveryKindKeepToTheSharedBudget(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		calls.Add(1)
		w.Header().Set("Retry-After", "120")
		w.WriteHeader(http.StatusTooManyRequests)
	}))
	t.Cleanup(server.Close)
	db, err := store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	c := parsed(t, withoutSharedGroups(oneOfEach(server.URL)))
	var workers [2][]*activities.Target
	for i := range workers {
		registry := prometheus.NewPedanticRegistry()
		m, err := newCallMetrics(registry, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		all, err := connections(c, db, m)
		if err != nil {
			t.Fatal(err)
		}
		workers[i] = all["staff"].Targets
	}
	for i, one := range workers[0] {
		calls.Store(0)
		for _, client := range []*activities.Target{one, workers[1][i]} {
			var limited *directory.RateLimitError
			if _, err := client.Groups(t.Context(), ""); !errors.As(err, &limited) {
				t.Errorf("%s: error %v; want a *RateLimitError", one.Kind, err)
			} else if limited.RetryAfter < time.Minute {
				t.Errorf("%s: come back after %s; the vendor said 2 minutes", one.Kind, limited.RetryAfter)
			}
		}
		if n := calls.Load(); n != 1 {
			t.Errorf("%s: %d calls; want one, by the first worker", one.Kind, n)
		}
	}
}
