package jiracloud_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/sandbox/sitesim"
	"github.com/rollcall-sync/rollcall/internal/target/jiracloud"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// fresh is a site of the test's own with a target of it.
func fresh(t *testing.T, options sitesim.Options) (*sitesim.Sim, *jiracloud.Target) {
	t.Helper()
	options.Engine = fault.New(1)
	sim := sitesim.New(options)
	return sim, newTarget(t, sim, sim.Handler())
}

// add adds an account that is in no group.
func add(t *testing.T, sim *sitesim.Sim, email string, change ...func(*roster.Account)) string {
	t.Helper()
	account := sim.NewAccount(email)
	for _, one := range change {
		one(&account)
	}
	if err := sim.Roster().AddAccount(account); err != nil {
		t.Fatal(err)
	}
	return account.ID
}

func groupNamed(t *testing.T, sim *sitesim.Sim, name string) roster.Group {
	t.Helper()
	group, there := sim.Roster().GroupNamed(name)
	if !there {
		t.Fatalf("the site has no group %s", name)
	}
	return group
}

func createOne(t *testing.T, target *jiracloud.Target, email string) directory.AccountCreated {
	t.Helper()
	var outcome directory.AccountCreated
	err := target.CreateAccounts(t.Context(), []directory.NewAccount{{Ref: 7, Email: email}}, func(o directory.AccountCreated) { outcome = o })
	if err != nil || outcome.Ref != 7 {
		t.Fatalf("CreateAccounts: %v, %+v", err, outcome)
	}
	return outcome
}

func refusal(t *testing.T, err error, code string) *directory.RefusedError {
	t.Helper()
	var refused *directory.RefusedError
	if !errors.As(err, &refused) || refused.Code != code {
		t.Fatalf("got %v (%s), want a refusal with the code %s", err, directory.DetailOf(err), code)
	}
	return refused
}

const softwareUsers = "jira-software-users-example"

func TestSomebodyNewGetsTheProductsAndNothingElse(t *testing.T) {
	t.Parallel()
	sim, target := fresh(t, sitesim.Options{})
	outcome := createOne(t, target, "new@example.com")
	if outcome.Err != nil {
		t.Fatal(outcome.Err)
	}
	var groups []string
	for _, group := range sim.Roster().GroupsOf(outcome.AccountID) {
		groups = append(groups, group.Name)
	}
	if diff := cmp.Diff([]string{softwareUsers}, groups); diff != "" {
		t.Errorf("groups (-want +got)\n%s", diff)
	}
	want := directory.Account{ID: outcome.AccountID, Email: "new@example.com", DisplayName: "new@example.com", Status: directory.AccountActive}
	if diff := cmp.Diff(&want, outcome.Account); diff != "" {
		t.Errorf("the account that is told (-want +got)\n%s", diff)
	}
}

func TestWithoutProductsAnAccountIsMadeThatIsInNoGroup(t *testing.T) {
	t.Parallel()
	sim := sitesim.New(sitesim.Options{Engine: fault.New(1)})
	server := httptest.NewServer(sim.Handler())
	t.Cleanup(server.Close)
	transport := rest.NewTransport()
	t.Cleanup(transport.CloseIdleConnections)
	target, err := jiracloud.New(jiracloud.Config{BaseURL: server.URL, Credential: rest.Basic(sim.User(), sim.Token()), Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	outcome := createOne(t, target, "new@example.com")
	if outcome.Err != nil || len(sim.Roster().GroupsOf(outcome.AccountID)) != 0 {
		t.Errorf("got %+v in %v", outcome, sim.Roster().GroupsOf(outcome.AccountID))
	}
}

func TestSomebodyOnTheSiteWithoutAProductIsPutInItsDefaultGroup(t *testing.T) {
	t.Parallel()
	sim, target := fresh(t, sitesim.Options{})
	id := add(t, sim, "there@example.com")
	for range 2 {
		if outcome := createOne(t, target, "There@example.com"); outcome.Err != nil || outcome.AccountID != id {
			t.Fatalf("got %+v, want the account that is there", outcome)
		}
		if !sim.Roster().IsMember(groupNamed(t, sim, softwareUsers).ID, id) {
			t.Fatal("the person has no access to the product")
		}
	}
	if times := sim.Engine().AppliedKeys(); times["create-account:there@example.com"] != 0 || len(times) != 1 {
		t.Errorf("what was changed: %v", times)
	}
}

func TestSomebodyAdoptedGetsTheProductsThatAreLackingAndNoOther(t *testing.T) {
	t.Parallel()
	sim := sitesim.New(sitesim.Options{Engine: fault.New(1)})
	target := newTarget(t, sim, sim.Handler(), sitesim.ProductSoftware, sitesim.ProductService)
	developers := sim.NewGroup("developers")
	developers.Permissions = map[string]string{sitesim.ProductSoftware: "user"}
	if err := sim.Roster().AddGroup(developers); err != nil {
		t.Fatal(err)
	}
	id := add(t, sim, "dev@example.com")
	if _, err := sim.Roster().Join(developers.ID, id); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		err := target.GrantAccess(t.Context(), []directory.NewAccount{{Ref: 1, Email: "dev@example.com"}}, func(o directory.AccountCreated) {
			if o.Err != nil || o.AccountID != id {
				t.Errorf("the outcome is %+v", o)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		var groups []string
		for _, group := range sim.Roster().GroupsOf(id) {
			groups = append(groups, group.Name)
		}
		if diff := cmp.Diff([]string{"developers", "jira-servicemanagement-users-example"}, groups); diff != "" {
			t.Errorf("groups (-want +got)\n%s", diff)
		}
	}
}

func TestAProductWhoseDefaultGroupAdministersIsGivenToNobody(t *testing.T) {
	t.Parallel()
	sim, target := fresh(t, sitesim.Options{})
	id := add(t, sim, "there@example.com")
	users := groupNamed(t, sim, softwareUsers)
	err := sim.Roster().ChangeGroup(users.ID, func(g *roster.Group) { g.Permissions["site"] = "site-admin" })
	if err != nil {
		t.Fatal(err)
	}
	refused := refusal(t, createOne(t, target, "there@example.com").Err, "no-default-group")
	if !strings.Contains(refused.Detail, softwareUsers) || sim.Roster().IsMember(users.ID, id) {
		t.Errorf("the detail is %q", refused.Detail)
	}
}

func TestSomebodyWhomTheSiteDoesNotLetInIsReportedWithWhatToDo(t *testing.T) {
	t.Parallel()
	sim, target := fresh(t, sitesim.Options{})
	add(t, sim, "blocked@example.com", func(a *roster.Account) { a.Active = false })
	refused := refusal(t, createOne(t, target, "blocked@example.com").Err, "no-access")
	if !strings.Contains(refused.Detail, "Atlassian Administration") || strings.Contains(refused.Error(), "blocked") {
		t.Errorf("the error is %v, its detail %q", refused, refused.Detail)
	}
}

func TestAFullLicenceIsToldFromOtherRefusals(t *testing.T) {
	t.Parallel()
	sim, target := fresh(t, sitesim.Options{SeatLimit: 4})
	if outcome := createOne(t, target, "last@example.com"); outcome.Err != nil {
		t.Fatal(outcome.Err)
	}
	id := add(t, sim, "there@example.com")
	for name, err := range map[string]error{
		"somebody new":                  createOne(t, target, "late@example.com").Err,
		"somebody there without access": createOne(t, target, "there@example.com").Err,
		"a member of the group":         target.AddMember(t.Context(), groupNamed(t, sim, softwareUsers).ID, id),
	} {
		if directory.ClassOf(err) != directory.ClassSeat {
			t.Errorf("%s: %v, want a *directory.SeatError", name, err)
		}
	}
	sim.SetSeatLimit(5)
	if outcome := createOne(t, target, "late@example.com"); outcome.Err != nil {
		t.Errorf("with a seat again: %v", outcome.Err)
	}
}

// lying answers a create that was done as one that was refused, as the vendor
// does now and then (https://github.com/lesstif/php-JiraCloud-RESTAPI/issues/99).
func lying(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && r.URL.Path == "/rest/api/3/user" {
			next.ServeHTTP(&discarded{header: http.Header{}}, r)
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"errorMessages":["User not found"],"errors":{}}`)
			return
		}
		next.ServeHTTP(w, r)
	})
}

type discarded struct{ header http.Header }

func (d *discarded) Header() http.Header         { return d.header }
func (d *discarded) WriteHeader(int)             {}
func (d *discarded) Write(b []byte) (int, error) { return len(b), nil }

func TestARefusalOfWhatWasDoneIsSeenThrough(t *testing.T) {
	t.Parallel()
	sim := sitesim.New(sitesim.Options{Engine: fault.New(1)})
	target := newTarget(t, sim, lying(sim.Handler()))
	outcome := createOne(t, target, "invited@example.com")
	account, there := sim.Roster().Account(outcome.AccountID)
	if outcome.Err != nil || !there || account.Email != "invited@example.com" {
		t.Errorf("got %+v", outcome)
	}
}

func TestAnOutageWhileReadingBackLeavesTheCreateInDoubt(t *testing.T) {
	t.Parallel()
	sim, target := fresh(t, sitesim.Options{})
	add(t, sim, "there@example.com")
	sim.Engine().Add(fault.Rule{API: sitesim.API, Path: "/user/search$", Kind: fault.Status, Status: 503})
	var unavailable *directory.UnavailableError
	if err := createOne(t, target, "there@example.com").Err; !errors.As(err, &unavailable) || !unavailable.Ambiguous {
		t.Errorf("got %v, want an outage that leaves the create in doubt", err)
	}
}

func TestWhoMayNotCreateEndsTheBatchAtOnce(t *testing.T) {
	t.Parallel()
	sim, target := fresh(t, sitesim.Options{})
	organisation := groupNamed(t, sim, "org-admins")
	for _, owner := range sim.Roster().Members(organisation.ID) {
		if _, err := sim.Roster().Leave(organisation.ID, owner.ID); err != nil {
			t.Fatal(err)
		}
	}
	err := target.CreateAccounts(context.Background(), []directory.NewAccount{{Ref: 1, Email: "a@example.com"}}, func(o directory.AccountCreated) {
		t.Errorf("an outcome: %+v", o)
	})
	if directory.ClassOf(err) != directory.ClassAuth {
		t.Errorf("got %v, want a *directory.AuthError", err)
	}
}

func TestAnAccountNeedsAnAddress(t *testing.T) {
	t.Parallel()
	_, target := fresh(t, sitesim.Options{})
	refusal(t, createOne(t, target, "").Err, "no-email")
}

func TestAPersonCostsOneFindOneCreateAndOneCallForEachGroup(t *testing.T) {
	t.Parallel()
	sim, target := fresh(t, sitesim.Options{})
	var groups []string
	for _, name := range []string{"one", "two"} {
		group, err := target.CreateGroup(t.Context(), directory.NewGroup{Name: name})
		if err != nil {
			t.Fatal(err)
		}
		groups = append(groups, group.ID)
	}
	// That people may be looked for at all is asked once.
	if _, err := target.FindAccounts(t.Context(), []string{sim.User()}); err != nil {
		t.Fatal(err)
	}
	sim.Engine().ResetCalls()
	if found, err := target.FindAccounts(t.Context(), []string{"new@example.com"}); err != nil || len(found) != 0 {
		t.Fatal(found, err)
	}
	id := createOne(t, target, "new@example.com").AccountID
	for _, group := range groups {
		if err := target.AddMember(t.Context(), group, id); err != nil {
			t.Fatal(err)
		}
	}
	want := map[string]int{"GET /rest/api/3/user/search": 1, "POST /rest/api/3/user": 1, "POST /rest/api/3/group/user": 2}
	if diff := cmp.Diff(want, sim.Engine().Counts()); diff != "" {
		t.Errorf("calls (-want +got)\n%s", diff)
	}
}
