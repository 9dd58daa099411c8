package atlassiancloud

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

func TestARefusalIsTypedByItsStatusAndCode(t *testing.T) {
	t.Parallel()
	notMember := []reply{{status: 200, body: emptyPage}}
	tests := []struct {
		name   string
		answer reply
		want   directory.Class
		code   string
	}{
		{"429 of the API", problem(429, "ADMIN-429-1"), directory.ClassRateLimited, ""},
		{"429 of the gateway", reply{status: 429, body: `{"code":429,"message":"slow down"}`}, directory.ClassRateLimited, ""},
		{"429 without a body", reply{status: 429}, directory.ClassRateLimited, ""},
		{"401 of the API", problem(401, "ADMIN-401-2"), directory.ClassAuth, "ADMIN-401-2"},
		{"401 of the gateway", reply{status: 401, body: `{"code":401,"message":"Unauthorized"}`}, directory.ClassAuth, "401"},
		{"403 of the gateway", reply{status: 403, body: `{"code":403,"message":"Forbidden"}`}, directory.ClassAuth, "403"},
		{"403 in the form without codes", reply{status: 403, body: `{"status":403,"error":"Forbidden","message":"no","path":"/x"}`}, directory.ClassAuth, ""},
		{"403 for the organisation", problem(403, "ADMIN-403-3"), directory.ClassAuth, "ADMIN-403-3"},
		{"403 for the group", problem(403, "ADMIN-403-5"), directory.ClassRefused, "ADMIN-403-5"},
		{"403 for the group without a body", reply{status: 403}, directory.ClassRefused, ""},
		{"400", problem(400, "ADMIN-400-24"), directory.ClassRefused, "ADMIN-400-24"},
		{"a code that is free text", problem(400, "user anna@example.com is bad"), directory.ClassRefused, ""},
		{"404 for the organisation", problem(404, "ADMIN-404-2"), directory.ClassAuth, "ADMIN-404-2"},
		{"500", problem(500, "ADMIN-500-1"), directory.ClassUnavailable, ""},
		{"502 of some proxy", reply{status: 502, body: "<html>anna@example.com</html>"}, directory.ClassUnavailable, ""},
		{"a success that is a page of some proxy", reply{status: 200, body: "<html>sign in</html>"}, directory.ClassUnavailable, ""},
		{"a cut connection", cut(), directory.ClassUnavailable, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			target, _ := against(t, map[string][]reply{addMember: {test.answer}, searchUsers: notMember})
			err := target.AddMember(t.Context(), "g1", "a1")
			if got := directory.ClassOf(err); got != test.want {
				t.Fatalf("got %s: %v, want %s", got, err, test.want)
			}
			var auth *directory.AuthError
			var refused *directory.RefusedError
			switch {
			case errors.As(err, &auth) && auth.Code != test.code:
				t.Errorf("code %q, want %q", auth.Code, test.code)
			case errors.As(err, &refused) && refused.Code != test.code:
				t.Errorf("code %q, want %q", refused.Code, test.code)
			}
			if test.want == directory.ClassUnavailable && !ambiguous(err) {
				t.Error("the write may have been done, and the error says not")
			}
			for _, private := range []string{testKey, "words", "anna", "a1", "g1", testOrg} {
				if strings.Contains(err.Error(), private) {
					t.Errorf("%q is in the error: %v", private, err)
				}
			}
		})
	}
}

func TestTheKeyIsInNoDetail(t *testing.T) {
	t.Parallel()
	echo := reply{status: 400, body: `{"errors":[{"code":"ADMIN-400-24","detail":"Authorization: Bearer ` + testKey + `"}]}`}
	target, vendor := against(t, map[string][]reply{searchUsers: {echo}})
	_, err := target.Accounts(t.Context(), "")
	if detail := directory.DetailOf(err); strings.Contains(detail, testKey) || !strings.Contains(detail, "[secret]") {
		t.Errorf("detail is %q", detail)
	}
	if got := vendor.sent(searchUsers)[0].header; got.Get("Authorization") != "Bearer "+testKey || got.Get("Content-Type") != "application/json" {
		t.Errorf("headers sent: %v", got)
	}
}

func TestA409ForAMembershipIsDecidedByReadingBack(t *testing.T) {
	t.Parallel()
	member, nobody := reply{status: 200, body: person1("a1", "a@example.com")}, reply{status: 200, body: emptyPage}
	tests := []struct {
		name    string
		answer  reply
		members []reply
		want    directory.Class
		looks   int
	}{
		{"a member, without a code", reply{status: 409}, []reply{member}, "", 1},
		{"a member whom the search shows late", problem(409, "ADMIN-409-28"), []reply{nobody, nobody, member}, "", 3},
		{"a member, with the licence's code", problem(409, "ADMIN-409-3"), []reply{member}, "", 1},
		{"no member, with the licence's code", problem(409, "ADMIN-409-3"), []reply{nobody}, directory.ClassSeat, 1},
		{"no member, without a code", reply{status: 409}, []reply{nobody}, directory.ClassSeat, 3},
		{"a member of a group that cannot be written", problem(403, "ADMIN-403-5"), []reply{member}, "", 1},
		{"the read-back fails", reply{status: 409}, []reply{{status: 429}}, directory.ClassRateLimited, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			target, vendor := against(t, map[string][]reply{addMember: {test.answer}, searchUsers: test.members})
			err := target.AddMember(t.Context(), "g1", "a1")
			if test.want == "" && err != nil || test.want != "" && directory.ClassOf(err) != test.want {
				t.Errorf("got %v, want class %q", err, test.want)
			}
			looks := vendor.sent(searchUsers)
			if len(looks) != test.looks {
				t.Errorf("%d looks, want %d", len(looks), test.looks)
			}
			want := userSearch{AccountIDs: []string{"a1"}, GroupIDs: []string{"g1"}, Limit: 100}
			if diff := cmp.Diff(want, decodeBody[userSearch](t, looks[0])); diff != "" {
				t.Errorf("look (-want +got)\n%s", diff)
			}
		})
	}
}

func TestA404ForAMembershipSaysWhichOfTheTwoIsGone(t *testing.T) {
	t.Parallel()
	group := reply{status: 200, body: `{"data":{"id":"g1","name":"n"}}`}
	account := reply{status: 200, body: `{"data":{"accountId":"a1","status":"active"}}`}
	tests := []struct {
		name                   string
		answer, group, account reply
		// members is what the search for the membership finds, nobody when zero.
		members reply
		class   directory.Class
		what    string
		unclear bool
	}{
		{"the account, by its code", problem(404, codeUserNotFound), reply{status: 418}, reply{status: 418}, reply{}, directory.ClassNotFound, "account", false},
		{"the group", reply{status: 404}, reply{status: 404}, account, reply{}, directory.ClassNotFound, "group", false},
		{"the account", reply{status: 404}, group, reply{status: 404}, reply{}, directory.ClassNotFound, "account", false},
		{"neither, as yet", reply{status: 404}, group, account, reply{}, directory.ClassUnavailable, "", false},
		{"neither, and the account is in the group", reply{status: 404}, group, account, reply{status: 200, body: person1("a1", "a@example.com")}, "", "", false},
		{"nobody tells of the group", reply{status: 404}, reply{status: 423}, account, reply{}, directory.ClassUnavailable, "", true},
		{"nobody tells of the account", reply{status: 404}, group, reply{status: 423}, reply{}, directory.ClassUnavailable, "", true},
		{"nobody tells of the membership", reply{status: 404}, group, account, reply{status: 423}, directory.ClassUnavailable, "", true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if test.members.status == 0 {
				test.members = reply{status: 200, body: emptyPage}
			}
			target, _ := against(t, map[string][]reply{
				addMember: {test.answer}, getGroup: {test.group}, getAccount: {test.account},
				searchGroups: {{status: 200, body: emptyPage}}, searchUsers: {test.members},
			})
			err := target.AddMember(t.Context(), "g1", "a1")
			var missing *directory.NotFoundError
			if (err == nil) != (test.class == "") || err != nil && directory.ClassOf(err) != test.class || ambiguous(err) != test.unclear || errors.As(err, &missing) && missing.What != test.what {
				t.Errorf("got %v, want %s %s", err, test.class, test.what)
			}
		})
	}
}

func TestRemovingAMemberSucceedsOnceNobodyIsThere(t *testing.T) {
	t.Parallel()
	member, nobody := reply{status: 200, body: person1("a1", "a@example.com")}, reply{status: 200, body: emptyPage}
	tests := []struct {
		name    string
		answer  reply
		members []reply
		want    directory.Class
	}{
		{"removed", reply{status: 204}, []reply{{status: 418}}, ""},
		{"not a member", reply{status: 404}, []reply{nobody}, ""},
		{"not a member, though the search lags", reply{status: 404}, []reply{member, nobody}, ""},
		{"a 404, and a member all the same", reply{status: 404}, []reply{member}, directory.ClassUnavailable},
		{"a 404 of another organisation", reply{status: 404}, []reply{{status: 404}}, directory.ClassAuth},
		{"a 404, and a search that is refused", reply{status: 404}, []reply{{status: 423}}, directory.ClassUnavailable},
		{"the group is gone, says the search", reply{status: 404}, []reply{problem(404, codeGroupNotFound)}, ""},
		{"a group that cannot be written", problem(403, "ADMIN-403-5"), []reply{member}, directory.ClassRefused},
		{"a group that cannot be written, without that member", problem(403, "ADMIN-403-5"), []reply{nobody}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			target, _ := against(t, map[string][]reply{removeMember: {test.answer}, searchUsers: test.members})
			err := target.RemoveMember(t.Context(), "g1", "a1")
			if test.want == "" && err != nil || test.want != "" && directory.ClassOf(err) != test.want || test.members[0].status == 423 && !ambiguous(err) {
				t.Errorf("got %v, want class %q", err, test.want)
			}
		})
	}
}
