package config_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWhatAConnectionAsksOfTargetsThatCannotIsSaidOfEachAtOnce(t *testing.T) {
	t.Parallel()
	const file = `connections:
  staff:
    source: { kind: okta, url: https://example.okta.com, token: '${OKTA_TOKEN}' }
    groups: { nested: keep }
    leavers: { deactivated: "suspend now, delete after 7d" }
    targets:
      code: { kind: bitbucket-cloud, workspace: example, user: a@example.com, token: '${OKTA_TOKEN}' }
      crowd: { kind: crowd, url: https://crowd.example.com, application: rollcall, password: '${OKTA_TOKEN}', leavers: { deactivated: deactivate now } }
      jira: { kind: jira-dc, url: https://jira.example.com, token: '${OKTA_TOKEN}', groups: { nested: flatten } }
`
	var got []string
	for _, p := range problemsOf(t, "r.yaml", file) {
		got = append(got, p.String())
	}
	want := []string{
		"r.yaml:4:23: connections.staff.groups.nested: bitbucket-cloud has no groups in groups; expected flatten, in connections.staff.targets.code.groups.nested",
		"r.yaml:5:29: connections.staff.leavers.deactivated: bitbucket-cloud cannot suspend or delete; expected remove groups, in connections.staff.targets.code.leavers.deactivated",
		"r.yaml:5:29: connections.staff.leavers.deactivated: jira-dc cannot suspend; expected deactivate, remove groups or delete, in connections.staff.targets.jira.leavers.deactivated",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
