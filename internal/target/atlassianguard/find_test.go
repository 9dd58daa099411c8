package atlassianguard_test

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/guardsim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/target/atlassianguard"
)

func TestAnAddressIsFoundWhateverTheUserNameIs(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		shape func(*atlassianguard.Config)
		learn func(t *testing.T, p *place)
	}{
		"where the configuration makes user names": {shape: func(c *atlassianguard.Config) { c.UserNames = true }},
		"once the list has shown such an account": {learn: func(t *testing.T, p *place) {
			if _, err := p.target.Accounts(t.Context(), ""); err != nil {
				t.Fatal(err)
			}
		}},
		"once an account was not made because of such a one": {learn: func(t *testing.T, p *place) {
			var made directory.AccountCreated
			ok(t, p.target.CreateAccounts(t.Context(), []directory.NewAccount{{Ref: 1, Email: "ana@example.com"}}, func(c directory.AccountCreated) { made = c }))
			if directory.ClassOf(made.Err) != directory.ClassConflict {
				t.Errorf("got %+v, want a conflict", made)
			}
		}},
		"once such an account was made here": {learn: func(t *testing.T, p *place) {
			ok(t, p.target.CreateAccounts(t.Context(), []directory.NewAccount{{Ref: 1, Email: "other@example.com", UserName: "other"}},
				func(c directory.AccountCreated) { ok(t, c.Err) }))
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t, guardsim.Options{}, nil, test.shape)
			id := p.user(t, "ana@example.com")
			for _, email := range numbered(150, "filler.%d@example.com") {
				p.user(t, email)
			}
			if err := p.sim.Roster().ChangeAccount(id, func(a *roster.Account) { a.UserName = "ana.neil" }); err != nil {
				t.Fatal(err)
			}
			// On the list's second page, so that all of it has to be read.
			if last := p.user(t, "zoe@example.com"); test.learn != nil {
				test.learn(t, p)
			} else if err := p.sim.Roster().ChangeAccount(last, func(a *roster.Account) { a.UserName = "zoe" }); err != nil {
				t.Fatal(err)
			}
			for _, asked := range [][]string{
				{"ANA@example.com"}, {"ana@example.com", "nobody@example.com"},
				append(numbered(20, "nobody.%d@example.com"), "ana@example.com"),
			} {
				found, err := p.target.FindAccounts(t.Context(), asked)
				if err != nil || len(found) != 1 || found[0].ID != id {
					t.Errorf("asked for %d addresses, found %+v, %v", len(asked), found, err)
				}
			}
		})
	}
}

func TestThePrimaryAddressChangesAndNothingElse(t *testing.T) {
	t.Parallel()
	emails := `[{"value":"old@example.com","type":"home","primary":true},{"value":"second@example.com","type":"work","primary":false}]`
	tests := map[string]struct {
		userName, want string
	}{
		"a user name that is the address follows it": {"Old@example.com", "new@example.com"},
		"another user name stays":                    {"old.name", "old.name"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t, guardsim.Options{}, nil, nil)
			id := p.user(t, "old@example.com")
			err := p.sim.Roster().ChangeAccount(id, func(a *roster.Account) {
				a.UserName = test.userName
				a.Attributes["emails"], a.Attributes["title"] = emails, "Clerk"
			})
			if err != nil {
				t.Fatal(err)
			}
			email := "new@example.com"
			ok(t, p.target.UpdateAccount(t.Context(), id, directory.AccountPatch{Email: &email}))
			a, _ := p.sim.Roster().Account(id)
			want := `[{"value":"new@example.com","type":"home","primary":true},{"value":"second@example.com","type":"work","primary":false}]`
			if a.Email != email || a.UserName != test.want || a.Attributes["emails"] != want || a.Attributes["title"] != "Clerk" {
				t.Errorf("the account is %+v", a)
			}
		})
	}
}

func TestAnAccountTellsWhichAtlassianAccountItIs(t *testing.T) {
	t.Parallel()
	p := newPlace(t, guardsim.Options{}, nil, nil)
	linked := p.sim.SeedAtlassianAccount("known@example.com")
	var made directory.AccountCreated
	ok(t, p.target.CreateAccounts(t.Context(), []directory.NewAccount{{Ref: 1, Email: "known@example.com"}}, func(c directory.AccountCreated) { made = c }))
	ok(t, made.Err)
	account, err := p.target.Account(t.Context(), made.AccountID)
	if err != nil || account.Attributes["account_id"] != linked {
		t.Errorf("the account is %+v, %v; want it linked to %s", account, err, linked)
	}
	err = p.target.UpdateAccount(t.Context(), made.AccountID, directory.AccountPatch{Attributes: map[string]string{"account_id": "another"}})
	if directory.ClassOf(err) != directory.ClassRefused {
		t.Errorf("writing the Atlassian account's id: %v", err)
	}
}

func TestWhoIsOutsideTheVerifiedDomainsIsRefused(t *testing.T) {
	t.Parallel()
	p := newPlace(t, guardsim.Options{}, nil, nil)
	var made directory.AccountCreated
	ok(t, p.target.CreateAccounts(t.Context(), []directory.NewAccount{{Ref: 1, Email: "ana@elsewhere.example"}}, func(c directory.AccountCreated) { made = c }))
	if directory.ClassOf(made.Err) != directory.ClassRefused || directory.DetailOf(made.Err) == "" {
		t.Errorf("got %v, want a refusal with the vendor's words", made.Err)
	}
}

func TestAnAdministratorIsKnownByTheAtlassianAccount(t *testing.T) {
	t.Parallel()
	var administrator string
	// The organisation still shows the address of before.
	older := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !strings.HasSuffix(r.URL.Path, "/users/search") {
				next.ServeHTTP(w, r)
				return
			}
			body := `{"data":[{"accountId":"` + administrator + `","email":"maiden.name@example.com"}],"links":{}}`
			if _, err := io.WriteString(w, body); err != nil {
				panic(http.ErrAbortHandler)
			}
		})
	}
	p := newPlace(t, guardsim.Options{}, older, nil)
	p.user(t, "bystander@example.com")
	id := p.user(t, "married.name@example.com")
	a, _ := p.sim.Roster().Account(id)
	administrator = a.Attributes["atlassianAccountId"]
	protected, err := p.target.Protected(t.Context())
	if err != nil || len(protected.AccountIDs) != 1 || protected.AccountIDs[0] != id {
		t.Errorf("protected are %+v, %v; want %s alone", protected, err, id)
	}
}

func TestAnAdministratorOutsideOfTheDirectoryCostsItsListOnce(t *testing.T) {
	t.Parallel()
	outside := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !strings.HasSuffix(r.URL.Path, "/users/search") {
				next.ServeHTTP(w, r)
				return
			}
			if _, err := io.WriteString(w, `{"data":[{"accountId":"elsewhere","email":"owner@elsewhere.example"}],"links":{}}`); err != nil {
				panic(http.ErrAbortHandler)
			}
		})
	}
	p := newPlace(t, guardsim.Options{}, outside, nil)
	for i, want := range []int{2, 1, 1} { // the look-up by address, and once the list
		p.engine.ResetCalls()
		protected, err := p.target.Protected(t.Context())
		if err != nil || len(protected.AccountIDs) > 0 {
			t.Fatalf("protected are %+v, %v", protected, err)
		}
		if n := p.engine.Counts()["GET /scim/directory/{directoryId}/Users"]; n != want {
			t.Errorf("time %d: %d calls, want %d", i+1, n, want)
		}
	}
}

// TestManyAdministratorsAndTheirGroupsAreAllProtected: more than the organisation
// tells on one page, and more groups than it may be asked about at once.
func TestManyAdministratorsAndTheirGroupsAreAllProtected(t *testing.T) {
	t.Parallel()
	p := newPlace(t, guardsim.Options{}, nil, nil)
	for _, email := range numbered(105, "administrator.%d@example.com") {
		id := p.user(t, email)
		if err := p.sim.Roster().ChangeAccount(id, func(a *roster.Account) { a.Administrator = true }); err != nil {
			t.Fatal(err)
		}
	}
	for _, email := range numbered(12, "by.group.%d@example.com") {
		group := p.sim.NewGroup("keepers of " + email)
		group.Administrator = true
		if err := p.sim.Roster().AddGroup(group); err != nil {
			t.Fatal(err)
		}
		if _, err := p.sim.Roster().Join(group.ID, p.user(t, email)); err != nil {
			t.Fatal(err)
		}
	}
	p.user(t, "bystander@example.com")
	protected, err := p.target.Protected(t.Context())
	// The administrator who is there from the start is one too.
	if err != nil || len(protected.AccountIDs) != 105+12+1 || len(protected.GroupIDs) != 12 {
		t.Errorf("protected are %d accounts and %d groups, %v; want 118 and 12", len(protected.AccountIDs), len(protected.GroupIDs), err)
	}
}

func TestWhoIsInAGroupOfAdministratorsIsProtectedWithTheGroup(t *testing.T) {
	t.Parallel()
	p := newPlace(t, guardsim.Options{}, nil, nil)
	id := p.user(t, "by.group@example.com")
	p.user(t, "bystander@example.com")
	group := p.sim.NewGroup("Keepers")
	group.Administrator = true
	if err := p.sim.Roster().AddGroup(group); err != nil {
		t.Fatal(err)
	}
	p.group(t, "Others")
	if _, err := p.sim.Roster().Join(group.ID, id); err != nil {
		t.Fatal(err)
	}
	administrator, _ := p.sim.Roster().AccountNamed(guardsim.DefaultAdministrator)
	protected, err := p.target.Protected(t.Context())
	ok(t, err)
	want := directory.Protected{AccountIDs: []string{id, administrator.ID}, GroupIDs: []string{group.ID}}
	slices.Sort(want.AccountIDs)
	if diff := cmp.Diff(want, protected); diff != "" {
		t.Errorf("protected (-want +got)\n%s", diff)
	}
}
