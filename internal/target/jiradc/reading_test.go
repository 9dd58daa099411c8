package jiradc_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/jiradcsim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/target/jiradc"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
	"github.com/rollcall-sync/rollcall/internal/target/targettest/vendortest"
)

func TestWhereAddressesAreNotShownNobodyIsTakenForAbsent(t *testing.T) {
	t.Parallel()
	for _, shown := range []string{jiradcsim.AddressesHidden, jiradcsim.AddressesMasked} {
		t.Run(shown, func(t *testing.T) {
			t.Parallel()
			v := newVendor(t, jiradcsim.Options{Addresses: shown}, nil, nil)
			a := v.Seed(t, "ana@example.com")
			_, err := v.target.FindAccounts(t.Context(), []string{"ana@example.com"})
			vendortest.WantClass(t, err, directory.ClassAuth)
			if !strings.Contains(directory.DetailOf(err), "User email visibility") {
				t.Errorf("the detail does not say what to do: %s", directory.DetailOf(err))
			}
			account, err := v.target.Account(t.Context(), a.ID)
			if err != nil || account.Email != "" {
				t.Errorf("the account is %+v, %v; want one without an address", account, err)
			}
			found, err := v.target.FindAccountsBy(t.Context(), "user_name", []string{"ANA"})
			if err != nil || len(found) != 1 || found[0].ID != a.ID {
				t.Errorf("found %+v, %v by user name", found, err)
			}
		})
	}
}

func TestASearchThatShowsAThousandPeopleSaysNothingOfWhoIsNotAmongThem(t *testing.T) {
	t.Parallel()
	v := newVendor(t, jiradcsim.Options{}, nil, nil)
	for i := range 1000 {
		a := v.Sim.NewAccount(fmt.Sprintf("user%d", i), fmt.Sprintf("user%d@example.com", i), "Friend of ana@example.com")
		if err := v.Sim.Roster().AddAccount(a); err != nil {
			t.Fatal(err)
		}
	}
	v.Seed(t, "ana@example.com")
	_, err := v.target.FindAccounts(t.Context(), []string{"ana@example.com"})
	vendortest.WantClass(t, err, directory.ClassUnavailable)
}

func TestASearchThatEndsAtAThousandPeopleIsNotTheWholeList(t *testing.T) {
	t.Parallel()
	v := newVendor(t, jiradcsim.Options{Version: "8.20.0", SearchEnd: 1000}, nil, nil)
	for i := range 1100 {
		v.Seed(t, fmt.Sprintf("user%d@example.com", i))
	}
	page, err := v.target.Accounts(t.Context(), "")
	if err != nil || len(page.Accounts) != 1000 || page.Next == "" {
		t.Fatalf("the first page has %d accounts and next %q, %v", len(page.Accounts), page.Next, err)
	}
	_, err = v.target.Accounts(t.Context(), page.Next)
	vendortest.WantClass(t, err, directory.ClassUnavailable)
}

func TestAnAnswerThatIsNotTheListIsAnOutage(t *testing.T) {
	t.Parallel()
	const user = `{"key":"K","name":"n","active":true}`
	accounts := func(v vendor) func(t *testing.T) error {
		return func(t *testing.T) error { _, err := v.target.Accounts(t.Context(), ""); return err }
	}
	members := func(v vendor) func(t *testing.T) error {
		return func(t *testing.T) error { _, err := v.target.Members(t.Context(), "staff", ""); return err }
	}
	find := func(v vendor) func(t *testing.T) error {
		return func(t *testing.T) error {
			_, err := v.target.FindAccounts(t.Context(), []string{"ana@example.com"})
			return err
		}
	}
	for _, test := range []struct {
		name, path, body string
		ask              func(v vendor) func(t *testing.T) error
	}{
		{"a list of users that is null", "/user/list", `null`, accounts},
		{"a list of users without its end", "/user/list", `{"values":[` + user + `]}`, accounts},
		{"nobody at all", "/user/list", `{"values":[],"isLast":true}`, accounts},
		{"a list that goes on without saying where", "/user/list", `{"values":[` + user + `],"isLast":false}`, accounts},
		{"a user without a key", "/user/list", `{"values":[{"name":"n","active":true}],"isLast":true}`, accounts},
		{"a user without a status", "/user/list", `{"values":[{"key":"K","name":"n"}],"isLast":true}`, accounts},
		{"a search that is null", "/user/search", `null`, find},
		{"a search that is an object", "/user/search", `{}`, find},
		{"members that are null", "/group/member", `{"values":null,"isLast":true}`, members},
		{"members without an end", "/group/member", `{"values":[` + user + `]}`, members},
		{"an end before all that are counted", "/group/member", `{"values":[` + user + `],"isLast":true,"total":2}`, members},
		{"a page of nobody that is not the last", "/group/member", `{"values":[],"isLast":false,"total":2}`, members},
		{"a member without a key", "/group/member", `{"values":[{"name":"n"}],"isLast":true,"total":1}`, members},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			v := newVendor(t, jiradcsim.Options{}, nil, answering(test.path, test.body))
			vendortest.WantClass(t, test.ask(v)(t), directory.ClassUnavailable)
		})
	}
}

func TestAnAnswerAboutSomebodyElseIsNoAnswer(t *testing.T) {
	t.Parallel()
	v := newVendor(t, jiradcsim.Options{}, nil, answering("/user", `{"key":"K2","name":"bo","active":true}`))
	_, err := v.target.Account(t.Context(), "K1")
	vendortest.WantClass(t, err, directory.ClassUnavailable)
	_, err = v.target.FindAccountsBy(t.Context(), "user_name", []string{"ana"})
	vendortest.WantClass(t, err, directory.ClassUnavailable)
}

func TestAProxysMissingPageIsNotAMissingAccountOrGroup(t *testing.T) {
	t.Parallel()
	v := newVendor(t, jiradcsim.Options{}, nil, notFoundPage)
	for name, ask := range map[string]func() error{
		"Account":        func() error { _, err := v.target.Account(t.Context(), "JIRAUSER10100"); return err },
		"FindAccountsBy": func() error { _, err := v.target.FindAccountsBy(t.Context(), "user_name", []string{"ana"}); return err },
		"Members":        func() error { _, err := v.target.Members(t.Context(), "staff", ""); return err },
		"RemoveMember":   func() error { return v.target.RemoveMember(t.Context(), "staff", "JIRAUSER10100") },
		"DeleteAccount":  func() error { return v.target.DeleteAccount(t.Context(), "JIRAUSER10100") },
	} {
		if err := ask(); directory.ClassOf(err) != directory.ClassUnavailable {
			t.Errorf("%s: %v, want a *directory.UnavailableError", name, err)
		}
	}
}

func TestANameAndAPasswordDoAsWellAsAToken(t *testing.T) {
	t.Parallel()
	v := newVendor(t, jiradcsim.Options{}, func(c *jiradc.Config) {
		c.Credential = rest.Basic(jiradcsim.DefaultUser, jiradcsim.DefaultPassword)
	}, nil)
	if report, err := v.target.Check(t.Context()); err != nil || len(report.Missing) > 0 {
		t.Errorf("got %+v, %v", report, err)
	}
}

func TestANewPersonWithTwoGroupsCostsFourCalls(t *testing.T) {
	t.Parallel()
	v := newVendor(t, jiradcsim.Options{}, nil, nil)
	one, two := v.SeedGroup(t, "one"), v.SeedGroup(t, "two")
	// What is asked once in ten minutes.
	if _, err := v.target.FindAccounts(t.Context(), []string{"nobody@example.com"}); err != nil {
		t.Fatal(err)
	}
	v.Calls()
	if found, err := v.target.FindAccounts(t.Context(), []string{"ana@example.com"}); err != nil || len(found) > 0 {
		t.Fatalf("found %v, %v", found, err)
	}
	var made directory.AccountCreated
	err := v.target.CreateAccounts(t.Context(), []directory.NewAccount{{Ref: 1, UserName: "ana", Email: "ana@example.com", DisplayName: "Ana"}},
		func(outcome directory.AccountCreated) { made = outcome })
	if err != nil || made.Err != nil {
		t.Fatal(err, made.Err)
	}
	want := directory.Account{ID: made.AccountID, UserName: "ana", Email: "ana@example.com", DisplayName: "Ana", Status: directory.AccountActive, Managed: true}
	if made.Account == nil || made.Account.ID != want.ID || made.Account.Email != want.Email || made.Account.Status != want.Status {
		t.Errorf("the outcome tells %+v, want %+v", made.Account, want)
	}
	for _, group := range []string{one.ID, two.ID} {
		if err := v.target.AddMember(t.Context(), group, made.AccountID); err != nil {
			t.Fatal(err)
		}
	}
	if err := v.target.DeactivateAccount(t.Context(), made.AccountID); err != nil {
		t.Fatal(err)
	}
	calls := v.Calls()
	total := 0
	for _, n := range calls {
		total += n
	}
	if total != 5 {
		t.Errorf("four calls to join and one to leave, and there were %v", calls)
	}
}

// TestWhoIsDeactivatedIsThereAllTheSame: not found, a leaver who comes back would
// get a second account, and not listed, be taken for gone.
func TestWhoIsDeactivatedIsThereAllTheSame(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"10.3.24", "8.20.0"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			v := newVendor(t, jiradcsim.Options{Version: version}, nil, nil)
			off := v.Seed(t, "off@example.com")
			if err := v.Sim.Roster().ChangeAccount(off.ID, func(a *roster.Account) { a.Active = false }); err != nil {
				t.Fatal(err)
			}
			group := v.SeedGroup(t, "staff", off)
			found, err := v.target.FindAccounts(t.Context(), []string{"off@example.com"})
			if err != nil || len(found) != 1 || found[0].ID != off.ID || found[0].Status != directory.AccountDeactivated {
				t.Errorf("found %+v, %v", found, err)
			}
			var listed []string
			for cursor := ""; ; {
				page, err := v.target.Accounts(t.Context(), cursor)
				if err != nil {
					t.Fatal(err)
				}
				for _, a := range page.Accounts {
					listed = append(listed, a.ID)
				}
				if cursor = page.Next; cursor == "" {
					break
				}
			}
			if !slices.Contains(listed, off.ID) {
				t.Errorf("listed are %v, want %s among them", listed, off.ID)
			}
			page, err := v.target.Members(t.Context(), group.ID, "")
			if err != nil || !slices.Contains(page.AccountIDs, off.ID) {
				t.Errorf("members are %v, %v, want %s among them", page.AccountIDs, err, off.ID)
			}
		})
	}
}

func TestWhoIsDeletedIsNobody(t *testing.T) {
	t.Parallel()
	const gone = `{"key":"K","name":"ana","active":true,"emailAddress":"ana@example.com","displayName":"Ana","deleted":true}`
	v := newVendor(t, jiradcsim.Options{}, nil, answering("/user/search", `[`+gone+`]`))
	if found, err := v.target.FindAccounts(t.Context(), []string{"ana@example.com"}); err != nil || len(found) > 0 {
		t.Errorf("found %+v, %v", found, err)
	}
	v = newVendor(t, jiradcsim.Options{}, nil, answering("/user/list", `{"values":[`+gone+`],"isLast":true}`))
	if page, err := v.target.Accounts(t.Context(), ""); err != nil || len(page.Accounts) > 0 {
		t.Errorf("listed %+v, %v", page.Accounts, err)
	}
	v = newVendor(t, jiradcsim.Options{}, nil, answering("/rest/api/2/user", gone))
	_, err := v.target.Account(t.Context(), "K")
	vendortest.WantClass(t, err, directory.ClassNotFound)
}
