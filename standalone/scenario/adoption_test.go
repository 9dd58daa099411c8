package scenario

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/atlassiansim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/compare"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/workflows"
)

// createOf is the change by which a run meant to give somebody an account.
func (s *scenario) createOf(runID int64, connection, who string) store.Change {
	s.Helper()
	users, _, err := s.Worker.Store.SubjectIDs(s.Context(), connection, who)
	s.no(err)
	if len(users) != 1 {
		s.Fatalf("%d users are known as %s", len(users), who)
	}
	found := s.changes(runID, store.ChangeFilter{Kind: string(directory.CreateAccount), UserID: users[0]})
	if len(found) != 1 {
		s.Fatalf("%d changes would create the account of %s, want one", len(found), who)
	}
	return found[0]
}

func TestExistingAccountsAreAdoptedByExactAddress(t *testing.T) {
	onBoth(t, func(t *testing.T, database string) {
		s := newScenario(t, settings{People: 20, Groups: 4, Uniform: true, Database: database}).start()
		people := s.active()
		seed := func(a atlassiansim.AccountSeed) string {
			id, err := s.Box.Atlassian.SeedAccount(a)
			s.no(err)
			return id
		}
		same := seed(atlassiansim.AccountSeed{Email: people[0].Email, Name: "Old Name"})
		upper := seed(atlassiansim.AccountSeed{Email: strings.ToUpper(people[1].Email), Name: "Upper"})
		outside := seed(atlassiansim.AccountSeed{Email: people[2].Email, Name: "From Elsewhere", Outside: true})
		suspended := seed(atlassiansim.AccountSeed{Email: people[3].Email, Name: "Was Away", Suspended: true})
		near := seed(atlassiansim.AccountSeed{Email: "x" + people[4].Email, Name: "Somebody Else"})
		synced := seed(atlassiansim.AccountSeed{Email: people[5].Email, Name: "By Another System", Synced: true})
		before := s.Box.Atlassian.State()

		result := s.sync(workflows.SyncInput{})
		for i, id := range []string{same, upper, outside, suspended} {
			if a := s.account(people[i].Email); a.ID != id || a.Status != "active" {
				t.Errorf("person %d has the account %s (%s), want %s", i, a.ID, a.Status, id)
			}
		}
		for _, id := range []string{near, synced} {
			var was atlassiansim.Account
			for _, a := range before.Accounts {
				if a.ID == id {
					was = a
				}
			}
			if now := s.accountByID(id); now.Name != was.Name || now.Status != was.Status || len(now.Groups) != len(was.Groups) {
				t.Errorf("an account that is not ours to take was changed: %+v, before %+v", now, was)
			}
		}
		if c := s.createOf(result.RunID, s.Name, people[5].ID); c.State != string(directory.Skipped) || c.Class != string(directory.ClassReadOnly) {
			t.Errorf("the account of another system is reported as %s, %s", c.State, c.Class)
		}
		s.wantNothingTaken(before)
		s.wantNothingTwice()
		for _, group := range s.ownGroups() {
			for _, member := range group.Members {
				for i := range 4 {
					if people[i].ID == member && !strings.Contains(strings.Join(s.account(people[i].Email).Groups, " "), s.targetGroup(group.Name).ID) {
						t.Errorf("adopted person %d is not in %s", i, group.Name)
					}
				}
			}
		}
	})
}

func TestExistingGroupsAreAdoptedOnlyWhereTheConfigurationSaysSo(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, target string
		scope        compare.Options
		adopted      map[string]bool
	}{
		{"nothing is said", "", compare.Options{}, map[string]bool{}},
		{"one is listed, in other letters", "adopt_groups: [TEAM-00001]", compare.Options{AdoptedGroups: []string{"team-00001"}}, map[string]bool{"team-00001": true}},
		{"all are", "adopt_groups: true", compare.Options{AdoptGroups: true}, map[string]bool{"team-00001": true, "team-00002": true}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newScenario(t, settings{People: 12, Groups: 4, Uniform: true, Target: test.target})
			stranger, err := s.Box.Atlassian.SeedAccount(atlassiansim.AccountSeed{Email: "stranger@elsewhere.example", Name: "Stranger"})
			s.no(err)
			for _, name := range []string{"team-00001", "team-00002"} {
				id, err := s.Box.Atlassian.SeedGroup(atlassiansim.GroupSeed{Name: name})
				s.no(err)
				s.byHand("POST", "/groups/"+id+"/memberships", `{"accountId":"`+stranger+`"}`)
			}
			s.start()
			s.Box.Initial = s.Box.Atlassian.State()
			result := s.sync(workflows.SyncInput{})
			for _, name := range []string{"team-00001", "team-00002"} {
				_, groups, err := s.Worker.Store.SubjectIDs(t.Context(), s.Name, name)
				s.no(err)
				creates := s.changes(result.RunID, store.ChangeFilter{Kind: string(directory.CreateGroup), GroupID: groups[0]})
				if len(creates) != 1 {
					t.Fatalf("%d changes concern %s", len(creates), name)
				}
				c := creates[0]
				if taken := c.State == string(directory.Applied); taken != test.adopted[name] || !taken && c.Class != string(directory.ClassNotAdopted) {
					t.Errorf("%s is reported as %s, %s; want it adopted: %v", name, c.State, c.Class, test.adopted[name])
				}
				in := s.targetGroup(name).Members
				if test.adopted[name] != (len(in) > 1) {
					t.Errorf("%s has %d members", name, len(in))
				}
				if !strings.Contains(strings.Join(in, " "), stranger) {
					t.Errorf("the stranger is not in %s any more", name)
				}
			}
			s.wantEqualIn(test.scope)
		})
	}
}

// twin answers every search for an address with a second account of that
// address, as an organization with two directories can.
func twin(email string) func(http.Handler) http.Handler {
	return func(standIn http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !strings.HasSuffix(r.URL.Path, "/users/search") {
				standIn.ServeHTTP(w, r)
				return
			}
			answer := httptest.NewRecorder()
			standIn.ServeHTTP(answer, r)
			var page map[string]any
			if err := json.Unmarshal(answer.Body.Bytes(), &page); err == nil {
				if list, ok := page["data"].([]any); ok {
					for _, item := range list {
						if account, ok := item.(map[string]any); ok && account["email"] == email {
							second := maps.Clone(account)
							second["accountId"] = "712020:00000000-0000-4000-8000-00000000twin"
							list = append(list, second)
						}
					}
					page["data"] = list
				}
			}
			body, err := json.Marshal(page)
			if err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			maps.Copy(w.Header(), answer.Header())
			w.Header().Del("Content-Length")
			w.WriteHeader(answer.Code)
			_, _ = w.Write(body) // the caller may have gone away
		})
	}
}

func TestTwoAccountsOfOneAddressAreReportedAndNeitherIsTaken(t *testing.T) {
	t.Parallel()
	const email = "two.of.them@acme.example"
	s := newScenario(t, settings{People: 8, Groups: 2, Uniform: true, Front: twin(email)}).start()
	id, err := s.Box.Atlassian.SeedAccount(atlassiansim.AccountSeed{Email: email, Name: "Two Of Them"})
	s.no(err)
	before := s.accountByID(id)
	who := s.join(email, s.ownGroups()[0].ID)
	result := s.sync(workflows.SyncInput{})
	s.wantOutcome(result, workflows.OutcomePartial)
	if c := s.createOf(result.RunID, s.Name, who); c.State != string(directory.Refused) || c.Class != string(directory.ClassAmbiguous) {
		t.Errorf("reported as %s, %s; want refused, ambiguous", c.State, c.Class)
	}
	if now := s.accountByID(id); now.Name != before.Name || len(now.Groups) != len(before.Groups) {
		t.Errorf("one of the two was changed: %+v, before %+v", now, before)
	}
}

func TestAnAccountThatAnotherConnectionHasIsReportedAndLeftAlone(t *testing.T) {
	onBoth(t, func(t *testing.T, database string) {
		s := newScenario(t, settings{People: 8, Groups: 2, Memberships: 1, Uniform: true, Database: database,
			Source: `groups: ["team-00001"]`, Second: &rules{Source: `groups: ["team-00002"]`}}).start()
		s.wantOutcome(s.sync(workflows.SyncInput{}), workflows.OutcomeDone)
		s.Box.Engine.ResetCalls()
		second := s.Name + "-b"
		result := s.sync(workflows.SyncInput{Connection: second})
		s.wantOutcome(result, workflows.OutcomePartial)
		for _, u := range s.active() {
			if c := s.createOf(result.RunID, second, u.ID); c.State != string(directory.Refused) || c.Class != string(directory.ClassLinked) {
				t.Errorf("%s is reported as %s, %s; want refused, linked elsewhere", u.ID, c.State, c.Class)
			}
		}
		// A leaver is the first connection's to suspend, once.
		s.no(s.Box.Okta.DeactivateUser(s.active()[0].ID))
		s.sync(workflows.SyncInput{Connection: second})
		for key := range s.Box.Engine.AppliedKeys() {
			if !strings.HasPrefix(key, "create-group:") {
				t.Errorf("the second connection did %s", key)
			}
		}
		s.wantOutcome(s.sync(workflows.SyncInput{}), workflows.OutcomeDone)
		s.wantNothingTwice()
	})
}
