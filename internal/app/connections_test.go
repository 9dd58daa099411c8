package app

import (
	"testing"

	"github.com/rollcall-sync/rollcall/internal/config"
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

func TestTheRulesDigestChangesWithTheRulesAndWithNothingElse(t *testing.T) {
	t.Parallel()
	base := parsed(t, twoTargets).Connections["staff"]
	if rulesDigest(base) != rulesDigest(parsed(t, twoTargets).Connections["staff"]) {
		t.Error("the same rules have two digests")
	}
	faster := parsed(t, twoTargets).Connections["staff"]
	faster.Source.PageSize = 100
	if rulesDigest(faster) != rulesDigest(base) {
		t.Error("a setting of how fast passes for a rule")
	}
	wider := parsed(t, twoTargets).Connections["staff"]
	wider.Source.Groups = []string{"*"}
	if rulesDigest(wider) == rulesDigest(base) {
		t.Error("other groups are selected and the digest is the same")
	}
}
