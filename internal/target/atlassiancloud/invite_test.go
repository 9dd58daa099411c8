package atlassiancloud

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

type inviteBody struct {
	Emails           []string         `json:"emails"`
	PermissionRules  []permissionRule `json:"permissionRules"`
	AdditionalGroups []string         `json:"additionalGroups"`
	SendNotification *bool            `json:"sendNotification"`
}

// inviting answers an invitation as the vendor does, with the results in
// another order than asked and addresses in lower case. refuse may give
// another answer.
func inviting(t *testing.T, refuse func(inviteBody) *reply) reply {
	return reply{answer: func(w http.ResponseWriter, body []byte) {
		var asked inviteBody
		if err := json.Unmarshal(body, &asked); err != nil {
			t.Errorf("invitation %q: %v", body, err)
		}
		if refuse != nil {
			if answer := refuse(asked); answer != nil {
				if answer.answer != nil {
					answer.answer(w, body)
				}
				for name, value := range answer.header {
					w.Header().Set(name, value)
				}
				w.WriteHeader(answer.status)
				fmt.Fprint(w, answer.body)
				return
			}
		}
		var people []string
		for _, email := range asked.Emails {
			var groups, roles []string
			for _, group := range asked.AdditionalGroups {
				groups = append(groups, fmt.Sprintf(`{"group":%q,"status":"INVITED","statusReason":null}`, group))
			}
			for _, rule := range asked.PermissionRules {
				roles = append(roles, fmt.Sprintf(`{"resource":%q,"role":%q,"status":"INVITED"}`, rule.Resource, rule.Role))
			}
			people = append(people, fmt.Sprintf(`{"email":%q,"id":%q,"results":[{"groupAssignmentResult":[%s],"roleAssignmentResult":[%s]}]}`,
				strings.ToLower(email), "id-"+strings.ToLower(email), strings.Join(groups, ","), strings.Join(roles, ",")))
		}
		slices.Reverse(people)
		fmt.Fprintf(w, `{"data":[%s]}`, strings.Join(people, ","))
	}}
}

func oneJira() reply {
	return reply{status: 200, body: `{"data":[{"id":"ari:jira","attributes":{"typeKey":"jira-software","status":"online","hostUrl":"https://x.atlassian.net"}}]}`}
}

func withJira(config *Config) { config.Products = []Product{{Name: "jira", Role: "user"}} }

func createAll(ctx context.Context, t *testing.T, target *Target, batch []directory.NewAccount) (map[int64]directory.AccountCreated, error) {
	t.Helper()
	outcomes := make(map[int64]directory.AccountCreated)
	err := target.CreateAccounts(ctx, batch, func(outcome directory.AccountCreated) {
		if _, twice := outcomes[outcome.Ref]; twice {
			t.Errorf("element %d has two outcomes", outcome.Ref)
		}
		outcomes[outcome.Ref] = outcome
	})
	return outcomes, err
}

func TestAnInvitationSaysWhatIsConfigured(t *testing.T) {
	t.Parallel()
	for _, notify := range []bool{false, true} {
		t.Run(fmt.Sprintf("with SendInvitations %t", notify), func(t *testing.T) {
			t.Parallel()
			target, vendor := against(t, map[string][]reply{workspaces: {oneJira()}, invite: {inviting(t, nil)}},
				withJira, func(c *Config) { c.SendInvitations = notify })
			outcomes, err := createAll(t.Context(), t, target, []directory.NewAccount{
				{Ref: 1, Email: "Zoë@example.com", GroupIDs: []string{"g2", "g1"}}, {Ref: 2, Email: "bo@example.com", GroupIDs: []string{"g1"}},
			})
			if err != nil {
				t.Fatal(err)
			}
			want := map[int64]directory.AccountCreated{
				1: {Ref: 1, AccountID: "id-zoë@example.com", Joined: []string{"g1"}},
				2: {Ref: 2, AccountID: "id-bo@example.com", Joined: []string{"g1"}},
			}
			if diff := cmp.Diff(want, outcomes); diff != "" {
				t.Errorf("outcomes (-want +got)\n%s", diff)
			}
			wantBody := inviteBody{
				Emails: []string{"bo@example.com", "Zoë@example.com"}, AdditionalGroups: []string{"g1"},
				PermissionRules: []permissionRule{{"ari:jira", "atlassian/user"}}, SendNotification: &notify,
			}
			body := decodeBody[inviteBody](t, vendor.sent(invite)[0])
			slices.Sort(body.Emails)
			slices.Sort(wantBody.Emails)
			if diff := cmp.Diff(wantBody, body); diff != "" {
				t.Errorf("invitation (-want +got)\n%s", diff)
			}
		})
	}
}

func TestEachPersonsResultIsReadByItself(t *testing.T) {
	t.Parallel()
	role := func(status, reason string) string {
		return fmt.Sprintf(`"roleAssignmentResult":[{"resource":"ari:jira","role":"atlassian/user","status":%q,"statusReason":%q}]`, status, reason)
	}
	tests := []struct {
		name      string
		status    int
		result    string
		class     directory.Class
		joined    []string
		ambiguous bool
	}{
		{"all went well", 200, `{"email":"a@example.com","id":"1","results":[{` + role("INVITED", "") + `,"groupAssignmentResult":[{"group":"g1","status":"INVITED"}]}]}`, "", []string{"g1"}, false},
		{"results may come in several pieces", 200, `{"email":"a@example.com","id":"1","results":[{` + role("INVITED", "") + `},{"groupAssignmentResult":[{"group":"g1","status":"INVITED"}]}]}`, "", []string{"g1"}, false},
		{"a group that failed was not joined", 206, `{"email":"a@example.com","id":"1","results":[{` + role("INVITED", "") + `,"groupAssignmentResult":[{"group":"g1","status":"ERROR","statusReason":"synced"}]}]}`, "", nil, false},
		{"a group that is not mentioned was not joined", 200, `{"email":"a@example.com","id":"1","results":[{` + role("INVITED", "") + `}]}`, "", nil, false},
		{"a role without a licence", 206, `{"email":"a@example.com","id":"1","results":[{` + role("ERROR", "LICENSE_LIMIT_EXCEEDED") + `}]}`, directory.ClassSeat, nil, false},
		{"a role without a licence, by the documented code", 206, `{"email":"a@example.com","results":[{` + role("ERROR", "ADMIN-UAM-409-3") + `}]}`, directory.ClassSeat, nil, false},
		{"a role that failed otherwise", 206, `{"email":"a@example.com","id":"1","results":[{` + role("ERROR", "Inactive user") + `}]}`, directory.ClassRefused, nil, false},
		{"a role that a partial answer does not mention", 206, `{"email":"a@example.com","id":"1","results":[]}`, directory.ClassUnavailable, nil, true},
		{"no id", 200, `{"email":"a@example.com","results":[{` + role("INVITED", "") + `}]}`, directory.ClassUnavailable, nil, true},
		{"nobody of that address", 200, `{"email":"other@example.com","id":"1"}`, directory.ClassUnavailable, nil, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			target, _ := against(t, map[string][]reply{
				workspaces: {oneJira()}, invite: {{status: test.status, body: `{"data":[` + test.result + `]}`}},
				searchUsers: {{status: 200, body: emptyPage}}, // nobody has a deactivated account
			}, withJira)
			outcomes, err := createAll(t.Context(), t, target, []directory.NewAccount{{Ref: 5, Email: "A@example.com", GroupIDs: []string{"g1"}}})
			if err != nil {
				t.Fatal(err)
			}
			got := outcomes[5]
			if test.class == "" {
				if diff := cmp.Diff(directory.AccountCreated{Ref: 5, AccountID: "1", Joined: test.joined}, got); diff != "" {
					t.Errorf("outcome (-want +got)\n%s", diff)
				}
				return
			}
			if class := directory.ClassOf(got.Err); got.AccountID != "" || class != test.class || ambiguous(got.Err) != test.ambiguous {
				t.Errorf("got %+v (%s), want %s, ambiguous %t", got, class, test.class, test.ambiguous)
			}
		})
	}
}

func ambiguous(err error) bool {
	outage, is := err.(*directory.UnavailableError)
	return is && outage.Ambiguous
}

func TestARefusedInvitationIsNarrowedDownToWhoIsRefused(t *testing.T) {
	t.Parallel()
	names := func(asked inviteBody, words ...string) bool {
		return slices.ContainsFunc(words, func(word string) bool { return contains(asked.Emails, word+"@example.com") })
	}
	answer := func(r reply) *reply { return &r }
	tests := []struct {
		name   string
		refuse func(inviteBody) *reply
		// classes of the outcomes that are errors, by number of the person.
		want map[int64]directory.Class
		err  directory.Class
		// most is how many invitations may be sent.
		most int
	}{
		{"one malformed address", func(asked inviteBody) *reply {
			if names(asked, "p7") {
				return answer(problem(400, "ADMIN-UAM-400-1"))
			}
			return nil
		}, map[int64]directory.Class{7: directory.ClassRefused}, "", 11},
		{"two malformed addresses", func(asked inviteBody) *reply {
			if names(asked, "p3", "p22") {
				return answer(problem(400, "ADMIN-UAM-400-1"))
			}
			return nil
		}, map[int64]directory.Class{3: directory.ClassRefused, 22: directory.ClassRefused}, "", 20},
		{"one person who is forbidden", func(asked inviteBody) *reply {
			if names(asked, "p0") {
				return answer(problem(403, "ADMIN-UAM-403-1"))
			}
			return nil
		}, map[int64]directory.Class{0: directory.ClassRefused}, "", 12},
		{"a key that may not invite", func(inviteBody) *reply { return answer(problem(403, "ADMIN-UAM-403-1")) },
			map[int64]directory.Class{}, directory.ClassAuth, 13},
		{"a key for another organisation", func(inviteBody) *reply { return answer(problem(403, "ADMIN-UAM-403-2")) },
			map[int64]directory.Class{}, directory.ClassAuth, 1},
		{"seats for ten", func(asked inviteBody) *reply {
			for i := 10; i < 25; i++ {
				if names(asked, fmt.Sprintf("p%d", i)) {
					return answer(problem(409, "ADMIN-UAM-409-3"))
				}
			}
			return nil
		}, classes(10, 25, directory.ClassSeat), "", 10},
		{"no paid subscription", func(inviteBody) *reply { return answer(problem(402, "ADMIN-UAM-402-1")) },
			classes(0, 25, directory.ClassRefused), "", 1},
		{"a role that the product does not have", func(inviteBody) *reply { return answer(problem(400, "ADMIN-UAM-400-3")) },
			classes(0, 25, directory.ClassRefused), "", 1},
		{"two writes that met", func(inviteBody) *reply { return answer(problem(409, "ADMIN-UAM-409-2")) },
			classes(0, 25, directory.ClassUnavailable), "", 1},
		{"a group that is gone", func(asked inviteBody) *reply {
			if len(asked.AdditionalGroups) > 0 {
				return answer(problem(404, "ADMIN-UAM-404-3"))
			}
			return nil
		}, map[int64]directory.Class{}, "", 2},
		{"a group whose product is full", func(asked inviteBody) *reply {
			if len(asked.AdditionalGroups) > 0 {
				return answer(problem(409, "ADMIN-UAM-409-3"))
			}
			return nil
		}, map[int64]directory.Class{}, "", 2},
		{"a product that is gone", func(inviteBody) *reply { return answer(problem(404, "ADMIN-UAM-404-1")) },
			classes(0, 25, directory.ClassRefused), "", 2},
		{"asked too often", func(inviteBody) *reply { return &reply{status: 429, body: `{"code":429,"message":"slow down"}`} },
			map[int64]directory.Class{}, directory.ClassRateLimited, 1},
		{"an outage", func(inviteBody) *reply { return &reply{status: 500} },
			classes(0, 25, directory.ClassUnavailable), "", 1},
		{"a cut connection", func(inviteBody) *reply { return answer(cut()) },
			classes(0, 25, directory.ClassUnavailable), "", 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			target, vendor := against(t, map[string][]reply{invite: {inviting(t, test.refuse)}})
			var batch []directory.NewAccount
			for i := range 25 {
				batch = append(batch, directory.NewAccount{Ref: int64(i), Email: fmt.Sprintf("p%d@example.com", i), GroupIDs: []string{"g1"}})
			}
			outcomes, err := createAll(t.Context(), t, target, batch)
			if test.err == "" && err != nil || test.err != "" && directory.ClassOf(err) != test.err {
				t.Fatalf("got error %v, want class %q", err, test.err)
			}
			failed, created := make(map[int64]directory.Class), 0
			for ref, outcome := range outcomes {
				if outcome.Err == nil {
					created++
					continue
				}
				failed[ref] = directory.ClassOf(outcome.Err)
				if strings.Contains(outcome.Err.Error(), "vendor's words") || strings.Contains(outcome.Err.Error(), "@") {
					t.Errorf("the error says too much: %v", outcome.Err)
				}
				if failed[ref] == directory.ClassUnavailable && !ambiguous(outcome.Err) {
					t.Errorf("person %d: an invitation may have been done, and the error says not", ref)
				}
			}
			if diff := cmp.Diff(test.want, failed); diff != "" {
				t.Errorf("outcomes that are errors (-want +got)\n%s", diff)
			}
			if test.err == "" && created+len(failed) != 25 || test.err != "" && len(outcomes) != 0 {
				t.Errorf("%d created and %d failed of 25", created, len(failed))
			}
			if n := len(vendor.sent(invite)); n > test.most {
				t.Errorf("%d invitations were sent, at most %d are needed", n, test.most)
			}
		})
	}
}

func classes(from, to int64, class directory.Class) map[int64]directory.Class {
	all := make(map[int64]directory.Class)
	for i := from; i < to; i++ {
		all[i] = class
	}
	return all
}
