package atlassianguard_test

import (
	"net/http"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/guardsim"
	"github.com/rollcall-sync/rollcall/internal/target/targettest/vendortest"
)

const patchCall = "PATCH /scim/directory/{directoryId}/Users/{userId}"

// TestARefusedWriteIsComparedWithWhatIsThere: it may have been done before, or all
// the same.
func TestARefusedWriteIsComparedWithWhatIsThere(t *testing.T) {
	t.Parallel()
	refuse := func(method string, status int) fault.Rule {
		return fault.Rule{API: guardsim.API, Kind: fault.Status, Method: method, Status: status}
	}
	disown := func(method string) fault.Rule {
		return fault.Rule{API: guardsim.API, Kind: fault.Disown, Method: method, Path: "/scim/", Status: 400, Then: fault.Answer{Status: 409}}
	}
	name, title := "Changed", map[string]string{"job_title": "Clerk"}
	update := func(t *testing.T, p *place, id string) error {
		return p.target.UpdateAccount(t.Context(), id, directory.AccountPatch{DisplayName: &name, Attributes: title})
	}
	create := func(t *testing.T, p *place, _ string) error {
		return vendortest.Create(t, p.target, directory.NewAccount{Ref: 1, Email: "new@example.com"}).Err
	}
	group := func(t *testing.T, p *place, _ string) error {
		_, err := p.target.CreateGroup(t.Context(), directory.NewGroup{Name: "newcomers"})
		return err
	}
	for what, test := range map[string]struct {
		rules []fault.Rule
		write func(t *testing.T, p *place, id string) error
		want  directory.Class
	}{
		"an update that was done":           {[]fault.Rule{disown("PATCH")}, update, ""},
		"an update that was not":            {[]fault.Rule{refuse("PATCH", 400)}, update, directory.ClassRefused},
		"an update of somebody who is gone": {nil, func(t *testing.T, p *place, _ string) error { return update(t, p, "gone") }, directory.ClassNotFound},
		"somebody who was made":             {[]fault.Rule{disown("POST")}, create, directory.ClassConflict},
		"somebody who was not":              {[]fault.Rule{refuse("POST", 400)}, create, directory.ClassRefused},
		"a group that was made":             {[]fault.Rule{disown("POST")}, group, directory.ClassConflict},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t, guardsim.Options{}, nil, nil)
			id := p.user(t, "ana@example.com")
			for _, rule := range test.rules {
				p.engine.Add(rule)
			}
			err := test.write(t, p, id)
			if test.want == "" {
				ok(t, err)
				return
			}
			vendortest.WantClass(t, err, test.want)
		})
	}
	t.Run("whose the new address or user name is cannot be read", func(t *testing.T) {
		t.Parallel()
		p := newPlace(t, guardsim.Options{}, nil, nil)
		id, other := p.user(t, "ana@example.com"), "anna@example.com"
		p.engine.Add(refuse("PATCH", 400))
		p.engine.Add(fault.Rule{API: guardsim.API, Kind: fault.Status, Method: "GET", Path: "/Users$", Status: http.StatusLocked})
		for _, patch := range []directory.AccountPatch{{Email: &other}, {UserName: &other}} {
			vendortest.WantDoubt(t, p.target.UpdateAccount(t.Context(), id, patch), patchCall)
		}
	})
}

// TestAnUpdateThatIsAnsweredWithoutAUserIsDone, whatever comes of what is asked
// next; whether somebody is blocked has to be read.
func TestAnUpdateThatIsAnsweredWithoutAUserIsDone(t *testing.T) {
	t.Parallel()
	p := newPlace(t, guardsim.Options{}, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPatch {
				next.ServeHTTP(unwritten{w}, r)
				w.WriteHeader(http.StatusNoContent)
				return
			}
			next.ServeHTTP(w, r)
		})
	}, nil)
	id := p.user(t, "ana@example.com")
	rule := p.engine.Add(fault.Rule{API: guardsim.API, Kind: fault.Status, Method: "GET", Status: http.StatusLocked})
	name, userName := "Changed", "ana.a"
	ok(t, p.target.UpdateAccount(t.Context(), id, directory.AccountPatch{DisplayName: &name, UserName: &userName}))
	vendortest.WantDoubt(t, p.target.DeactivateAccount(t.Context(), id), patchCall)
	p.engine.Remove(rule)
	ok(t, p.target.DeactivateAccount(t.Context(), id))
	// The user name is not the address any more, and the address is found all the same.
	found, err := p.target.FindAccounts(t.Context(), []string{"ana@example.com"})
	if err != nil || len(found) != 1 || found[0].DisplayName != name || found[0].Status != directory.AccountDeactivated {
		t.Errorf("found %+v, %v", found, err)
	}
}

// unwritten drops an answer.
type unwritten struct{ http.ResponseWriter }

func (unwritten) Header() http.Header         { return http.Header{} }
func (unwritten) WriteHeader(int)             {}
func (unwritten) Write(b []byte) (int, error) { return len(b), nil }

// TestAGroupThatCannotBeReadSettlesNothing: users may come without their groups.
func TestAGroupThatCannotBeReadSettlesNothing(t *testing.T) {
	t.Parallel()
	const call = "PATCH /scim/directory/{directoryId}/Groups/{id}"
	p := newPlace(t, guardsim.Options{}, nil, nil)
	id, club := p.user(t, "ana@example.com"), p.group(t, "club")
	p.engine.Add(fault.Rule{API: guardsim.API, Kind: fault.Status, Method: http.MethodPatch, Status: http.StatusBadRequest})
	rule := p.engine.Add(fault.Rule{API: guardsim.API, Kind: fault.Status, Method: http.MethodGet, Path: "/Groups/", Status: http.StatusLocked})
	vendortest.WantDoubt(t, p.target.AddMember(t.Context(), club, id), call)
	vendortest.WantDoubt(t, p.target.RemoveMember(t.Context(), club, id), call)
	p.engine.Remove(rule)
	vendortest.WantClass(t, p.target.AddMember(t.Context(), club, id), directory.ClassRefused)
	ok(t, p.target.RemoveMember(t.Context(), club, id))
}
