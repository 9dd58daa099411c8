package crowd_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/crowdsim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
)

func TestARefusedMembershipIsReadBack(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		member bool
		status int
		want   directory.Class
	}{
		{"a 409 for a member is success", true, 409, ""},
		{"a 400 for a member is success", true, 400, ""},
		{"a 409 for somebody who is in no group is tried again", false, 409, directory.ClassUnavailable},
		{"a 400 although both are there is a refusal", false, 400, directory.ClassRefused},
		{"a 403 without a reason is the credential", false, 403, directory.ClassAuth},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.seed(t, account("ana@example.com"))
			w.seedGroups(t, "club")
			if test.member {
				_, err := w.sim.Roster().Join("club", "ana@example.com")
				ok(t, err)
			}
			w.engine.Add(fault.Rule{API: crowdsim.API, Kind: fault.Status, Status: test.status, Method: "POST"})
			err := w.target.AddMember(t.Context(), "club", "ana@example.com")
			if err == nil && test.want != "" || err != nil && directory.ClassOf(err) != test.want {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func TestAGroupOfAReadOnlyDirectoryIsNotOursToWrite(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seed(t, account("ana@example.com"), account("ben@example.com"))
	ok(t, w.sim.Roster().AddGroup(roster.Group{ID: "ldap", Name: "ldap", External: true}))
	w.seedGroups(t, "inner")
	_, err := w.sim.Roster().Join("ldap", "ben@example.com")
	ok(t, err)
	for what, err := range map[string]error{
		"add":    w.target.AddMember(t.Context(), "ldap", "ana@example.com"),
		"remove": w.target.RemoveMember(t.Context(), "ldap", "ben@example.com"),
		"nest":   w.target.AddSubgroup(t.Context(), "ldap", "inner"),
	} {
		if directory.ClassOf(err) != directory.ClassUnmanaged {
			t.Errorf("%s: %v, want a *directory.UnmanagedError", what, err)
		}
	}
}

func TestOnlyWhoIsDirectlyInAGroupIsAMember(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seed(t, account("ana@example.com"), account("ben@example.com"))
	w.seedGroups(t, "outer", "inner")
	for group, id := range map[string]string{"outer": "ana@example.com", "inner": "ben@example.com"} {
		_, err := w.sim.Roster().Join(group, id)
		ok(t, err)
	}
	ok(t, w.target.AddSubgroup(t.Context(), "outer", "inner"))
	page, err := w.target.Members(t.Context(), "outer", "")
	ok(t, err)
	if diff := cmp.Diff([]string{"ana@example.com"}, page.AccountIDs); diff != "" {
		t.Errorf("members (-want +got)\n%s", diff)
	}
}

func TestNestingThatCannotBeIsRefused(t *testing.T) {
	t.Parallel()
	t.Run("a circle is refused before it is asked for", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.seedGroups(t, "a", "b", "c")
		ok(t, w.target.AddSubgroup(t.Context(), "a", "b"))
		ok(t, w.target.AddSubgroup(t.Context(), "b", "c"))
		w.engine.ResetCalls()
		for _, pair := range [][2]string{{"c", "a"}, {"b", "a"}, {"a", "A"}} {
			if err := w.target.AddSubgroup(t.Context(), pair[0], pair[1]); directory.ClassOf(err) != directory.ClassRefused {
				t.Errorf("%s in %s: %v", pair[1], pair[0], err)
			}
		}
		if n := w.engine.Counts()["POST /rest/usermanagement/1/group/child-group/direct"]; n != 0 {
			t.Errorf("%d writes were made", n)
		}
	})
	t.Run("a directory without nested groups refuses", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, func(o *crowdsim.Options) { o.FlatGroups = true })
		w.seedGroups(t, "a", "b")
		if err := w.target.AddSubgroup(t.Context(), "a", "b"); directory.ClassOf(err) != directory.ClassRefused {
			t.Errorf("got %v", err)
		}
	})
}

func TestAllInAnAdministratorsGroupAreProtected(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seed(t, account("ana@example.com"), account("ben@example.com"), account("cat@example.com"))
	w.seedGroups(t, "ops", "leads", "Jira-Administrators", "club")
	r := w.sim.Roster()
	for group, id := range map[string]string{"ops": "ana@example.com", "Jira-Administrators": "ben@example.com", "club": "cat@example.com"} {
		_, err := r.Join(group, id)
		ok(t, err)
	}
	for inner, outer := range map[string]string{"ops": "leads", "leads": crowdsim.AdministratorsGroup} {
		_, err := r.Nest(outer, inner)
		ok(t, err)
	}
	got, err := w.target.Protected(t.Context())
	ok(t, err)
	want := directory.Protected{
		AccountIDs: []string{crowdsim.Administrator, "ana@example.com", "ben@example.com"},
		GroupIDs:   []string{crowdsim.AdministratorsGroup, "leads", "ops", "Jira-Administrators"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("protected (-want +got)\n%s", diff)
	}
}

func TestWhatMayNotBeDoneToOneObjectIsNotTheCredential(t *testing.T) {
	t.Parallel()
	for reason, want := range map[string]directory.Class{
		"APPLICATION_PERMISSION_DENIED": directory.ClassUnmanaged, "PERMISSION_DENIED": directory.ClassUnmanaged,
		"APPLICATION_ACCESS_DENIED": directory.ClassAuth, "": directory.ClassAuth,
	} {
		w := newWorld(t)
		w.seed(t, account("ana@example.com"))
		inner := w.sim.Handler()
		w.listen(t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodGet {
				inner.ServeHTTP(rw, r)
				return
			}
			rw.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(rw, `{"reason":"`+reason+`","message":"no"}`)
		}), "")
		if err := w.target.DeactivateAccount(t.Context(), "ana@example.com"); directory.ClassOf(err) != want {
			t.Errorf("%q: %v, want %q", reason, err, want)
		}
	}
}
