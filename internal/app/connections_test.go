package app

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/activities"
	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/directory/rules"
	"github.com/rollcall-sync/rollcall/internal/store"
)

const twoTargets = `
connections:
  staff:
    source: { kind: okta, url: "https://example.okta.com", token: ${TOKEN}, groups: ["eng-*"] }
    targets:
      cloud: { kind: atlassian-cloud, organization: o1, directory: d1, api_key: ${KEY}, products: {jira: user}, adopt_groups: [Legal] }
      other: { kind: atlassian-cloud, organization: o2, directory: d2, api_key: ${KEY}, adopt_groups: true }
`

func parsed(t *testing.T, text string) *config.Config {
	t.Helper()
	c, err := config.Parse("rollcall.yaml", []byte(text), func(string) (string, bool) { return "secret-value", true })
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestConnectionsAreMadeFromTheConfiguration(t *testing.T) {
	t.Parallel()
	all, err := Connections(parsed(t, twoTargets), nil)
	if err != nil {
		t.Fatal(err)
	}
	staff := all["staff"]
	if staff == nil || len(staff.Targets) != 2 {
		t.Fatalf("got %+v", all)
	}
	cloud, other := staff.Targets[0], staff.Targets[1]
	if cloud.Identity != "atlassian:o1:d1" || cloud.Queue == other.Queue {
		t.Errorf("got identity %s, queues %s and %s", cloud.Identity, cloud.Queue, other.Queue)
	}
	if !cloud.AdoptGroups("legal") || cloud.AdoptGroups("eng") || !other.AdoptGroups("eng") {
		t.Error("groups are adopted that the configuration does not name, or the other way round")
	}
}

func TestRulesAndLimitsReachTheConnection(t *testing.T) {
	t.Parallel()
	text := strings.Replace(twoTargets, "adopt_groups: true", "adopt_groups: true, guard: {removals_limit: 3}", 1)
	all, err := Connections(parsed(t, text+`
    scope: {users: 'user.profile.department == "Engineering"'}
    groups: {prefix: okta-, mode: authoritative, renames: recreate, default: [everybody]}
    leavers: {deactivated: "suspend now, delete after 90d", suspended: keep}
    guard: {removals_limit: 7, max_drop: 20%, minimum_users: 10, quarantine_after: 2, kinds: {account.delete: {limit: 1}}}
`), nil)
	if err != nil {
		t.Fatal(err)
	}
	staff := all["staff"]
	if names, every := staff.Rules.Attributes(); every || len(names) != 1 || names[0] != "department" {
		t.Errorf("attributes %v, %t", names, every)
	}
	if diff := cmp.Diff(store.SourceFloor{Users: 10, Drop: 0.2}, staff.SourceFloor); diff != "" || staff.QuarantineAfter != 2 {
		t.Errorf("quarantine after %d, floor (-want +got):\n%s", staff.QuarantineAfter, diff)
	}
	if got := staff.Targets[1].Guard.Count; got != 3 {
		t.Errorf("the target with a limit of its own has %d; want 3", got)
	}
	cloud := staff.Targets[0]
	want := store.Limits{Share: 0.05, Count: 7, Always: 5, Window: 24 * time.Hour, HeldFor: 7 * 24 * time.Hour,
		Kinds: map[directory.Kind]store.KindLimit{directory.DeleteAccount: {Share: 0.05, Count: 1, Always: 5}}}
	if diff := cmp.Diff(want, cloud.Guard); diff != "" {
		t.Errorf("limits (-want +got):\n%s", diff)
	}
	if cloud.Mode != directory.Authoritative || !cloud.Recreate || len(cloud.Can.Steps) == 0 || len(cloud.LinkBy) != 1 {
		t.Errorf("mode %s, recreate %t, can %v, link by %v", cloud.Mode, cloud.Recreate, cloud.Can.Steps, cloud.LinkBy)
	}
	if got := staff.Rules.Ladder("cloud", directory.ReasonDeactivated).String(); got != "suspend now, delete after 2160h0m0s" {
		t.Errorf("ladder %q", got)
	}
	if got := staff.Rules.Ladder("other", directory.ReasonSuspended); len(got) != 0 {
		t.Errorf("keep is the ladder %q", got)
	}
	if got := staff.Rules.Group("other", directory.Group{Name: "eng"}).Name; got != "okta-eng" {
		t.Errorf("group %q", got)
	}
}

// Of a profile only what a rule reads is kept, and of groups only those that the
// rule selects: the stand-in has more of both.
func TestTheSourceReadsWhatTheRulesAskFor(t *testing.T) {
	t.Parallel()
	okta := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if strings.HasSuffix(r.URL.Path, "/groups") {
			fmt.Fprint(w, `[{"id":"00g1","type":"OKTA_GROUP","profile":{"name":"a","description":"for jira"}},{"id":"00g2","type":"OKTA_GROUP","profile":{"name":"b"}}]`)
			return
		}
		fmt.Fprint(w, `[{"id":"00u1","status":"ACTIVE","profile":{"login":"ada","email":"ada@example.com","department":"Engines","salary":7}}]`)
	}))
	t.Cleanup(okta.Close)
	all, err := Connections(parsed(t, `
connections:
  staff:
    source: { kind: okta, url: "`+okta.URL+`", token: "${TOKEN}" }
    scope: {users: 'user.profile.department != ""', groups: 'group.description.contains("jira")'}
    targets: {cloud: {kind: atlassian-cloud, organization: o, directory: d, api_key: "${KEY}"}}
`), nil)
	if err != nil {
		t.Fatal(err)
	}
	users, err := all["staff"].Source.Users(t.Context(), directory.PageRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]any{"department": "Engines"}, users.Users[0].Attributes); diff != "" {
		t.Errorf("attributes (-want +got):\n%s", diff)
	}
	groups, err := all["staff"].Source.Groups(t.Context(), directory.PageRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if len(groups.Groups) != 1 || groups.Groups[0].SourceID != "00g1" || !slices.Equal(groups.Unselected, []string{"00g2"}) {
		t.Errorf("groups %v, unselected %v", groups.Groups, groups.Unselected)
	}
}

func TestTheEndOfEachCredentialIsKnown(t *testing.T) {
	t.Parallel()
	text := strings.NewReplacer("directory: d1,", "directory: d1, api_key_expires: 2027-01-31,", `token: "${KEY}", products: [jira-software]`, `token: "${KEY}", token_expires: 2027-02-28, products: []`).
		Replace(withoutSharedGroups(oneOfEach("http://127.0.0.1:1")))
	var acts activities.Activities
	if err := control(parsed(t, text), &acts); err != nil {
		t.Fatal(err)
	}
	ends := map[string]string{}
	for _, e := range acts.Tidy.Expiries {
		if !e.At.IsZero() {
			ends[e.Setting] = e.At.Format(time.DateOnly)
		}
	}
	want := map[string]string{"connections.staff.targets.atlassian-cloud.api_key": "2027-01-31", "connections.staff.targets.jira-cloud.token": "2027-02-28"}
	if diff := cmp.Diff(want, ends); diff != "" {
		t.Errorf("ends (-want +got):\n%s", diff)
	}
}

func TestTheRulesDigestChangesWithTheRulesAndWithNothingElse(t *testing.T) {
	t.Parallel()
	digest := func(change func(*config.Connection)) string {
		c := parsed(t, twoTargets).Connections["staff"]
		change(&c)
		set, err := rules.Compile(c.Rules(capabilities))
		if err != nil {
			t.Fatal(err)
		}
		return rulesDigest(c, set)
	}
	base := digest(func(*config.Connection) {})
	if base != digest(func(*config.Connection) {}) {
		t.Error("the same rules have two digests")
	}
	if digest(func(c *config.Connection) { c.Source.PageSize, c.Guard.RemovalsLimit = 100, 1 }) != base {
		t.Error("a setting of how fast, or of the guard, passes for a rule")
	}
	seen := map[string]string{base: "none"}
	for name, change := range map[string]func(*config.Connection){
		"other groups":    func(c *config.Connection) { c.Source.Groups = []string{"*"} },
		"another address": func(c *config.Connection) { c.Source.URL = "https://other.okta.com" },
		"a scope":         func(c *config.Connection) { c.Scope.Users = "true" },
		"members only":    func(c *config.Connection) { c.Source.Users = config.UsersGroupMembers },
		"another kind":    func(c *config.Connection) { c.Source.Kind = config.KindScim },
		"a target's mode": func(c *config.Connection) {
			changeTarget(c, func(t *config.Target) { t.Groups.Mode = "authoritative" })
		},
		"a target's names": func(c *config.Connection) { changeTarget(c, func(t *config.Target) { t.Groups.Prefix = "a" }) },
		"a ladder":         func(c *config.Connection) { changeTarget(c, func(t *config.Target) { t.Leavers.Deleted = nil }) },
		"adopted groups":   func(c *config.Connection) { changeTarget(c, func(t *config.Target) { t.AdoptGroups.All = true }) },
	} {
		d := digest(change)
		if other, taken := seen[d]; taken {
			t.Errorf("%s has the digest of %s", name, other)
		}
		seen[d] = name
	}
}

func changeTarget(c *config.Connection, change func(*config.Target)) {
	t := c.Targets["cloud"]
	change(&t)
	c.Targets["cloud"] = t
}
