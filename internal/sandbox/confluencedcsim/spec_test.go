package confluencedcsim_test

import (
	"testing"

	"github.com/rollcall-sync/rollcall/internal/sandbox/confluencedcsim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/speccheck"
)

// TestTheStandInAnswersAsTheAPIDescriptionSays makes every described call that
// the stand-in serves, once with success, and all that it refuses.
func TestTheStandInAnswersAsTheAPIDescriptionSays(t *testing.T) {
	t.Parallel()
	// The answers about a group that is not there, which the description lacks.
	// https://docs.atlassian.com/ConfluenceServer/rest/8.5.4/#api/group-getGroup
	checker := speccheck.Load(t, speccheck.ConfluenceDataCenter).AllowRefused().
		ExceptAnswer("GET /rest/api/group/{groupName} 404", "GET /rest/api/group/{groupName}/member 404")
	for _, test := range refusals() {
		s := populated(t, confluencedcsim.Options{})
		s.Handler = checker.Handler(s.Handler)
		s.Ask(t, test.call, test.body)
	}
	s := populated(t, confluencedcsim.Options{})
	s.Handler = checker.Handler(s.Handler)
	for _, call := range []struct {
		call, body string
		want       int
	}{
		{"GET /api/user/current?expand=status", "", 200},
		{"GET /api/user?username=ana&expand=status", "", 200},
		{"GET /api/user/list?start=0&limit=100&expand=status", "", 200},
		{"GET /api/admin/users/list/active?start=0&limit=2", "", 200},
		{"GET /api/user/memberof?username=ana&start=0&limit=200", "", 200},
		{"GET /api/group?start=0&limit=200", "", 200},
		{"GET /api/group/staff", "", 200},
		{"GET /api/group/staff/member?start=0&limit=200", "", 200},
		{"POST /api/admin/user", `{"userName":"new","fullName":"New","email":"new@example.com","password":"p","notifyViaEmail":false}`, 201},
		{"PUT /api/admin/user/new", `{"fullName":"Newer","email":"newer@example.com"}`, 204},
		{"PUT /api/admin/user/new/disable", "", 204},
		{"PUT /api/admin/user/new/enable", "", 204},
		{"PUT /api/user/new/group/staff", "", 204},
		{"PUT /api/user/new/group/staff", "", 204},
		{"DELETE /api/user/new/group/staff", "", 204},
		{"DELETE /api/user/new/group/staff", "", 204},
		{"DELETE /api/admin/user/new", "", 202},
		{"POST /api/admin/group", `{"type":"group","name":"Fresh"}`, 200},
		{"DELETE /api/admin/group/fresh", "", 204},
	} {
		if status, body := s.Ask(t, call.call, call.body); status != call.want {
			t.Errorf("%s: %d %v, want %d", call.call, status, body, call.want)
		}
	}
	if n := len(checker.Checked()); n < 30 {
		t.Errorf("only %d answers of calls were checked: %v", n, checker.Checked())
	}
}
