package compare_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/sandbox/atlassiansim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/compare"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
)

func TestTheStateOfAnAtlassianOrganisationIsTurnedIntoWhatIsCompared(t *testing.T) {
	t.Parallel()
	state := atlassiansim.Snapshot{
		Accounts: []atlassiansim.Account{
			{ID: "m", Email: "m@example.com", Name: "M", Status: "active", Managed: true, Profile: map[string]string{"job_title": "Analyst"}},
			{ID: "u", Email: "u@example.com", Name: "U", Status: "suspended"},
			{ID: "s", Email: "s@example.com", Name: "S", Status: "deactivated", Managed: true, Synced: true},
			{ID: "o", Email: "o@example.com", Name: "O", Status: "active", Owner: true},
			{ID: "r", Email: "r@example.com", Name: "R", Status: "active", Roles: []atlassiansim.Role{{Resource: "org", Role: "atlassian/org-admin"}}},
			{ID: "p", Email: "p@example.com", Name: "P", Status: "active", Roles: []atlassiansim.Role{{Resource: "jira", Role: "atlassian/user"}}},
		},
		Groups: []atlassiansim.Group{
			{ID: "g", Name: "G", Members: []string{"m"}, Roles: []atlassiansim.Role{{Resource: "jira", Role: "atlassian/admin"}}},
			{ID: "e", Name: "E", External: true},
		},
	}
	status := func(text string) map[string]string { return map[string]string{"status": text} }
	want := roster.Snapshot{
		Accounts: []roster.Account{
			{ID: "m", Email: "m@example.com", DisplayName: "M", Active: true, Attributes: map[string]string{"status": "active", "job_title": "Analyst"}},
			{ID: "u", Email: "u@example.com", DisplayName: "U", External: true, Attributes: status("suspended")},
			{ID: "s", Email: "s@example.com", DisplayName: "S", External: true, Attributes: status("deactivated")},
			{ID: "o", Email: "o@example.com", DisplayName: "O", Active: true, External: true, Administrator: true, Attributes: status("active")},
			{ID: "r", Email: "r@example.com", DisplayName: "R", Active: true, External: true, Administrator: true, Attributes: status("active"), Permissions: []string{"org atlassian/org-admin"}},
			{ID: "p", Email: "p@example.com", DisplayName: "P", Active: true, External: true, Attributes: status("active"), Permissions: []string{"jira atlassian/user"}},
		},
		Groups: []roster.GroupMembers{
			{Group: roster.Group{ID: "g", Name: "G", Administrator: true, Permissions: map[string]string{"": "jira atlassian/admin"}}, Members: []string{"m"}},
			{Group: roster.Group{ID: "e", Name: "E", External: true}},
		},
	}
	if diff := cmp.Diff(want, compare.Atlassian(state)); diff != "" {
		t.Error(diff)
	}
}
