package confluencecloud_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/sandbox/sitesim"
	"github.com/rollcall-sync/rollcall/internal/target/confluencecloud"
)

// fresh is a site of the test's own with a target of it.
func fresh(t *testing.T, options sitesim.Options) (*sitesim.Sim, *confluencecloud.Target) {
	t.Helper()
	options.API, options.Engine = sitesim.APIConfluence, fault.New(1)
	sim := sitesim.New(options)
	return sim, newTarget(t, sim, sim.Handler())
}

func withoutJira() []string { return []string{sitesim.ProductConfluence} }

func seed(t *testing.T, sim *sitesim.Sim, email string) string {
	t.Helper()
	id, err := sim.SeedAccount(email, "Seeded")
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func change(t *testing.T, sim *sitesim.Sim, id string, how func(*roster.Account)) {
	t.Helper()
	if err := sim.Roster().ChangeAccount(id, how); err != nil {
		t.Fatal(err)
	}
}

// everybody follows the list of accounts to its end and returns the ids in it,
// each once.
func everybody(t *testing.T, target *confluencecloud.Target) []string {
	t.Helper()
	var all []string
	for cursor := ""; ; {
		page, err := target.Accounts(t.Context(), cursor)
		if err != nil {
			t.Fatal(err)
		}
		for _, account := range page.Accounts {
			all = append(all, account.ID)
		}
		if page.Next == "" {
			slices.Sort(all)
			return slices.Compact(all)
		}
		cursor = page.Next
	}
}

func TestPeopleAreFoundAndListedWithAndWithoutJira(t *testing.T) {
	t.Parallel()
	for name, products := range map[string][]string{"with Jira": nil, "without Jira": withoutJira()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim, target := fresh(t, sitesim.Options{Products: products, PageLimit: 3})
			var ids []string
			for _, email := range []string{"ana@example.com", "ana@example.com.au", "bo@example.com", "cy@example.com", "di@example.com"} {
				ids = append(ids, seed(t, sim, email))
			}
			hidden := seed(t, sim, "zoe@example.com")
			change(t, sim, hidden, func(a *roster.Account) { a.Attributes = map[string]string{sitesim.AttributeEmailHidden: "true"} })
			off := seed(t, sim, "off@example.com")
			change(t, sim, off, func(a *roster.Account) { a.Active = false })

			// One of them has access by another group than the others.
			guests := sim.NewGroup("guests")
			guests.Permissions = map[string]string{sitesim.ProductConfluence: "user"}
			if err := sim.Roster().AddGroup(guests); err != nil {
				t.Fatal(err)
			}
			users, _ := sim.Roster().GroupNamed("confluence-users-example")
			if _, err := sim.Roster().Join(guests.ID, ids[4]); err != nil {
				t.Fatal(err)
			}
			if _, err := sim.Roster().Leave(users.ID, ids[4]); err != nil {
				t.Fatal(err)
			}

			found, err := target.FindAccounts(t.Context(), []string{"ANA@example.com", "di@example.com", "zoe@example.com", "off@example.com", "x@example.com", ""})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, account := range found {
				got = append(got, account.ID)
			}
			slices.Sort(got)
			if diff := cmp.Diff(slices.Sorted(slices.Values([]string{ids[0], ids[4]})), got); diff != "" {
				t.Errorf("found (-want +got)\n%s", diff)
			}
			want := append(ids, hidden)
			for _, a := range sim.Roster().Accounts(func(a roster.Account) bool { return strings.HasSuffix(a.Email, "@admins.example.net") }) {
				want = append(want, a.ID)
			}
			slices.Sort(want)
			if diff := cmp.Diff(want, everybody(t, target)); diff != "" {
				t.Errorf("listed (-want +got)\n%s", diff)
			}
		})
	}
}

func TestAListBegunWithJiraIsNotGoneOnWithWithoutIt(t *testing.T) {
	t.Parallel()
	sim, target := fresh(t, sitesim.Options{PageLimit: 2})
	page, err := target.Accounts(t.Context(), "")
	if err != nil || page.Next == "" {
		t.Fatal(page, err)
	}
	sim.Engine().Add(fault.Rule{Path: "^/rest/api/3/", Kind: fault.Status, Status: 403})
	if _, err := target.Accounts(t.Context(), page.Next); directory.ClassOf(err) != directory.ClassAuth {
		t.Errorf("the second page: %v, want a *directory.AuthError", err)
	}
	if page, err := target.Accounts(t.Context(), ""); err != nil || !strings.HasPrefix(page.Next, "groups:") {
		t.Errorf("a list begun anew: %+v, %v", page, err)
	}
}

// TestWhoMayNotBrowseJirasUsersFindsThemByGroups: Jira's search answers with nobody
// then, and not with a refusal.
func TestWhoMayNotBrowseJirasUsersFindsThemByGroups(t *testing.T) {
	t.Parallel()
	sim, target := fresh(t, sitesim.Options{NotBrowsing: true})
	id := seed(t, sim, "ana@example.com")
	found, err := target.FindAccounts(t.Context(), []string{"ana@example.com"})
	if err != nil || len(found) != 1 || found[0].ID != id {
		t.Errorf("found %+v, %v", found, err)
	}
}

func TestAnOutageOfJiraIsNotASiteWithoutJira(t *testing.T) {
	t.Parallel()
	sim, target := fresh(t, sitesim.Options{})
	seed(t, sim, "ana@example.com")
	sim.Engine().Add(fault.Rule{Path: "^/rest/api/3/", Kind: fault.Status, Status: 503})
	if _, err := target.FindAccounts(t.Context(), []string{"ana@example.com"}); directory.ClassOf(err) != directory.ClassUnavailable {
		t.Errorf("FindAccounts: %v", err)
	}
	if _, err := target.Accounts(t.Context(), ""); directory.ClassOf(err) != directory.ClassUnavailable {
		t.Errorf("Accounts: %v", err)
	}
}

func TestWhoIsDeactivatedIsToldAsClosed(t *testing.T) {
	t.Parallel()
	sim, target := fresh(t, sitesim.Options{})
	id := seed(t, sim, "off@example.com")
	change(t, sim, id, func(a *roster.Account) { a.Active = false })
	if account, err := target.Account(t.Context(), id); err != nil || account.Status != directory.AccountClosed {
		t.Errorf("got %+v, %v", account, err)
	}
}

func TestASuspendedMemberIsTakenOutThoughNoListHasThem(t *testing.T) {
	t.Parallel()
	sim, target := fresh(t, sitesim.Options{})
	id := seed(t, sim, "off@example.com")
	group, err := target.CreateGroup(t.Context(), directory.NewGroup{Name: "staff"})
	if err != nil {
		t.Fatal(err)
	}
	if err := target.AddMember(t.Context(), group.ID, id); err != nil {
		t.Fatal(err)
	}
	change(t, sim, id, func(a *roster.Account) { a.Active = false })
	if page, err := target.Members(t.Context(), group.ID, ""); err != nil || len(page.AccountIDs) != 0 {
		t.Errorf("the vendor leaves suspended members out: %+v, %v", page, err)
	}
	if err := target.RemoveMember(t.Context(), group.ID, id); err != nil || sim.Roster().IsMember(group.ID, id) {
		t.Errorf("RemoveMember: %v", err)
	}
}

func TestAFullLicenceLooksLikeAnOutage(t *testing.T) {
	t.Parallel()
	sim, target := fresh(t, sitesim.Options{})
	account := sim.NewAccount("late@example.com")
	if err := sim.Roster().AddAccount(account); err != nil {
		t.Fatal(err)
	}
	sim.SetSeatLimit(1)
	users, _ := sim.Roster().GroupNamed("confluence-users-example")
	if err := target.AddMember(t.Context(), users.ID, account.ID); directory.ClassOf(err) != directory.ClassUnavailable {
		t.Errorf("got %v", err)
	}
}

func TestAGroupOfAnotherSystemIsReadOnly(t *testing.T) {
	t.Parallel()
	sim, target := fresh(t, sitesim.Options{})
	group := sim.NewGroup("provisioned")
	group.External = true
	if err := sim.Roster().AddGroup(group); err != nil {
		t.Fatal(err)
	}
	found, err := target.FindGroups(t.Context(), []string{"Provisioned"})
	if diff := cmp.Diff([]directory.TargetGroup{{ID: group.ID, Name: "provisioned", ReadOnly: true}}, found); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
}

func TestAnAdoptedPersonCostsOneFindAndOneCallForEachGroup(t *testing.T) {
	t.Parallel()
	sim, target := fresh(t, sitesim.Options{})
	id := seed(t, sim, "ana@example.com")
	group, err := target.CreateGroup(t.Context(), directory.NewGroup{Name: "staff"})
	if err != nil {
		t.Fatal(err)
	}
	sim.Engine().ResetCalls()
	if found, err := target.FindAccounts(t.Context(), []string{"ana@example.com"}); err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	if err := target.AddMember(t.Context(), group.ID, id); err != nil {
		t.Fatal(err)
	}
	want := map[string]int{"GET /rest/api/3/user/search": 1, "POST /wiki/rest/api/group/userByGroupId": 1}
	if diff := cmp.Diff(want, sim.Engine().Counts()); diff != "" {
		t.Errorf("calls (-want +got)\n%s", diff)
	}
}
