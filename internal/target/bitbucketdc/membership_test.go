package bitbucketdc_test

import (
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/bitbucketdcsim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
)

func TestARefusedMembershipIsReadBack(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		// seed makes what is refused; nil seeds a plain account and group.
		seed   func(t *testing.T, w *world)
		status int
		want   directory.Class
	}{
		{"a 403 for a plain group is a refusal", nil, 403, directory.ClassRefused},
		{"a 403 for a group that makes licensed users is a missing licence", func(t *testing.T, w *world) {
			permit(t, w, bitbucketdcsim.LicensedUser)
		}, 403, directory.ClassSeat},
		{"a 403 for a group that administers is a refusal", func(t *testing.T, w *world) {
			permit(t, w, bitbucketdcsim.Admin)
		}, 403, directory.ClassRefused},
		{"a 409 that nothing explains is tried again", nil, 409, directory.ClassUnavailable},
		{"a 400 for somebody who is in the group is success", func(t *testing.T, w *world) {
			w.join(t, "club", "ana@example.com")
		}, 400, ""},
		{"a 403 for an account of a read-only directory is not ours", func(t *testing.T, w *world) {
			ok(t, w.sim.Roster().ChangeAccount("ana@example.com", func(a *roster.Account) { a.External = true }))
		}, 403, directory.ClassUnmanaged},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.seed(t, account("ana@example.com"))
			w.seedGroups(t, group("club"))
			if test.seed != nil {
				test.seed(t, w)
			}
			w.engine.Add(fault.Rule{API: bitbucketdcsim.API, Kind: fault.Status, Status: test.status, Method: "POST"})
			err := w.target.AddMember(t.Context(), "club", "ana@example.com")
			if got := directory.ClassOf(err); err != nil && got != test.want || err == nil && test.want != "" {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func permit(t *testing.T, w *world, permission string) {
	t.Helper()
	ok(t, w.sim.Roster().ChangeGroup("club", func(g *roster.Group) { g.Permissions = map[string]string{"": permission} }))
}

func TestARemovalThatIsRefusedIsNotCalledDone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seed(t, account("ana@example.com"))
	w.seedGroups(t, group("club"))
	w.join(t, "club", "ana@example.com")
	w.engine.Add(fault.Rule{API: bitbucketdcsim.API, Kind: fault.Status, Status: 403, Method: "POST"})
	if err := w.target.RemoveMember(t.Context(), "club", "ana@example.com"); directory.ClassOf(err) != directory.ClassRefused {
		t.Errorf("got %v, want a *directory.RefusedError", err)
	}
}

func TestAGroupIsNotTakenForAnotherWhoseNameHoldsItsOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seed(t, account("ana@example.com"), account("ana@example.com.au"))
	w.seedGroups(t, group("dev"), group("devops"))
	w.join(t, "devops", "ana@example.com")
	w.engine.Add(fault.Rule{API: bitbucketdcsim.API, Kind: fault.Status, Status: 400, Method: "POST"})
	if err := w.target.AddMember(t.Context(), "dev", "ana@example.com"); err == nil {
		t.Error("a member of devops was taken for one of dev")
	}
	if account, err := w.target.Account(t.Context(), "ana@example.co"); directory.ClassOf(err) != directory.ClassNotFound {
		t.Errorf("got %+v, %v; want nobody", account, err)
	}
}
