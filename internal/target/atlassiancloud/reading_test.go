package atlassiancloud

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

func TestTheVendorsStatusesBecomeThreeOfOurs(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name                          string
		status, account, membership   string
		claim, source                 string
		want                          directory.AccountStatus
		wantManaged, wantReadOnly, in bool
	}{
		{"active", "active", "active", "active", "managed", "invited", directory.AccountActive, true, false, true},
		{"suspended", "suspended", "active", "suspended", "unmanaged", "", directory.AccountSuspended, false, false, true},
		{"deactivated while suspended is deactivated", "deactivated", "inactive", "suspended", "managed", "", directory.AccountDeactivated, true, false, true},
		{"deactivated by somebody else is closed", "deactivated", "inactive", "active", "unmanaged", "", directory.AccountClosed, false, false, true},
		{"closed", "", "closed", "active", "unmanaged", "", directory.AccountClosed, false, false, true},
		{"scheduled for deletion", "for_deletion", "active", "active", "managed", "", directory.AccountClosed, true, false, true},
		{"provisioned by an identity provider", "active", "active", "active", "managed", "synced", directory.AccountActive, true, true, true},
		{"known to the organisation and not in the directory", "not_invited", "active", "no_membership", "managed", "", "", false, false, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			body := fmt.Sprintf(`{"accountId":"a1","email":"A@example.com","name":"Ä","addedToOrg":"2026-01-02T03:04:05.678+01:00",`+
				`"status":%q,"accountStatus":%q,"membershipStatus":%q,"claimStatus":%q,"managementSource":%q}`,
				test.status, test.account, test.membership, test.claim, test.source)
			target, _ := against(t, map[string][]reply{
				searchUsers: {{status: 200, body: `{"data":[` + body + `]}`}},
				getAccount:  {{status: 200, body: `{"data":` + body + `}`}},
			})
			want := directory.Account{
				ID: "a1", Email: "A@example.com", DisplayName: "Ä", Status: test.want, Managed: test.wantManaged,
				ReadOnly: test.wantReadOnly, AddedAt: time.Date(2026, 1, 2, 2, 4, 5, 678e6, time.UTC),
			}
			found, err := target.FindAccounts(t.Context(), []string{"a@EXAMPLE.com"})
			page, pageErr := target.Accounts(t.Context(), "")
			account, accountErr := target.Account(t.Context(), "a1")
			if err != nil || pageErr != nil {
				t.Fatalf("FindAccounts: %v; Accounts: %v", err, pageErr)
			}
			if !test.in {
				if len(found) != 0 || len(page.Accounts) != 0 || directory.ClassOf(accountErr) != directory.ClassNotFound {
					t.Errorf("found %+v, listed %+v, looked up %v; want nobody", found, page.Accounts, accountErr)
				}
				return
			}
			if accountErr != nil {
				t.Fatal(accountErr)
			}
			for _, got := range [][]directory.Account{found, page.Accounts, {account}} {
				if diff := cmp.Diff([]directory.Account{want}, got); diff != "" {
					t.Errorf("account (-want +got)\n%s", diff)
				}
			}
		})
	}
}

func TestAddressesAreAskedForInHundredsWithoutDuplicates(t *testing.T) {
	t.Parallel()
	target, vendor := against(t, map[string][]reply{searchUsers: {{status: 200, body: emptyPage}}})
	var emails []string
	for i := range 150 {
		emails = append(emails, fmt.Sprintf("p%d@example.com", i), fmt.Sprintf("P%d@Example.com", i))
	}
	if _, err := target.FindAccounts(t.Context(), append(emails, "")); err != nil {
		t.Fatal(err)
	}
	var sizes []int
	for _, sent := range vendor.sent(searchUsers) {
		body := decodeBody[userSearch](t, sent)
		sizes = append(sizes, len(body.Emails))
		if body.Limit != 100 {
			t.Errorf("limit is %d, want 100", body.Limit)
		}
	}
	if diff := cmp.Diff([]int{100, 50}, sizes); diff != "" {
		t.Errorf("addresses in each call (-want +got)\n%s", diff)
	}
}

func TestEveryAccountOfAnAddressIsReturnedAndNoOther(t *testing.T) {
	t.Parallel()
	target, vendor := against(t, map[string][]reply{searchUsers: {
		{status: 200, body: `{"data":[{"accountId":"2","email":"dup@example.com"},{"accountId":"9","email":"xdup@example.com"}],"links":{"next":"c+/="}}`},
		{status: 200, body: `{"data":[{"accountId":"1","email":"DUP@example.com"},{"accountId":"2","email":"dup@example.com"}]}`},
	}})
	found, err := target.FindAccounts(t.Context(), []string{"Dup@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, account := range found {
		ids = append(ids, account.ID)
	}
	if diff := cmp.Diff([]string{"2", "1"}, ids); diff != "" {
		t.Errorf("accounts (-want +got)\n%s", diff)
	}
	second := decodeBody[userSearch](t, vendor.sent(searchUsers)[1])
	if diff := cmp.Diff(userSearch{Emails: []string{"dup@example.com"}, Limit: 100, Cursor: "c+/="}, second); diff != "" {
		t.Errorf("second call (-want +got)\n%s", diff)
	}
}

func TestAnAnswerThatIsNoAnswerIsAnOutage(t *testing.T) {
	t.Parallel()
	tests := map[string]reply{
		"no body":                   {status: 200},
		"a page of a proxy":         {status: 200, body: "<html>Sign in to the network</html>"},
		"JSON that is cut":          {status: 200, body: `{"data":[{"accountId":"1","email":"a@exam`},
		"an object without a list":  {status: 200, body: `{}`},
		"null in place of the list": {status: 200, body: `{"data":null}`},
		"a redirect":                {status: 302, header: map[string]string{"Location": "/elsewhere"}},
		"a body shorter than announced": {answer: func(w http.ResponseWriter, _ []byte) {
			w.Header().Set("Content-Length", "500")
			w.WriteHeader(http.StatusOK)
			panic(http.ErrAbortHandler)
		}},
		"the same cursor again": {status: 200, body: `{"data":[],"links":{"next":"again"}}`},
	}
	for name, answer := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target, _ := against(t, map[string][]reply{searchUsers: {answer}, searchGroups: {answer}})
			_, accounts := target.Accounts(t.Context(), "again")
			_, groups := target.Groups(t.Context(), "again")
			_, members := target.Members(t.Context(), "g1", "again")
			_, found := target.FindAccounts(t.Context(), []string{"a@example.com"})
			_, protected := target.Protected(t.Context())
			for _, err := range []error{accounts, groups, members, found, protected} {
				var outage *directory.UnavailableError
				if !errors.As(err, &outage) || outage.Ambiguous {
					t.Errorf("got %v, want an unambiguous *directory.UnavailableError", err)
				}
			}
		})
	}
}

func TestAMissingObjectIsToldFromAMissingOrganisation(t *testing.T) {
	t.Parallel()
	bare := reply{status: 404}
	tests := []struct {
		name   string
		object reply
		search reply
		want   directory.Class
	}{
		{"the account alone is missing", problem(404, codeUserNotFound), reply{status: 200, body: emptyPage}, directory.ClassNotFound},
		{"a 404 without a code, and the directory is there", bare, reply{status: 200, body: emptyPage}, directory.ClassNotFound},
		{"a 404 without a code, and the directory is not there", bare, bare, directory.ClassAuth},
		{"the organisation is missing by its code", problem(404, "ADMIN-404-2"), reply{status: 200, body: emptyPage}, directory.ClassAuth},
		{"a 404 without a code, and nobody can be asked", bare, reply{status: 503}, directory.ClassUnavailable},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			target, _ := against(t, map[string][]reply{
				getAccount: {test.object}, getGroup: {test.object}, searchGroups: {test.search},
				searchUsers: {{status: 200, body: emptyPage}}, suspend: {test.object},
			})
			_, account := target.Account(t.Context(), "a1")
			_, members := target.Members(t.Context(), "g1", "")
			suspended := target.SuspendAccount(t.Context(), "a1")
			for what, err := range map[string]error{"Account": account, "Members": members, "SuspendAccount": suspended} {
				if got := directory.ClassOf(err); got != test.want {
					t.Errorf("%s: got %s: %v, want %s", what, got, err, test.want)
				}
			}
		})
	}
	t.Run("a search in a directory that is not there is a matter of the configuration", func(t *testing.T) {
		t.Parallel()
		target, _ := against(t, map[string][]reply{searchUsers: {bare}})
		if _, err := target.FindAccounts(t.Context(), []string{"a@example.com"}); directory.ClassOf(err) != directory.ClassAuth {
			t.Errorf("got %v, want a *directory.AuthError", err)
		}
	})
}

func TestWhatAdministersIsProtected(t *testing.T) {
	t.Parallel()
	target, vendor := against(t, map[string][]reply{
		searchUsers: {{answer: func(w http.ResponseWriter, body []byte) {
			text := string(body)
			switch {
			case strings.Contains(text, `"cursor":"more"`):
				fmt.Fprint(w, `{"data":[{"accountId":"admin-2"}]}`)
			case strings.Contains(text, "roleIds"):
				fmt.Fprint(w, `{"data":[{"accountId":"admin-1"}],"links":{"next":"more"}}`)
			case strings.Contains(text, "g-admins-00"):
				fmt.Fprint(w, `{"data":[{"accountId":"by-group"},{"accountId":"admin-1"}]}`)
			default:
				fmt.Fprint(w, emptyPage)
			}
		}}},
		searchGroups: {{answer: func(w http.ResponseWriter, _ []byte) {
			var groups []string
			for i := range 12 {
				groups = append(groups, fmt.Sprintf(`{"id":"g-admins-%02d","name":"n"}`, i))
			}
			fmt.Fprintf(w, `{"data":[%s]}`, strings.Join(groups, ","))
		}}},
	})
	protected, err := target.Protected(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"admin-1", "admin-2", "by-group"}, protected.AccountIDs); diff != "" {
		t.Errorf("accounts (-want +got)\n%s", diff)
	}
	if len(protected.GroupIDs) != 12 {
		t.Errorf("groups: %v", protected.GroupIDs)
	}
	for _, sent := range append(vendor.sent(searchUsers), vendor.sent(searchGroups)...) {
		if !strings.Contains(sent.path, "/directories/-/") {
			t.Errorf("%s was asked of one directory alone", sent.path)
		}
		if body := decodeBody[userSearch](t, sent); len(body.GroupIDs) > 10 {
			t.Errorf("%d groups in one search, at most 10 are allowed", len(body.GroupIDs))
		}
	}
}

func TestAGroupOfAnotherNameIsNotAmongTheResults(t *testing.T) {
	t.Parallel()
	target, vendor := against(t, map[string][]reply{searchGroups: {
		{status: 200, body: `{"data":[{"id":"2","name":"ENG-ops"},{"id":"9","name":"eng-ops-admins"}],"links":{"next":"c"}}`},
		{status: 200, body: `{"data":[{"id":"1","name":"Sales"},{"id":"2","name":"ENG-ops"}]}`},
	}})
	found, err := target.FindGroups(t.Context(), []string{"eng-OPS", "sales", "Sales", ""})
	want := []directory.TargetGroup{{ID: "2", Name: "ENG-ops"}, {ID: "1", Name: "Sales"}}
	if diff := cmp.Diff(want, found); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	asked := decodeBody[groupSearch](t, vendor.sent(searchGroups)[1])
	if diff := cmp.Diff(groupSearch{GroupNames: []string{"eng-ops", "sales"}, Limit: 100, Cursor: "c"}, asked); diff != "" {
		t.Errorf("second call (-want +got)\n%s", diff)
	}
}
