package crowd_test

import (
	"net/http"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/crowdsim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/target/targettest/vendortest"
)

const attributeCall = "/rest/usermanagement/1/user/attribute"

func TestAttributesThatAreRefusedAreComparedWithWhatIsThere(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		// rules are beside the one that disowns the write by method, or refuses it.
		method   string
		done     bool
		rules    []fault.Rule
		patch    map[string]string
		want     directory.Class
		unsure   bool
		unseeded bool
	}{
		"given all the same":                      {method: "POST", done: true, patch: map[string]string{"department": "Sales"}},
		"given with others that are cleared then": {method: "POST", done: true, patch: map[string]string{"department": "Sales", "job_title": ""}},
		"not given":               {method: "POST", patch: map[string]string{"department": "Sales"}, want: directory.ClassRefused},
		"taken away all the same": {method: "DELETE", done: true, patch: map[string]string{"job_title": ""}},
		"not taken away":          {method: "DELETE", patch: map[string]string{"job_title": ""}, want: directory.ClassRefused},
		"nobody knows": {
			method: "POST", done: true, patch: map[string]string{"department": "Sales"}, unsure: true,
			rules: []fault.Rule{{API: crowdsim.API, Kind: fault.Status, Method: "GET", Status: http.StatusLocked}},
		},
		"the user is gone": {method: "POST", unseeded: true, patch: map[string]string{"department": "Sales"}, want: directory.ClassNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			a := account("ana@example.com")
			a.Attributes = map[string]string{"job_title": "Clerk"}
			if !test.unseeded {
				w.seed(t, a)
			}
			rule := fault.Rule{API: crowdsim.API, Kind: fault.Status, Method: test.method, Path: "/attribute$", Status: http.StatusBadRequest}
			if test.done {
				rule.Kind, rule.Then.Status = fault.Disown, http.StatusConflict
			}
			w.engine.Add(rule)
			for _, one := range test.rules {
				w.engine.Add(one)
			}
			err := w.target.UpdateAccount(t.Context(), a.ID, directory.AccountPatch{Attributes: test.patch})
			switch {
			case test.unsure:
				vendortest.WantDoubt(t, err, test.method+" "+attributeCall)
			case test.want != "":
				vendortest.WantClass(t, err, test.want)
			default:
				ok(t, err)
			}
		})
	}
}

func TestAttributesThatAreNotToldLeaveARefusalInDoubt(t *testing.T) {
	t.Parallel()
	target := answeringWrites(t, http.StatusBadRequest, `{"reason":"ILLEGAL_ARGUMENT","message":"no"}`, `{"name":"ana","active":true}`)
	err := target.UpdateAccount(t.Context(), "ana", directory.AccountPatch{Attributes: map[string]string{"department": "Sales"}})
	vendortest.WantDoubt(t, err, "POST "+attributeCall)
	target = answeringWrites(t, http.StatusForbidden, `{"reason":"APPLICATION_PERMISSION_DENIED","message":"no"}`, `{"name":"ana","active":true}`)
	err = target.UpdateAccount(t.Context(), "ana", directory.AccountPatch{Attributes: map[string]string{"department": "Sales"}})
	vendortest.WantClass(t, err, directory.ClassUnmanaged)
}

// TestWhatAMembershipIsAboutHasToBeReadToo: a group or a user that cannot be looked
// up is neither there nor gone.
func TestWhatAMembershipIsAboutHasToBeReadToo(t *testing.T) {
	t.Parallel()
	const call = "POST /rest/usermanagement/1/"
	for _, test := range []struct {
		what, locked, call string
		write              func(w world) error
	}{
		{"the group", "/group$", call + "user/group/direct", func(w world) error { return w.target.AddMember(t.Context(), "club", "ana@example.com") }},
		{"the user", "/user$", call + "user/group/direct", func(w world) error { return w.target.AddMember(t.Context(), "club", "ana@example.com") }},
		{"the groups", "/group$", call + "group/child-group/direct", func(w world) error { return w.target.AddSubgroup(t.Context(), "club", "team") }},
	} {
		w := newWorld(t)
		w.seed(t, account("ana@example.com"))
		w.seedGroups(t, "club", "team")
		w.engine.Add(fault.Rule{API: crowdsim.API, Kind: fault.Status, Method: "POST", Status: http.StatusBadRequest})
		rule := w.engine.Add(fault.Rule{API: crowdsim.API, Kind: fault.Status, Method: "GET", Path: test.locked, Status: http.StatusLocked})
		t.Log(test.what)
		vendortest.WantDoubt(t, test.write(w), test.call)
		w.engine.Remove(rule)
		vendortest.WantClass(t, test.write(w), directory.ClassRefused)
	}
}
