package jiracloud_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/sandbox/sitesim"
	"github.com/rollcall-sync/rollcall/internal/target/jiracloud"
)

// everybody follows the list of accounts to its end.
func everybody(t *testing.T, target *jiracloud.Target) []directory.Account {
	t.Helper()
	var all []directory.Account
	for cursor := ""; ; {
		page, err := target.Accounts(t.Context(), cursor)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page.Accounts...)
		if page.Next == "" {
			return all
		}
		cursor = page.Next
	}
}

func TestTheListHasActivePeopleAlone(t *testing.T) {
	t.Parallel()
	sim, target := fresh(t, sitesim.Options{PageLimit: 3})
	seen := add(t, sim, "seen@example.com")
	hidden := add(t, sim, "hidden@example.com", func(a *roster.Account) { a.Attributes = map[string]string{sitesim.AttributeEmailHidden: "true"} })
	left := map[string]string{
		"a customer": add(t, sim, "customer@example.com", func(a *roster.Account) { a.Attributes = map[string]string{sitesim.AttributeType: "customer"} }),
		"a bot":      add(t, sim, "", func(a *roster.Account) { a.Attributes = map[string]string{sitesim.AttributeType: "app"} }),
		"inactive":   add(t, sim, "inactive@example.com", func(a *roster.Account) { a.Active = false }),
		"removed":    add(t, sim, "removed@example.com"),
	}
	if err := target.DeleteAccount(t.Context(), left["removed"]); err != nil {
		t.Fatal(err)
	}
	emails := make(map[string]string)
	for _, account := range everybody(t, target) {
		emails[account.ID] = account.Email
	}
	if emails[seen] != "seen@example.com" {
		t.Error("the list lacks somebody")
	}
	if email, there := emails[hidden]; !there || email != "" {
		t.Errorf("somebody whose address is hidden: %q, %t", email, there)
	}
	for what, id := range left {
		if _, there := emails[id]; there {
			t.Errorf("%s is in the list", what)
		}
	}
}

func TestWhoIsInactiveAndInNoGroupIsNotOnTheSite(t *testing.T) {
	t.Parallel()
	sim, target := fresh(t, sitesim.Options{})
	blocked := add(t, sim, "blocked@example.com", func(a *roster.Account) { a.Active = false })
	if _, err := sim.Roster().Join(groupNamed(t, sim, softwareUsers).ID, blocked); err != nil {
		t.Fatal(err)
	}
	page, err := target.Members(t.Context(), groupNamed(t, sim, softwareUsers).ID, "")
	if err != nil || !slices.Contains(page.AccountIDs, blocked) {
		t.Errorf("the members lack somebody who was deactivated: %+v, %v", page, err)
	}
	if account, err := target.Account(t.Context(), blocked); err != nil || account.Status != directory.AccountClosed {
		t.Errorf("somebody who was deactivated: %+v, %v", account, err)
	}
	removed := add(t, sim, "removed@example.com")
	if err := target.DeleteAccount(t.Context(), removed); err != nil {
		t.Fatal(err)
	}
	if _, err := target.Account(t.Context(), removed); directory.ClassOf(err) != directory.ClassNotFound {
		t.Errorf("somebody who was removed: %v", err)
	}
	err = target.AddMember(t.Context(), groupNamed(t, sim, softwareUsers).ID, removed)
	if directory.ClassOf(err) != directory.ClassNotFound {
		t.Errorf("a group for somebody who was removed: %v", err)
	}
}

func TestWhoWasRemovedAndReturnsHasTheAccountOfBefore(t *testing.T) {
	t.Parallel()
	sim, target := fresh(t, sitesim.Options{})
	first := createOne(t, target, "back@example.com").AccountID
	if err := target.DeleteAccount(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	if outcome := createOne(t, target, "back@example.com"); outcome.Err != nil || outcome.AccountID != first {
		t.Errorf("got %+v, want %s", outcome, first)
	}
	if account, there := sim.Roster().Account(first); !there || !account.Active {
		t.Error("the account is not back")
	}
}

func TestTheOwnerOfTheTokenCannotBeRemoved(t *testing.T) {
	t.Parallel()
	sim, target := fresh(t, sitesim.Options{})
	found, err := target.FindAccounts(t.Context(), []string{sim.User()})
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	if err := target.DeleteAccount(t.Context(), found[0].ID); directory.ClassOf(err) != directory.ClassRefused {
		t.Errorf("got %v", err)
	}
}

func TestFindingAnAddress(t *testing.T) {
	t.Parallel()
	sim, target := fresh(t, sitesim.Options{PageLimit: 4})
	for i := range 7 {
		// Their names and addresses begin with what is looked for, and they come first.
		add(t, sim, fmt.Sprintf("ana@example.com%d", i), func(a *roster.Account) { a.DisplayName = "ana@example.co" })
	}
	want := add(t, sim, "ana@example.co")
	add(t, sim, "zoe@example.com", func(a *roster.Account) { a.Attributes = map[string]string{sitesim.AttributeEmailHidden: "true"} })
	add(t, sim, "off@example.com", func(a *roster.Account) { a.Active = false })

	for _, asked := range []string{"ana@example.co", "ANA@Example.co"} {
		found, err := target.FindAccounts(t.Context(), []string{asked})
		if err != nil || len(found) != 1 || found[0].ID != want {
			t.Errorf("asked for %s: %+v, %v", asked, found, err)
		}
	}
	for what, asked := range map[string]string{"a hidden address": "zoe@example.com", "somebody inactive": "off@example.com", "a beginning": "ana@example.c"} {
		if found, err := target.FindAccounts(t.Context(), []string{asked}); err != nil || len(found) != 0 {
			t.Errorf("%s is found: %+v, %v", what, found, err)
		}
	}
}

func TestManyAddressesAreLookedForInTheListAsFarAsThatIsFewerCalls(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name                     string
		accounts, asked          int
		lists, searches, ofThose int
	}{
		{"few are searched for", 2000, 7, 0, 7, 7},
		{"many on a small site are all in the list", 900, 100, 2, 0, 100},
		{"the list is left when it gets longer than the searches", 5000, 16, 2, 14, 16},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			sim, target := fresh(t, sitesim.Options{})
			var emails []string
			for i := range test.accounts {
				email := fmt.Sprintf("p%d@example.com", i)
				add(t, sim, email)
				// Two are at the list's beginning and the others at its end.
				if i < min(2, test.asked) || i >= test.accounts-test.asked+2 {
					emails = append(emails, email)
				}
			}
			// One of them is nobody's, so that the list is read to its end.
			emails[len(emails)-1] = "nobody@example.com"
			found, err := target.FindAccounts(t.Context(), emails)
			if err != nil || len(found) != test.ofThose-1 {
				t.Errorf("found %d, %v; want %d", len(found), err, test.ofThose-1)
			}
			counts := sim.Engine().Counts()
			if lists, searches := counts["GET /rest/api/3/users/search"], counts["GET /rest/api/3/user/search"]; lists != test.lists || searches != test.searches {
				t.Errorf("%d pages and %d searches, want %d and %d", lists, searches, test.lists, test.searches)
			}
		})
	}
}

func TestAGroupIsFoundHoweverItsNameIsWritten(t *testing.T) {
	t.Parallel()
	_, target := fresh(t, sitesim.Options{})
	made, err := target.CreateGroup(t.Context(), directory.NewGroup{Name: "Équipe Été"})
	if err != nil {
		t.Fatal(err)
	}
	found, err := target.FindGroups(t.Context(), []string{"éQUIPE été", "équipe été", ""})
	if diff := cmp.Diff([]directory.TargetGroup{made}, found); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	_, err = target.CreateGroup(t.Context(), directory.NewGroup{Name: "ÉQUIPE ÉTÉ"})
	if directory.ClassOf(err) != directory.ClassConflict {
		t.Errorf("a name that differs in case alone: %v", err)
	}
	_, err = target.CreateGroup(t.Context(), directory.NewGroup{Name: strings.Repeat("x", 256)})
	if directory.ClassOf(err) != directory.ClassRefused {
		t.Errorf("a name that is too long: %v", err)
	}
}

func TestLongNamesAreAskedForInSeveralCalls(t *testing.T) {
	t.Parallel()
	sim := sitesim.New(sitesim.Options{})
	var names []string
	for i := range 60 {
		name := strings.Repeat("ü", 200) + fmt.Sprint(i)
		if err := sim.Roster().AddGroup(sim.NewGroup(name)); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	handler := sim.Handler()
	target := newTarget(t, sim, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if length := len(r.URL.RequestURI()); length > 8000 {
			t.Errorf("an address has %d characters", length)
		}
		handler.ServeHTTP(w, r)
	}))
	found, err := target.FindGroups(t.Context(), names)
	if err != nil || len(found) != len(names) {
		t.Errorf("found %d, %v", len(found), err)
	}
}

func TestWhatIsNoAnswerIsAnOutage(t *testing.T) {
	t.Parallel()
	accounts := func(t *testing.T, target *jiracloud.Target) error {
		_, err := target.Accounts(t.Context(), "")
		return err
	}
	groups := func(t *testing.T, target *jiracloud.Target) error {
		_, err := target.Groups(t.Context(), "")
		return err
	}
	members := func(t *testing.T, target *jiracloud.Target) error {
		_, err := target.Members(t.Context(), "g", "50")
		return err
	}
	for _, test := range []struct {
		name, answer string
		status       int
		ask          func(*testing.T, *jiracloud.Target) error
	}{
		{"a list of people that lacks who asked", `[]`, 200, accounts},
		{"no list of people", `null`, 200, accounts},
		{"an object in place of people", `{}`, 200, accounts},
		{"somebody without an id", `[{"active":true}]`, 200, accounts},
		{"a list that took too long", `{"errorMessages":["slow"]}`, 409, accounts},
		{"a page of a proxy", `<html>`, 200, groups},
		{"a site without groups", `{"values":[],"isLast":true}`, 200, groups},
		{"a page without groups", `{"isLast":true}`, 200, groups},
		{"a page that does not say whether it is the last", `{"values":[]}`, 200, groups},
		{"a group without an id", `{"values":[{"name":"x","groupId":null}],"isLast":true}`, 200, groups},
		{"a list that does not move on", `{"values":[],"isLast":false}`, 200, members},
		{"another page than was asked for", `{"startAt":0,"values":[{"accountId":"ana"}],"isLast":true}`, 200, members},
		{"a member without an id", `{"values":[{}],"isLast":true}`, 200, members},
		{"another account than was asked for", `{"accountId":"other","active":true}`, 200, func(t *testing.T, target *jiracloud.Target) error {
			_, err := target.Account(t.Context(), "this")
			return err
		}},
		{"a created group without an id", `{}`, 201, func(t *testing.T, target *jiracloud.Target) error {
			_, err := target.CreateGroup(t.Context(), directory.NewGroup{Name: "x"})
			return err
		}},
		{"a created account without an id", `{}`, 201, func(t *testing.T, target *jiracloud.Target) error {
			return createOne(t, target, "x@example.com").Err
		}},
		{"nobody who asks", `{}`, 200, func(t *testing.T, target *jiracloud.Target) error {
			_, err := target.Protected(t.Context())
			return err
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			target := newTarget(t, sitesim.New(sitesim.Options{}), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, test.answer)
			}))
			if err := test.ask(t, target); directory.ClassOf(err) != directory.ClassUnavailable {
				t.Errorf("got %v, want a *directory.UnavailableError", err)
			}
		})
	}
}

func TestAForeignCursorIsRefused(t *testing.T) {
	t.Parallel()
	_, target := fresh(t, sitesim.Options{})
	for _, cursor := range []string{"x", "-1", "1.5"} {
		_, accounts := target.Accounts(t.Context(), cursor)
		_, groups := target.Groups(t.Context(), cursor)
		_, members := target.Members(t.Context(), "g", cursor)
		if slices.ContainsFunc([]error{accounts, groups, members}, func(err error) bool { return directory.ClassOf(err) != directory.ClassRefused }) {
			t.Errorf("%q: %v, %v, %v", cursor, accounts, groups, members)
		}
	}
}
