package atlassiancloud

import (
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

func TestAttributesAreWrittenToManagedAccountsAlone(t *testing.T) {
	t.Parallel()
	account := func(claim string) reply {
		return reply{status: 200, body: `{"data":{"accountId":"a1","status":"active","claimStatus":"` + claim + `"}}`}
	}
	keyed := func(status int, key string) reply {
		return reply{status: status, body: `{"key":"` + key + `","context":{}}`}
	}
	name, email := "Zoë", "new@example.com"
	tests := []struct {
		name            string
		profile, email  reply
		account, holder reply
		want            directory.Class
		reads           int
	}{
		{"both", reply{status: 200, body: `{"account":{}}`}, reply{status: 204}, reply{status: 418}, reply{status: 418}, "", 0},
		{"provisioned from elsewhere", keyed(403, "forbidden.fieldMutation"), reply{status: 204}, reply{status: 418}, reply{status: 418}, directory.ClassUnmanaged, 0},
		{"an address set from elsewhere", reply{status: 200}, keyed(403, "forbidden.action"), reply{status: 418}, reply{status: 418}, directory.ClassUnmanaged, 0},
		{"not confirmed by its owner", reply{status: 200}, keyed(403, "forbidden.targetUnverified"), reply{status: 418}, reply{status: 418}, directory.ClassUnmanaged, 0},
		{"forbidden, and not managed", keyed(403, "forbidden"), reply{status: 204}, account("unmanaged"), reply{status: 418}, directory.ClassUnmanaged, 1},
		{"forbidden, though managed: the key", keyed(403, "forbidden"), reply{status: 204}, account("managed"), reply{status: 418}, directory.ClassAuth, 1},
		{"not found, and not managed", keyed(404, "accountNotFound"), reply{status: 204}, account("unmanaged"), reply{status: 418}, directory.ClassUnmanaged, 1},
		{"forbidden, and nobody tells whose it is", keyed(403, "forbidden"), reply{status: 204}, reply{status: 423}, reply{status: 418}, directory.ClassUnavailable, 1},
		{"not found, and gone", keyed(404, "accountNotFound"), reply{status: 204}, reply{status: 404}, reply{status: 418}, directory.ClassNotFound, 1},
		{"an address in a domain that is not ours", reply{status: 200}, keyed(403, "forbidden.unclaimedDomain"), reply{status: 418}, reply{status: 418}, directory.ClassRefused, 0},
		{"an address that is malformed", reply{status: 200}, keyed(400, "fieldConstraintsViolated"), reply{status: 418}, reply{status: 200, body: emptyPage}, directory.ClassRefused, 0},
		{"an address that somebody has", reply{status: 200}, keyed(400, "fieldConstraintsViolated"), reply{status: 418}, reply{status: 200, body: person1("a2", email)}, directory.ClassConflict, 0},
		{"an address that somebody has, by the status", reply{status: 200}, reply{status: 409}, reply{status: 418}, reply{status: 200, body: emptyPage}, directory.ClassConflict, 0},
		{"an address that is refused and was written", reply{status: 200}, reply{status: 409}, reply{status: 418}, reply{status: 200, body: person1("a1", email)}, "", 0},
		{"an address that nobody can be asked about", reply{status: 200}, keyed(400, "fieldConstraintsViolated"), reply{status: 418}, reply{status: 418}, directory.ClassUnavailable, 0},
		{"the key is refused", keyed(401, "unauthorized"), reply{status: 204}, reply{status: 418}, reply{status: 418}, directory.ClassAuth, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			target, vendor := against(t, map[string][]reply{
				patchProfile: {test.profile}, putEmail: {test.email}, getAccount: {test.account}, searchUsers: {test.holder},
				searchGroups: {{status: 200, body: emptyPage}},
			})
			err := target.UpdateAccount(t.Context(), "a1", directory.AccountPatch{DisplayName: &name, Email: &email})
			if test.want == "" && err != nil || test.want != "" && directory.ClassOf(err) != test.want {
				t.Fatalf("got %v, want class %q", err, test.want)
			}
			if ambiguous(err) != (test.want == directory.ClassUnavailable) {
				t.Errorf("%v leaves doubt: %t", err, ambiguous(err))
			}
			if got := vendor.counts()[getAccount]; got != test.reads {
				t.Errorf("the account was read %d times, want %d", got, test.reads)
			}
			if sent := vendor.sent(patchProfile); len(sent) != 1 || string(sent[0].body) != `{"name":"Zoë"}` {
				t.Errorf("profile: %+v", sent)
			}
		})
	}
	t.Run("nothing to write asks nothing", func(t *testing.T) {
		t.Parallel()
		target, vendor := against(t, nil)
		if err := target.UpdateAccount(t.Context(), "a1", directory.AccountPatch{}); err != nil || len(vendor.counts()) != 0 {
			t.Errorf("%v after %v", err, vendor.counts())
		}
	})
}

func TestAProfileIsWrittenWithWhatItHeldBefore(t *testing.T) {
	t.Parallel()
	held := reply{status: 200, body: `{"account":{"account_id":"a1","extended_profile":{"job_title":"Clerk","department":"Sales","team_type":"Field"}}}`}
	tests := []struct {
		name  string
		patch map[string]string
		body  string
		reads int
		want  directory.Class
	}{
		{"one attribute keeps the others", map[string]string{"department": "Legal"}, `{"extended_profile":{"department":"Legal","job_title":"Clerk","team_type":"Field"}}`, 1, ""},
		{"an empty value clears", map[string]string{"job_title": ""}, `{"extended_profile":{"department":"Sales","job_title":"","team_type":"Field"}}`, 1, ""},
		{"all of them need no reading", map[string]string{"job_title": "A", "department": "B", "organization": "C", "location": "D"},
			`{"extended_profile":{"department":"B","job_title":"A","location":"D","organization":"C"}}`, 0, ""},
		{"locale and time zone stand beside them", map[string]string{"locale": "de-CH", "time_zone": "Europe/Zurich"}, `{"locale":"de-CH","zoneinfo":"Europe/Zurich"}`, 0, ""},
		{"what there is not is refused before anything is sent", map[string]string{"shoe_size": "44"}, "", 0, directory.ClassRefused},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			target, vendor := against(t, map[string][]reply{getProfile: {held}, patchProfile: {{status: 200, body: `{"account":{}}`}}})
			err := target.UpdateAccount(t.Context(), "a1", directory.AccountPatch{Attributes: test.patch})
			if test.want == "" && err != nil || test.want != "" && directory.ClassOf(err) != test.want {
				t.Fatalf("got %v, want class %q", err, test.want)
			}
			if got := vendor.counts()[getProfile]; got != test.reads {
				t.Errorf("the profile was read %d times, want %d", got, test.reads)
			}
			sent := vendor.sent(patchProfile)
			if test.body == "" && len(sent) > 0 || test.body != "" && (len(sent) != 1 || string(sent[0].body) != test.body) {
				t.Errorf("sent %+v, want %s", sent, test.body)
			}
		})
	}
	for name, answer := range map[string]reply{
		"about somebody else": {status: 200, body: `{"account":{"account_id":"a2","extended_profile":{}}}`},
		"about nobody":        {status: 200, body: `{}`},
		"of another form":     {status: 200, body: `{"account":{"account_id":"a1","extended_profile":"Clerk"}}`},
	} {
		t.Run("an answer "+name+" is none", func(t *testing.T) {
			t.Parallel()
			target, vendor := against(t, map[string][]reply{getProfile: {answer}})
			err := target.UpdateAccount(t.Context(), "a1", directory.AccountPatch{Attributes: map[string]string{"location": "X"}})
			if directory.ClassOf(err) != directory.ClassUnavailable || len(vendor.sent(patchProfile)) != 0 {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestARefusedProfileIsComparedWithWhatIsThere(t *testing.T) {
	t.Parallel()
	name, patch := "Zoë", map[string]string{"department": "Legal", "job_title": "", "locale": "de-CH"}
	held := func(name, department string) reply {
		return reply{status: 200, body: `{"account":{"account_id":"a1","name":"` + name + `","locale":"de-CH","extended_profile":{"department":"` +
			department + `","organization":"Ex","location":"Bern","teams":["Field"]}}}`}
	}
	tests := map[string]struct {
		answer  reply
		then    reply
		want    directory.Class
		unclear bool
	}{
		"it was written":                    {reply{status: 400}, held("Zoë", "Legal"), "", false},
		"it was written, and is a conflict": {reply{status: 409}, held("Zoë", "Legal"), "", false},
		"the name was not":                  {reply{status: 400}, held("Zoe", "Legal"), directory.ClassRefused, false},
		"what is below was not":             {reply{status: 400}, held("Zoë", "Sales"), directory.ClassRefused, false},
		"the look is refused":               {reply{status: 400}, reply{status: 423}, directory.ClassUnavailable, true},
		"the look says nothing":             {reply{status: 400}, reply{status: 200, body: `{}`}, directory.ClassUnavailable, true},
		"the look finds nobody to write":    {reply{status: 400}, reply{status: 403, body: `{"key":"forbidden.action"}`}, directory.ClassUnavailable, true},
	}
	for what, test := range tests {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			target, _ := against(t, map[string][]reply{getProfile: {held("Zoe", "Sales"), test.then}, patchProfile: {test.answer}})
			err := target.UpdateAccount(t.Context(), "a1", directory.AccountPatch{DisplayName: &name, Attributes: patch})
			if test.want == "" && err != nil || test.want != "" && directory.ClassOf(err) != test.want || ambiguous(err) != test.unclear {
				t.Errorf("got %v, want class %q, ambiguous %t", err, test.want, test.unclear)
			}
		})
	}
}
