package atlassiansim_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/sandbox/atlassiansim"
)

type inviteAnswer struct {
	Data []struct {
		Email   string
		ID      string
		Results []struct {
			RoleAssignmentResult []struct {
				Resource, Role, Status string
				StatusReason           *string
			}
			GroupAssignmentResult []struct {
				Group, Status string
				StatusReason  *string
			}
		}
	}
}

func TestAnInvitationGivesRolesAndGroupsOnce(t *testing.T) {
	t.Parallel()
	o := start(t, atlassiansim.Options{})
	eng := o.group("Eng")
	body := object{
		"emails":           []string{"Ann@example.com", "bob@elsewhere.net", "ANN@example.com"},
		"permissionRules":  []object{{"resource": o.jira, "role": "atlassian/user"}},
		"additionalGroups": []string{eng},
	}
	var first, second inviteAnswer
	o.must(http.StatusOK, http.MethodPost, o.v2+"/users/invite", body).decode(t, &first)
	if len(first.Data) != 2 {
		t.Fatalf("%d results for two people", len(first.Data))
	}
	ann := o.account(first.Data[0].ID)
	equal(t, "the account", atlassiansim.Account{
		ID: ann.ID, Email: "Ann@example.com", Name: "Ann", Status: "active", Member: true, Managed: true,
		Roles: []atlassiansim.Role{{Resource: o.jira, Role: "atlassian/user"}}, Groups: []string{eng},
		Profile: map[string]string{"locale": "en-GB", "zoneinfo": "Etc/UTC"},
	}, ann)
	if o.account(first.Data[1].ID).Managed {
		t.Error("an account of another domain is managed")
	}
	before := o.sim.State()
	o.must(http.StatusOK, http.MethodPost, o.v2+"/users/invite", body).decode(t, &second)
	equal(t, "the ids of a second invitation", first, second)
	equal(t, "the state after a second invitation", before, o.sim.State())
	applied := o.engine.AppliedKeys()
	for _, key := range []string{
		"create-account:ann@example.com", "create-account:bob@elsewhere.net", "join-directory:" + ann.ID,
		"assign-role:" + ann.ID + ":" + o.jira + ":atlassian/user", "add-member:" + eng + ":" + ann.ID, "create-group:Eng",
	} {
		if applied[key] != 1 {
			t.Errorf("%s was applied %d times", key, applied[key])
		}
	}
}

func TestAnInvitationOfSomebodyWhoIsKnown(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		seed atlassiansim.AccountSeed
		// wantCode is the answer's status, wantStatus the account's.
		wantCode   int
		wantStatus string
		joins      bool
	}{
		{"an account from elsewhere joins", atlassiansim.AccountSeed{Outside: true}, 200, "active", true},
		{"a member gains the group", atlassiansim.AccountSeed{}, 200, "active", true},
		{"a suspended member gains the group and stays suspended", atlassiansim.AccountSeed{Suspended: true}, 200, "suspended", true},
		{"a deactivated account cannot be invited", atlassiansim.AccountSeed{Deactivated: true}, 206, "deactivated", false},
		{"a synced account cannot be invited", atlassiansim.AccountSeed{Synced: true}, 206, "active", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := start(t, atlassiansim.Options{})
			test.seed.Email, test.seed.Name = "Known@example.com", "Known Person"
			id, err := o.sim.SeedAccount(test.seed)
			if err != nil {
				t.Fatal(err)
			}
			eng := o.group("Eng")
			var answer inviteAnswer
			o.must(test.wantCode, http.MethodPost, o.v2+"/users/invite", object{
				"emails": []string{"known@example.com"}, "additionalGroups": []string{eng},
			}).decode(t, &answer)
			result := answer.Data[0].Results[0].GroupAssignmentResult[0]
			if answer.Data[0].ID != id || (result.Status == "INVITED") != test.joins || (result.StatusReason == nil) != test.joins {
				t.Errorf("answered %+v for account %s", answer, id)
			}
			got := o.account(id)
			equal(t, "status", test.wantStatus, got.Status)
			equal(t, "in the group", test.joins, slices.Contains(got.Groups, eng))
			equal(t, "name and address", [2]string{"Known Person", "Known@example.com"}, [2]string{got.Name, got.Email})
		})
	}
}

func TestAnInvitationFailsInPart(t *testing.T) {
	t.Parallel()
	o := start(t, atlassiansim.Options{})
	if _, err := o.sim.SeedAccount(atlassiansim.AccountSeed{Email: "off@example.com", Name: "Off", Deactivated: true}); err != nil {
		t.Fatal(err)
	}
	admins := o.groupNamed("org-admins")
	var answer inviteAnswer
	o.must(http.StatusPartialContent, http.MethodPost, o.v2+"/users/invite", object{
		"emails":           []string{"off@example.com", "new@example.com"},
		"permissionRules":  []object{{"resource": o.wiki, "role": "atlassian/user"}},
		"additionalGroups": []string{admins.ID},
	}).decode(t, &answer)
	var outcomes []string
	for _, d := range answer.Data {
		for _, r := range d.Results {
			outcomes = append(outcomes, d.Email+" "+r.RoleAssignmentResult[0].Status+" "+r.GroupAssignmentResult[0].Status)
		}
	}
	equal(t, "outcomes", []string{"off@example.com ERROR ERROR", "new@example.com INVITED ERROR"}, outcomes)
	equal(t, "the administrators", admins, o.groupNamed("org-admins"))
}

func TestAnOrganisationThatDoesNotPayCannotInvite(t *testing.T) {
	t.Parallel()
	o := start(t, atlassiansim.Options{Unpaid: true})
	a := o.do(http.MethodPost, o.v2+"/users/invite", object{"emails": []string{"a@example.com"}})
	if a.status != http.StatusPaymentRequired || a.code() != "ADMIN-UAM-402-1" {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestSeats(t *testing.T) {
	t.Parallel()
	o := start(t, atlassiansim.Options{SeatLimit: 2})
	jira := []object{{"resource": o.jira, "role": "atlassian/user"}}
	invite := func(status int, emails ...string) answer {
		t.Helper()
		return o.must(status, http.MethodPost, o.v2+"/users/invite", object{"emails": emails, "permissionRules": jira})
	}
	taken := func(want int) {
		t.Helper()
		equal(t, "seats taken", want, o.sim.State().Seats[o.jira])
	}
	var partial inviteAnswer
	invite(http.StatusPartialContent, "a@example.com", "b@example.com", "c@example.com").decode(t, &partial)
	taken(2)
	last := partial.Data[2]
	if last.ID != "" || *last.Results[0].RoleAssignmentResult[0].StatusReason != "LICENSE_LIMIT_EXCEEDED" {
		t.Errorf("the third was answered %+v", last)
	}
	if a := invite(http.StatusConflict, "d@example.com"); a.code() != "ADMIN-UAM-409-3" {
		t.Errorf("nobody fits: %s", a.body)
	}
	for _, a := range o.sim.State().Accounts {
		if strings.HasPrefix(a.Email, "c@") || strings.HasPrefix(a.Email, "d@") {
			t.Errorf("%s was added without a seat", a.Email)
		}
	}

	// The product's group: the same limit, as a conflict that looks like
	// "already a member".
	bystander := o.invite("e@example.com")[0]
	users := "/groups/" + o.groupNamed("jira-users-acme").ID + "/memberships"
	if a := o.must(http.StatusConflict, http.MethodPost, o.dir+users, object{"accountId": bystander}); a.code() != "ADMIN-409-3" {
		t.Errorf("no seat in a group: %s", a.body)
	}
	if a := o.must(http.StatusConflict, http.MethodPost, o.v1+"/users/"+bystander+"/roles/assign", jira[0]); a.code() != "ADMIN-UAM-409-3" {
		t.Errorf("no seat for a role: %s", a.body)
	}
	// Who has a seat does not need a second one.
	o.must(http.StatusNoContent, http.MethodPost, o.dir+users, object{"accountId": partial.Data[0].ID})
	taken(2)

	// Suspension frees a seat, and it may be gone when access is restored.
	o.must(http.StatusNoContent, http.MethodPost, o.dir+"/users/"+partial.Data[0].ID+"/suspend", nil)
	taken(1)
	o.must(http.StatusNoContent, http.MethodPost, o.dir+users, object{"accountId": bystander})
	taken(2)
	if a := o.must(http.StatusBadRequest, http.MethodPost, o.dir+"/users/"+partial.Data[0].ID+"/restore", nil); a.code() != "ADMIN-400-32" {
		t.Errorf("no seat to restore: %s", a.body)
	}
	o.sim.SetSeatLimit(3)
	o.must(http.StatusNoContent, http.MethodPost, o.dir+"/users/"+partial.Data[0].ID+"/restore", nil)
	taken(3)

	// A role for a group takes a seat for each member.
	crowd := o.group("Crowd")
	more := o.invite("f@example.com", "g@example.com")
	for _, id := range more {
		o.must(http.StatusNoContent, http.MethodPost, o.dir+"/groups/"+crowd+"/memberships", object{"accountId": id})
	}
	role := object{"resourceId": o.jira, "roleId": "atlassian/user"}
	assign := o.dir + "/groups/" + crowd + "/role-assignments/"
	if a := o.must(http.StatusConflict, http.MethodPost, assign+"assign", role); a.code() != "ADMIN-409-3" {
		t.Errorf("no seats for a group: %s", a.body)
	}
	o.sim.SetSeatLimit(5)
	o.must(http.StatusOK, http.MethodPost, assign+"assign", role)
	taken(5)
	o.must(http.StatusNoContent, http.MethodPost, assign+"revoke", role)
	taken(3)
	o.must(http.StatusNoContent, http.MethodDelete, o.dir+"/users/"+bystander, nil)
	taken(2)
}

func TestSuspensionKeepsWhatRemovalTakes(t *testing.T) {
	t.Parallel()
	o := start(t, atlassiansim.Options{})
	eng := o.group("Eng")
	var answer inviteAnswer
	o.must(http.StatusOK, http.MethodPost, o.v2+"/users/invite", object{
		"emails": []string{"ann@example.com"}, "additionalGroups": []string{eng},
		"permissionRules": []object{{"resource": o.jira, "role": "atlassian/user"}},
	}).decode(t, &answer)
	id := answer.Data[0].ID
	user := o.dir + "/users/" + id
	before := o.account(id)
	o.must(http.StatusNoContent, http.MethodPost, user+"/suspend", nil)
	o.must(http.StatusNoContent, http.MethodPost, user+"/suspend", nil)
	if times := o.engine.AppliedKeys()["suspend:"+id]; times != 1 {
		t.Errorf("suspended %d times", times)
	}
	suspended := o.account(id)
	equal(t, "status", "suspended", suspended.Status)
	equal(t, "groups", before.Groups, suspended.Groups)
	o.must(http.StatusNoContent, http.MethodPost, user+"/restore", nil)
	equal(t, "restored", before, o.account(id))
	o.must(http.StatusNoContent, http.MethodDelete, user, nil)
	removed := o.account(id)
	equal(t, "removed", atlassiansim.Account{
		ID: id, Email: "ann@example.com", Name: "ann", Status: "not_invited", Managed: true,
		Roles: []atlassiansim.Role{}, Groups: []string{},
		Profile: map[string]string{"locale": "en-GB", "zoneinfo": "Etc/UTC"},
	}, removed)
	equal(t, "its group", []string{}, o.groupNamed("Eng").Members)
	equal(t, "found in the directory", []string{}, o.search(object{"emails": []string{"ann@example.com"}}).ids())
	var everywhere page
	o.must(http.StatusOK, http.MethodPost, o.v2+"/directories/-/users/search",
		object{"claimStatus": "managed", "emails": []string{"ann@example.com"}}).decode(t, &everywhere)
	equal(t, "found among managed accounts", []string{id}, everywhere.ids())
	equal(t, "the same account comes back", []string{id}, o.invite("ann@example.com"))
}
