package scenario

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/pgtest"
	"github.com/rollcall-sync/rollcall/internal/sandbox/atlassiansim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/compare"
	"github.com/rollcall-sync/rollcall/internal/sandbox/oktasim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/people"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// databases are where a scenario is played that leans on the database.
var databases = []struct {
	name    string
	address func(t *testing.T) string
}{
	{"SQLite", func(*testing.T) string { return "" }},
	{"PostgreSQL", func(t *testing.T) string { return pgtest.Database(t) }},
}

// onBoth plays a scenario on both databases.
func onBoth(t *testing.T, play func(t *testing.T, database string)) {
	t.Helper()
	t.Parallel()
	for _, d := range databases {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			play(t, d.address(t))
		})
	}
}

// no fails the test when what the sandbox was told to do did not succeed.
func (s *scenario) no(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// active are the people of Okta's own mail domain who may sign in, in order of id.
func (s *scenario) active() []oktasim.UserState {
	var found []oktasim.UserState
	for _, u := range s.Box.Okta.State().Users {
		if u.Status == people.Active && strings.HasSuffix(strings.ToLower(u.Email), "@"+people.Domain) {
			found = append(found, u)
		}
	}
	return found
}

// join puts a new active person in Okta, and in the groups given.
func (s *scenario) join(email string, groupIDs ...string) string {
	s.Helper()
	id, err := s.Box.Okta.CreateUser(people.Person{FirstName: "Nova", LastName: "Comer", Login: "login." + email, Email: email, Status: people.Active})
	s.no(err)
	for _, g := range groupIDs {
		s.no(s.Box.Okta.AddMember(g, id))
	}
	return id
}

// found makes a new group in Okta with the members given.
func (s *scenario) found(name string, userIDs ...string) string {
	s.Helper()
	id, err := s.Box.Okta.CreateGroup(people.Group{Name: name, Type: people.OktaGroup})
	s.no(err)
	for _, u := range userIDs {
		s.no(s.Box.Okta.AddMember(id, u))
	}
	return id
}

// ownGroups are Okta's groups that are not built in.
func (s *scenario) ownGroups() []oktasim.GroupState {
	var own []oktasim.GroupState
	for _, g := range s.Box.Okta.State().Groups {
		if g.Type == people.OktaGroup {
			own = append(own, g)
		}
	}
	return own
}

// account is the account of an address in the target; its ID is empty if there is none.
func (s *scenario) account(email string) atlassiansim.Account {
	for _, a := range s.Box.Atlassian.State().Accounts {
		if strings.EqualFold(a.Email, email) {
			return a
		}
	}
	return atlassiansim.Account{}
}

// accountByID is an account of the target by its id.
func (s *scenario) accountByID(id string) atlassiansim.Account {
	for _, a := range s.Box.Atlassian.State().Accounts {
		if a.ID == id {
			return a
		}
	}
	return atlassiansim.Account{}
}

// targetGroup is the group of a name in the target; its ID is empty if there is none.
func (s *scenario) targetGroup(name string) atlassiansim.Group {
	for _, g := range s.Box.Atlassian.State().Groups {
		if strings.EqualFold(g.Name, name) {
			return g
		}
	}
	return atlassiansim.Group{}
}

// byHand makes a call to the target as an administrator with the key would.
func (s *scenario) byHand(method, path, body string) {
	s.Helper()
	a := s.Box.Announcement()
	s.byHandAt(method, fmt.Sprintf("/admin/v2/orgs/%s/directories/%s%s", a.Organization, a.Directory, path), body)
}

func (s *scenario) byHandAt(method, path, body string) {
	s.Helper()
	r, err := http.NewRequestWithContext(s.Context(), method, s.Box.AtlassianURL()+path, strings.NewReader(body))
	s.no(err)
	r.Header.Set("Authorization", "Bearer "+s.Box.Announcement().AtlassianKey)
	r.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(r)
	s.no(err)
	s.no(response.Body.Close())
	if response.StatusCode >= 300 {
		s.Fatalf("by hand: %s %s: HTTP %d", method, path, response.StatusCode)
	}
}

// changes are a run's changes that pass the filter.
func (s *scenario) changes(runID int64, f store.ChangeFilter) []store.Change {
	s.Helper()
	var all []store.Change
	for c, err := range s.Worker.Store.Changes(s.Context(), runID, f) {
		s.no(err)
		all = append(all, c)
	}
	return all
}

// noteCodes are the codes of what a run noticed.
func (s *scenario) noteCodes(runID int64) map[string]int {
	s.Helper()
	notes, err := s.Worker.Store.Notes(s.Context(), runID)
	s.no(err)
	codes := map[string]int{}
	for _, n := range notes {
		codes[n.Code]++
	}
	return codes
}

// wantEqualIn is wantEqual for a connection with a scope of its own.
func (s *scenario) wantEqualIn(scope compare.Options) {
	s.Helper()
	if scope.GroupTypes == nil {
		scope.GroupTypes = []string{people.OktaGroup, people.AppGroup}
	}
	if report := s.Box.Compare(scope); !report.Equal() {
		s.Fatalf("the target differs from the source:\n%s", report)
	}
}

// administer gives an account the organisation's administrative role by hand.
func (s *scenario) administer(accountID string) {
	s.Helper()
	s.byHandAt("POST", "/admin/v1/orgs/"+s.Box.Announcement().Organization+"/users/"+accountID+"/roles/assign",
		fmt.Sprintf(`{"role":"atlassian/org-admin","resource":%q}`, "ari:cloud:platform::org/"+s.Box.Announcement().Organization))
}
