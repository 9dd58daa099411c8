package jiradcsim_test

import (
	"testing"

	"github.com/rollcall-sync/rollcall/internal/sandbox/jiradcsim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/speccheck"
)

// TestTheStandInAnswersAsTheAPIDescriptionSays makes every described call that
// the stand-in serves, once with success, and all that it refuses.
func TestTheStandInAnswersAsTheAPIDescriptionSays(t *testing.T) {
	t.Parallel()
	checker := speccheck.Load(t, speccheck.JiraDataCenter).AllowRefused()
	for _, test := range refusals() {
		s := populated(t, jiradcsim.Options{})
		s.Handler = checker.Handler(s.Handler)
		s.Ask(t, test.call, test.body)
	}
	s := populated(t, jiradcsim.Options{SeatLimit: 10})
	s.Handler = checker.Handler(s.Handler)
	for _, call := range []struct {
		call, body string
		want       int
	}{
		{"GET /serverInfo", "", 200},
		{"GET /myself", "", 200},
		{"GET /mypermissions", "", 200},
		{"GET /user/list?maxResults=2", "", 200},
		{"GET /user/search?username=.&includeInactive=true&startAt=0&maxResults=1000", "", 200},
		{"GET /user?username=ana&expand=groups,applicationRoles", "", 200},
		{"POST /user", `{"name":"new","emailAddress":"new@example.com","displayName":"New","applicationKeys":["jira-software"],"notification":"false"}`, 201},
		{"PUT /user?username=new", `{"displayName":"Newer","active":false}`, 200},
		{"DELETE /user?username=new", "", 204},
		{"POST /group", `{"name":"Fresh"}`, 201},
		{"GET /groups/picker?query=&maxResults=1000&exclude=staff", "", 200},
		{"POST /group/user?groupname=fresh", `{"name":"ana"}`, 201},
		{"GET /group/member?groupname=fresh&includeInactiveUsers=true&startAt=0&maxResults=50", "", 200},
		{"DELETE /group/user?groupname=fresh&username=ana", "", 200},
		{"DELETE /group?groupname=fresh", "", 200},
		{"POST /user/application?username=ana&applicationKey=jira-software", "", 200},
		{"GET /applicationrole", "", 200},
		{"GET /applicationrole/jira-software", "", 200},
		{"DELETE /user/application?username=ana&applicationKey=jira-software", "", 204},
	} {
		if status, text := s.Raw(t, call.call, call.body); status != call.want {
			t.Errorf("%s: %d %s, want %d", call.call, status, text, call.want)
		}
	}
	if n := len(checker.Checked()); n < 40 {
		t.Errorf("only %d answers of calls were checked: %v", n, checker.Checked())
	}
}
