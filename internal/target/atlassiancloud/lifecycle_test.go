package atlassiancloud

import (
	"context"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

func TestSuspendingAndRestoringAreDecidedByWhatTheAccountIs(t *testing.T) {
	t.Parallel()
	is := func(status string) reply {
		return reply{status: 200, body: `{"data":{"accountId":"a1","status":"` + status + `"}}`}
	}
	tests := []struct {
		name                string
		answer, account     reply
		suspended, restored directory.Class
	}{
		{"refused, and the account is suspended", reply{status: 400}, is("suspended"), "", directory.ClassRefused},
		{"refused, and the account is active", reply{status: 403}, is("active"), directory.ClassRefused, ""},
		{"refused, and the account is closed", reply{status: 409}, is("deactivated"), "", directory.ClassConflict},
		{"refused, and the account is gone", reply{status: 404}, reply{status: 404}, directory.ClassNotFound, directory.ClassNotFound},
		{"refused, and nobody can be asked", reply{status: 400}, reply{status: 500}, directory.ClassUnavailable, directory.ClassUnavailable},
		{"refused, and so is the look", reply{status: 400}, reply{status: 423}, directory.ClassUnavailable, directory.ClassUnavailable},
		{"no licence to restore with", problem(409, "ADMIN-409-3"), is("suspended"), "", directory.ClassSeat},
		{"done", reply{status: 204}, is("active"), "", ""},
		{"done, and the look is refused", reply{status: 204}, reply{status: 423}, "", directory.ClassUnavailable},
		{"done, and the account is not shown as active yet", reply{status: 204}, is("suspended"), "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			target, _ := against(t, map[string][]reply{
				suspend: {test.answer}, restore: {test.answer}, getAccount: {test.account},
				searchGroups: {{status: 200, body: emptyPage}},
			})
			for what, one := range map[string]struct {
				do   func(context.Context, string) error
				want directory.Class
			}{"suspend": {target.SuspendAccount, test.suspended}, "restore": {target.RestoreAccount, test.restored}} {
				err := one.do(t.Context(), "a1")
				if one.want == "" && err != nil || one.want != "" && directory.ClassOf(err) != one.want {
					t.Errorf("%s: got %v, want class %q", what, err, one.want)
				}
				if one.want == directory.ClassUnavailable && !ambiguous(err) {
					t.Errorf("%s: %v leaves no doubt", what, err)
				}
			}
		})
	}
}

func TestRestoringActivatesWhatWasDeactivated(t *testing.T) {
	t.Parallel()
	is := func(status, claim string) reply {
		return reply{status: 200, body: `{"data":{"accountId":"a1","status":"` + status + `","claimStatus":"` + claim + `"}}`}
	}
	tests := []struct {
		name             string
		restore, account []reply
		enable           reply
		want             directory.Class
		enabled          int
	}{
		{"restoring access is refused to a deactivated account", []reply{{status: 400}, {status: 204}}, []reply{is("deactivated", "managed")}, reply{status: 204}, "", 1},
		{"restoring access succeeds, and the account stays deactivated", []reply{{status: 204}}, []reply{is("deactivated", "managed")}, reply{status: 204}, "", 1},
		{"not ours to activate", []reply{{status: 400}}, []reply{is("deactivated", "managed")}, reply{status: 403, body: `{"key":"forbidden.action","context":{}}`}, directory.ClassUnmanaged, 1},
		{"deactivated, and not managed", []reply{{status: 400}}, []reply{is("deactivated", "unmanaged")}, reply{status: 418}, directory.ClassRefused, 0},
		{"on its way to deletion", []reply{{status: 400}}, []reply{is("for_deletion", "managed")}, reply{status: 418}, directory.ClassRefused, 0},
		{"an outage in between", []reply{{status: 400}}, []reply{is("deactivated", "managed")}, reply{status: 503}, directory.ClassUnavailable, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			target, vendor := against(t, map[string][]reply{restore: test.restore, getAccount: test.account, enable: {test.enable}})
			err := target.RestoreAccount(t.Context(), "a1")
			if test.want == "" && err != nil || test.want != "" && directory.ClassOf(err) != test.want {
				t.Errorf("got %v, want class %q", err, test.want)
			}
			if got := vendor.counts()[enable]; got != test.enabled {
				t.Errorf("it was enabled %d times, want %d", got, test.enabled)
			}
		})
	}
}

func TestDeactivatingIsDecidedByWhatTheAccountIs(t *testing.T) {
	t.Parallel()
	is := func(status string) reply {
		return reply{status: 200, body: `{"data":{"accountId":"a1","status":"` + status + `","claimStatus":"managed"}}`}
	}
	keyed := func(status int, key string) reply {
		return reply{status: status, body: `{"key":"` + key + `","context":{}}`}
	}
	tests := []struct {
		name            string
		answer, account reply
		want            directory.Class
	}{
		{"done", reply{status: 204}, reply{status: 418}, ""},
		{"on its way to deletion: it is blocked already", keyed(409, "conflict.lifecycleErrors"), is("for_deletion"), ""},
		{"refused, and blocked already", keyed(403, "forbidden.action"), is("deactivated"), ""},
		{"its state stands against it", keyed(409, "conflict.lifecycleErrors"), is("active"), directory.ClassRefused},
		{"owned by an identity provider", keyed(403, "forbidden.action"), is("active"), directory.ClassUnmanaged},
		{"the key may not manage accounts", keyed(403, "forbidden"), is("active"), directory.ClassAuth},
		{"the account is gone", keyed(404, "accountNotFound"), reply{status: 404}, directory.ClassNotFound},
		{"nobody can be asked", keyed(403, "forbidden"), reply{status: 500}, directory.ClassUnavailable},
		{"the key is refused", keyed(401, "unauthorized"), reply{status: 418}, directory.ClassAuth},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			target, vendor := against(t, map[string][]reply{
				disable: {test.answer}, getAccount: {test.account}, searchGroups: {{status: 200, body: emptyPage}},
			})
			err := target.DeactivateAccount(t.Context(), "a1")
			if test.want == "" && err != nil || test.want != "" && directory.ClassOf(err) != test.want {
				t.Errorf("got %v, want class %q", err, test.want)
			}
			if sent := vendor.sent(disable); len(sent) != 1 || string(sent[0].body) != "{}" {
				t.Errorf("sent %+v", sent)
			}
		})
	}
}

func TestDeletingIsDecidedByWhetherTheAccountIsThere(t *testing.T) {
	t.Parallel()
	is := reply{status: 200, body: `{"data":{"accountId":"a1","status":"active"}}`}
	tests := []struct {
		name                 string
		answer, account, org reply
		want                 directory.Class
	}{
		{"done", reply{status: 204}, reply{status: 418}, reply{status: 418}, ""},
		{"gone already", problem(404, codeUserNotFound), reply{status: 404}, reply{status: 200, body: emptyPage}, ""},
		{"refused, and gone", reply{status: 400}, reply{status: 404}, reply{status: 200, body: emptyPage}, ""},
		{"refused, and there", reply{status: 403}, is, reply{status: 418}, directory.ClassRefused},
		{"said to be missing, and there", reply{status: 404}, is, reply{status: 418}, directory.ClassUnavailable},
		{"the organisation is what is missing", reply{status: 404}, reply{status: 404}, reply{status: 404}, directory.ClassAuth},
		{"an outage", reply{status: 500}, reply{status: 418}, reply{status: 418}, directory.ClassUnavailable},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			target, _ := against(t, map[string][]reply{deleteAccount: {test.answer}, getAccount: {test.account}, searchGroups: {test.org}})
			err := target.DeleteAccount(t.Context(), "a1")
			if test.want == "" && err != nil || test.want != "" && directory.ClassOf(err) != test.want {
				t.Errorf("got %v, want class %q", err, test.want)
			}
		})
	}
}

func TestWhoComesBackWithADeactivatedAccountIsActivatedAndInvitedAgain(t *testing.T) {
	t.Parallel()
	rules := func(c *Config) { c.Products = nil }
	refused := problem(400, codeInactive)
	invited := reply{status: 200, body: `{"data":[{"email":"a@example.com","id":"a1","results":[]}]}`}
	found := func(claim, membership string) reply {
		return reply{status: 200, body: `{"data":[{"accountId":"a1","email":"A@example.com","status":"deactivated","accountStatus":"inactive",` +
			`"membershipStatus":"` + membership + `","claimStatus":"` + claim + `"}],"links":{}}`}
	}
	tests := []struct {
		name             string
		invitations      []reply
		search, enabling reply
		want             directory.Class
		enabled, asked   int
	}{
		{"ours, and outside the directory", []reply{refused, invited}, found("managed", "no_membership"), reply{status: 204}, "", 1, 2},
		{"refused again", []reply{refused, refused}, found("managed", "no_membership"), reply{status: 204}, directory.ClassRefused, 1, 2},
		{"not ours", []reply{refused}, found("unmanaged", "no_membership"), reply{status: 418}, directory.ClassRefused, 0, 1},
		{"in the directory, so that it is restored and not created", []reply{refused}, found("managed", "active"), reply{status: 418}, directory.ClassRefused, 0, 1},
		{"nobody of that address", []reply{refused}, reply{status: 200, body: emptyPage}, reply{status: 418}, directory.ClassRefused, 0, 1},
		{"an identity provider's", []reply{refused}, found("managed", "no_membership"), reply{status: 403, body: `{"key":"forbidden.action","context":{}}`}, directory.ClassRefused, 1, 1},
		{"refused for another reason", []reply{problem(400, "ADMIN-UAM-400-1")}, reply{status: 418}, reply{status: 418}, directory.ClassRefused, 0, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			target, vendor := against(t, map[string][]reply{invite: test.invitations, searchUsers: {test.search}, enable: {test.enabling}}, rules)
			outcomes := 0
			err := target.CreateAccounts(t.Context(), []directory.NewAccount{{Ref: 1, Email: "a@example.com"}}, func(done directory.AccountCreated) {
				outcomes++
				if test.want == "" && (done.Err != nil || done.AccountID != "a1") || test.want != "" && directory.ClassOf(done.Err) != test.want {
					t.Errorf("got %+v, want class %q", done, test.want)
				}
			})
			if err != nil || outcomes != 1 {
				t.Errorf("%d outcomes, %v", outcomes, err)
			}
			if counts := vendor.counts(); counts[enable] != test.enabled || counts[invite] != test.asked {
				t.Errorf("called %v, want %d enabled and %d invited", counts, test.enabled, test.asked)
			}
		})
	}
}

// TestWhoseAnAccountIsHasToBeReadToo: a 403 alone says neither that the account is
// not ours nor that the key may not.
func TestWhoseAnAccountIsHasToBeReadToo(t *testing.T) {
	t.Parallel()
	active := reply{status: 200, body: `{"data":{"accountId":"a1","status":"active","claimStatus":"managed"}}`}
	target, _ := against(t, map[string][]reply{
		disable:    {{status: 403, body: `{"key":"forbidden","context":{}}`}},
		getAccount: {active, {status: 423}},
	})
	if err := target.DeactivateAccount(t.Context(), "a1"); directory.ClassOf(err) != directory.ClassUnavailable || !ambiguous(err) {
		t.Errorf("got %v, want doubt", err)
	}
}
