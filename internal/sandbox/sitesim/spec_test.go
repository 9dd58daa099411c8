package sitesim_test

import (
	"testing"

	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/sandbox/sitesim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/speccheck"
)

func TestEveryAnswerIsWhatTheVendorsDescriptionsSay(t *testing.T) {
	t.Parallel()
	var checkers []*speccheck.Checker
	for _, name := range []string{speccheck.JiraCloud, speccheck.ConfluenceCloudV1, speccheck.ConfluenceCloudV2} {
		checkers = append(checkers, speccheck.Load(t, name).AllowRefused())
	}
	s := newSite(t, sitesim.Options{SeatLimit: 20}, checkers...)
	s.change(s.bo, func(a *roster.Account) { a.Attributes = map[string]string{sitesim.AttributeEmailHidden: "true"} })
	requests := []request{
		{"", "GET", "/rest/api/3/serverInfo", "", 200},
		{"", "GET", "/rest/api/3/myself?expand=groups", "", 200},
		{"", "GET", "/rest/api/3/applicationrole", "", 200},
		{"", "GET", "/rest/api/3/users/search?maxResults=1000", "", 200},
		{"", "GET", "/rest/api/3/users", "", 200},
		{"", "GET", "/rest/api/3/user?accountId={ana}&expand=groups,applicationRoles", "", 200},
		{"", "GET", "/rest/api/3/user?accountId={bo}", "", 200},
		{"", "GET", "/rest/api/3/user/bulk?accountId={ana}&accountId={bo}", "", 200},
		{"", "GET", "/rest/api/3/user/groups?accountId={ana}", "", 200},
		{"", "GET", "/rest/api/3/user/search?query=ana", "", 200},
		{"", "GET", "/rest/api/3/user/search?accountId={ana}", "", 200},
		{"", "GET", "/rest/api/3/group/bulk", "", 200},
		{"", "GET", "/rest/api/3/group/bulk?groupName=Staff&accessType=user", "", 200},
		{"", "GET", "/rest/api/3/group/member?groupId={staff}&includeInactiveUsers=true", "", 200},
		{"", "GET", "/rest/api/3/groups/picker?query=sta&caseInsensitive=true", "", 200},
		{"", "POST", "/rest/api/3/group", `{"name":"one"}`, 201},
		{"", "POST", "/rest/api/3/user", `{"emailAddress":"new@example.com","products":["jira-software"]}`, 201},
		{"", "POST", "/rest/api/3/user", `{"emailAddress":"NEW@example.com","products":[]}`, 201},
		{"", "POST", "/rest/api/3/group/user?groupId={staff}", `{"accountId":"{bo}"}`, 201},
		{"", "DELETE", "/rest/api/3/group/user?groupId={staff}&accountId={bo}", "", 200},
		{"", "GET", "/wiki/rest/api/group", "", 200},
		{"", "GET", "/wiki/rest/api/group?accessType=site-admin", "", 200},
		{"", "GET", "/wiki/rest/api/group/picker?query=STA", "", 200},
		{"", "GET", "/wiki/rest/api/group/by-id?id={staff}", "", 200},
		{"", "GET", "/wiki/rest/api/group/{staff}/membersByGroupId", "", 200},
		{"", "POST", "/wiki/rest/api/group", `{"type":"group","name":"two"}`, 201},
		{"", "POST", "/wiki/rest/api/group/userByGroupId?groupId={staff}", `{"accountId":"{bo}"}`, 201},
		{"", "DELETE", "/wiki/rest/api/group/userByGroupId?groupId={staff}&accountId={bo}", "", 204},
		{"", "GET", "/wiki/rest/api/user?accountId={ana}", "", 200},
		{"", "GET", "/wiki/rest/api/user/current", "", 200},
		{"", "GET", "/wiki/rest/api/user/memberof?accountId={ana}", "", 200},
		{"", "GET", "/wiki/rest/api/user/bulk?accountId={ana},{bo}", "", 200},
		{"", "POST", "/wiki/api/v2/users-bulk", `{"accountIds":["{ana}","{bo}","nobody"]}`, 200},
		{"", "POST", "/wiki/api/v2/user/access/check-access-by-email", `{"emails":["ana@example.com","x@example.com"]}`, 200},
	}
	requests = append(requests, refusals()...)
	requests = append(requests,
		request{"", "DELETE", "/rest/api/3/user?accountId={bo}", "", 204},
		request{"", "GET", "/rest/api/3/user?accountId={bo}&expand=groups", "", 200},
		request{"", "GET", "/rest/api/3/users/search", "", 200},
		request{"", "DELETE", "/rest/api/3/group?groupId={software}", "", 200},
		request{"", "DELETE", "/wiki/rest/api/group/by-id?id={staff}", "", 204},
	)
	for _, r := range requests {
		if status, body := s.make(r); status != r.status {
			t.Errorf("%s %s: HTTP %d: %s; want %d", r.method, r.path, status, body, r.status)
		}
	}
	covered := 0
	for _, checker := range checkers {
		covered += len(checker.Checked())
	}
	// An operation counts once for each status.
	if covered < 60 {
		t.Errorf("only %d kinds of answer were checked", covered)
	}
}
