package bitbucketdc_test

import (
	"io"
	"net/http"
	"slices"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/bitbucketdcsim"
)

const notThere = `{"errors":[{"message":"no","exceptionName":"com.atlassian.bitbucket.user.NoSuchUserException"}]}`

// TestAListThatIsNotFoundAlthoughItsOwnerIsThereIsAnOutage: it may hold anything,
// so that nobody is out of a group because of it.
func TestAListThatIsNotFoundAlthoughItsOwnerIsThereIsAnOutage(t *testing.T) {
	t.Parallel()
	t.Run("the members of a group", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, instead("/rest/api/latest/admin/groups/more-members", 404, notThere))
		_, err := w.target.Members(t.Context(), bitbucketdcsim.UsersGroup, "")
		if directory.ClassOf(err) != directory.ClassUnavailable {
			t.Errorf("of a group that is there: %v", err)
		}
		_, err = w.target.Members(t.Context(), "no-such-group", "")
		if directory.ClassOf(err) != directory.ClassNotFound {
			t.Errorf("of a group that is gone: %v", err)
		}
	})
	t.Run("the groups of a user", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, instead("/rest/api/latest/admin/users/more-members", 404, notThere), func(w *world) {
			lists := w.around
			w.around = func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
					if r.URL.Path == "/rest/api/latest/admin/users/remove-group" {
						rw.WriteHeader(http.StatusConflict)
						_, _ = io.WriteString(rw, notThere)
						return
					}
					lists(next).ServeHTTP(rw, r)
				})
			}
		})
		w.seed(t, account("ana"))
		w.join(t, bitbucketdcsim.UsersGroup, "ana")
		for what, err := range map[string]error{
			"a removal from a group": w.target.RemoveMember(t.Context(), bitbucketdcsim.UsersGroup, "ana"),
			"a suspension":           w.target.SuspendAccount(t.Context(), "ana"),
		} {
			if directory.ClassOf(err) != directory.ClassUnavailable {
				t.Errorf("%s: %v", what, err)
			}
		}
		ok(t, w.target.RemoveMember(t.Context(), bitbucketdcsim.UsersGroup, "nobody"))
	})
}

// TestNobodyLicensedIsNoList: everybody would seem to be suspended, a leaver too.
func TestNobodyLicensedIsNoList(t *testing.T) {
	t.Parallel()
	for _, values := range []string{`[]`, `[{"displayName":"x"}]`} {
		w := newWorld(t, instead("/rest/api/latest/users", 200, `{"values":`+values+`,"isLastPage":true}`))
		if _, err := w.target.Accounts(t.Context(), ""); directory.ClassOf(err) != directory.ClassUnavailable {
			t.Errorf("%s: %v", values, err)
		}
	}
}

func TestSomebodyWithoutANameIsInNoList(t *testing.T) {
	t.Parallel()
	const page = `{"values":[{"displayName":"x"}],"isLastPage":true}`
	_, accounts := newWorld(t, instead("/rest/api/latest/admin/users", 200, page)).target.Accounts(t.Context(), "")
	_, members := newWorld(t, instead("/rest/api/latest/admin/groups/more-members", 200, page)).target.Members(t.Context(), bitbucketdcsim.UsersGroup, "")
	for what, err := range map[string]error{"accounts": accounts, "members": members} {
		if directory.ClassOf(err) != directory.ClassUnavailable {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestAnAdministratorByAGroupWithinAGroupIsProtected: no list of members has them.
func TestAnAdministratorByAGroupWithinAGroupIsProtected(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(w *world) {
		w.around = func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/rest/api/latest/users" && r.URL.Query().Get("permission") == "ADMIN" {
					_, _ = io.WriteString(rw, `{"values":[{"name":"within"}],"isLastPage":true}`)
					return
				}
				next.ServeHTTP(rw, r)
			})
		}
	})
	protected, err := w.target.Protected(t.Context())
	if err != nil || !slices.Contains(protected.AccountIDs, "within") {
		t.Errorf("protected %+v, %v", protected, err)
	}
}

// TestAnErrorIsBitbucketsByItsFormAndNotByTheExceptionThatItNames: its 404 is about
// a user or a group, and a proxy's about nothing.
func TestAnErrorIsBitbucketsByItsFormAndNotByTheExceptionThatItNames(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]directory.Class{
		`{"errors":[{"context":null,"message":"no","exceptionName":null}]}`:       "",
		`{"errors":[{"message":"no"}]}`:                                           "",
		`{"errors":[{"message":"no","exceptionName":"com.example.Outer$Inner"}]}`: "",
		`{"errors":[]}`:    directory.ClassAuth,
		`{"message":"no"}`: directory.ClassAuth,
		`<html>no</html>`:  directory.ClassAuth,
	} {
		w := newWorld(t, instead("/rest/api/latest/admin/users", 404, body))
		err := w.target.DeleteAccount(t.Context(), "ana")
		// The look at who is there is answered with the same.
		if directory.ClassOf(err) != directory.ClassAuth {
			t.Errorf("%s: a removal: %v, want a *directory.AuthError", body, err)
		}
		w = newWorld(t, instead("/rest/api/latest/admin/users/remove-group", 404, body))
		err = w.target.RemoveMember(t.Context(), bitbucketdcsim.UsersGroup, "nobody")
		if err == nil && want != "" || err != nil && directory.ClassOf(err) != want {
			t.Errorf("%s: a membership: %v, want %q", body, err, want)
		}
		w = newWorld(t, instead("/rest/api/latest/admin/users/more-members", 404, body))
		err = w.target.SuspendAccount(t.Context(), "nobody")
		if goneOr := map[bool]directory.Class{true: directory.ClassNotFound, false: directory.ClassAuth}[want == ""]; directory.ClassOf(err) != goneOr {
			t.Errorf("%s: a suspension of somebody who is gone: %v, want %q", body, err, goneOr)
		}
	}
}

// TestAProxysRefusalIsNotAFullLicence: people would wait for one for ever.
func TestAProxysRefusalIsNotAFullLicence(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]directory.Class{
		`<html>Forbidden</html>`: directory.ClassAuth, `XSRF check failed`: directory.ClassAuth,
		`{"errors":[{"message":"the licence"}]}`: directory.ClassSeat,
	} {
		w := newWorld(t, instead("/rest/api/latest/admin/groups/add-users", 403, body))
		w.seed(t, account("ana"))
		if err := w.target.AddMember(t.Context(), bitbucketdcsim.UsersGroup, "ana"); directory.ClassOf(err) != want {
			t.Errorf("%s: %v, want %q", body, err, want)
		}
	}
}
