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
