package crowd_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/crowdsim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
)

func asJira(o *crowdsim.Options) { o.Jira = true }

// TestWhatJiraPutsInLowerCaseIsKnownByTheNameThatItTells: the id that a creation
// returns must be the one that lists have.
func TestWhatJiraPutsInLowerCaseIsKnownByTheNameThatItTells(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change      func(*crowdsim.Options)
		user, group string
	}{
		"Jira":  {asJira, "ana", "staff of łódź"},
		"Crowd": {func(*crowdsim.Options) {}, "Ana", "Staff of Łódź"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, test.change)
			made := w.create(t, directory.NewAccount{Ref: 1, UserName: "Ana", Email: "Ana@example.com", DisplayName: "Ana"})[1]
			if made.Err != nil || made.AccountID != test.user || made.Account.UserName != test.user || made.Account.Email != "Ana@example.com" {
				t.Errorf("the account is %+v %+v, want %s", made, made.Account, test.user)
			}
			group, err := w.target.CreateGroup(t.Context(), directory.NewGroup{Name: "Staff of Łódź"})
			ok(t, err)
			if diff := cmp.Diff(directory.TargetGroup{ID: test.group, Name: test.group}, group); diff != "" {
				t.Errorf("the group (-want +got)\n%s", diff)
			}
			ok(t, w.target.AddMember(t.Context(), group.ID, made.AccountID))
			page, err := w.target.Members(t.Context(), group.ID, "")
			ok(t, err)
			if diff := cmp.Diff([]string{made.AccountID}, page.AccountIDs); diff != "" {
				t.Errorf("members (-want +got)\n%s", diff)
			}
			w.engine.ResetCalls()
			w.create(t, directory.NewAccount{Ref: 1, UserName: "ben", Email: "ben@example.com"})
			if _, err := w.target.CreateGroup(t.Context(), directory.NewGroup{Name: "small"}); err != nil {
				t.Error(err)
			}
			want := map[string]int{"POST /rest/usermanagement/1/user": 1, "POST /rest/usermanagement/1/group": 1}
			if diff := cmp.Diff(want, w.engine.Counts()); diff != "" {
				t.Errorf("calls for names without capitals (-want +got)\n%s", diff)
			}
		})
	}
}

func TestACreationWhoseNameCannotBeReadBackIsInDoubt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.engine.Add(fault.Rule{API: crowdsim.API, Kind: fault.Status, Status: 503, Method: "GET"})
	_, err := w.target.CreateGroup(t.Context(), directory.NewGroup{Name: "Staff"})
	for what, err := range map[string]error{
		"user":  w.create(t, directory.NewAccount{Ref: 1, UserName: "Ana", Email: "ana@example.com"})[1].Err,
		"group": err,
	} {
		if u := (*directory.UnavailableError)(nil); !asUnavailable(err, &u) || !u.Ambiguous {
			t.Errorf("%s: %v, want an ambiguous *directory.UnavailableError", what, err)
		}
	}
}

func TestJiraTellsItsVersionAndTakesNoWriteForAForgedOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t, asJira)
	w.seed(t, account("ana@example.com"))
	w.seedGroups(t, "club")
	report, err := w.target.Check(t.Context())
	ok(t, err)
	if report.Version != "10.3.24 (JIRA)" || len(report.Missing) > 0 {
		t.Errorf("the version is %q, missing is %v", report.Version, report.Missing)
	}
	ok(t, w.target.AddMember(t.Context(), "club", "ana@example.com"))
	ok(t, w.target.RemoveMember(t.Context(), "club", "ana@example.com"))
	ok(t, w.target.UpdateAccount(t.Context(), "ana@example.com", directory.AccountPatch{Attributes: map[string]string{"location": ""}}))
	ok(t, w.target.DeleteAccount(t.Context(), "ana@example.com"))
}

// TestAUserWhoseActiveFlagIsNotToldIsNotTakenForInactive: a deactivation would be
// taken for done, and an update, which writes all of a user, would make it so.
func TestAUserWhoseActiveFlagIsNotToldIsNotTakenForInactive(t *testing.T) {
	t.Parallel()
	for _, user := range []string{`{"name":"ana"}`, `{"name":"ana","active":null,"email":"ana@example.com"}`} {
		var writes atomic.Int64
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodGet {
				writes.Add(1)
			}
			if r.URL.Path == "/rest/usermanagement/1/search" {
				_, _ = io.WriteString(w, `{"users":[`+user+`]}`)
				return
			}
			_, _ = io.WriteString(w, user)
		}))
		t.Cleanup(server.Close)
		target, name := newTarget(t, server.URL, "secret"), "Ana"
		errs := map[string]error{
			"DeactivateAccount": target.DeactivateAccount(t.Context(), "ana"),
			"RestoreAccount":    target.RestoreAccount(t.Context(), "ana"),
			"UpdateAccount":     target.UpdateAccount(t.Context(), "ana", directory.AccountPatch{DisplayName: &name}),
		}
		_, errs["Account"] = target.Account(t.Context(), "ana")
		_, errs["Accounts"] = target.Accounts(t.Context(), "")
		_, errs["FindAccounts"] = target.FindAccounts(t.Context(), []string{"ana@example.com"})
		for method, err := range errs {
			if directory.ClassOf(err) != directory.ClassUnavailable {
				t.Errorf("%s of %s: %v, want a *directory.UnavailableError", method, user, err)
			}
		}
		if n := writes.Load(); n > 0 {
			t.Errorf("%d writes were made", n)
		}
	}
}
