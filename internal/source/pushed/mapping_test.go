package pushed_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/source/pushed"
	"github.com/rollcall-sync/rollcall/internal/store"
)

func TestAPushedUserIsWhatTheRulesLookAt(t *testing.T) {
	t.Parallel()
	modified := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	user := func(change func(*directory.User)) directory.User {
		u := directory.User{SourceID: "id-1", Status: directory.StatusActive, Assigned: true, Login: "ada", LastUpdated: modified}
		change(&u)
		return u
	}
	for name, c := range map[string]struct {
		document string
		deleted  bool
		want     directory.User
	}{
		"without active, somebody is active": {`{"userName":"ada"}`, false, user(func(*directory.User) {})},
		"somebody inactive has left": {`{"userName":"ada","active":false}`, false,
			user(func(u *directory.User) { u.Status = directory.StatusDeprovisioned })},
		"the primary address goes before one for work": {`{"userName":"ada","emails":[{"value":"w@example.com","type":"work"},{"value":"p@example.com","primary":true}]}`, false,
			user(func(u *directory.User) { u.Email = "p@example.com" })},
		"an address for work goes before the first": {`{"userName":"ada","emails":[{"value":"h@example.com","type":"home"},{"value":"w@example.com","type":"Work"}]}`, false,
			user(func(u *directory.User) { u.Email = "w@example.com" })},
		"else it is the first that is not empty": {`{"userName":"ada","emails":[{"value":" "},{"value":"h@example.com"}]}`, false,
			user(func(u *directory.User) { u.Email = "h@example.com" })},
		"a userName that is an address is one": {`{"userName":"ada@example.com"}`, false,
			user(func(u *directory.User) { u.Login, u.Email = "ada@example.com", "ada@example.com" })},
		"a userName that is a word is no address": {`{"userName":"Ada <ada@example.com>"}`, false,
			user(func(u *directory.User) { u.Login = "Ada <ada@example.com>" })},
		"names are taken as they are": {`{"userName":"ada","displayName":" Ada B. ","name":{"givenName":"Ada","familyName":"Byron","formatted":"A. Byron"}}`, false,
			user(func(u *directory.User) { u.FirstName, u.LastName, u.DisplayName = "Ada", "Byron", "Ada B." })},
		"a formatted name stands in for the others": {`{"userName":"ada","name":{"formatted":"Ada Byron"}}`, false,
			user(func(u *directory.User) { u.DisplayName = "Ada Byron" })},
		"somebody deleted has left": {"", true, user(func(u *directory.User) { u.Status, u.Login = directory.StatusDeprovisioned, "" })},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := store.Pushed{ScimID: "id-1", Type: "User", Document: c.document, ModifiedAt: modified.UnixMicro()}
			if c.deleted {
				p.DeletedAt = 1
			}
			got, err := pushed.UserOf(p, pushed.Attributes{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("user (-want +got):\n%s", diff)
			}
		})
	}
}

func TestADocumentThatCannotBeReadIsNotQuoted(t *testing.T) {
	t.Parallel()
	if _, err := pushed.UserOf(store.Pushed{ID: 7, Document: `{"userName":"ada`}, pushed.Attributes{}); err == nil || err.Error() != "the document of resource 7 cannot be read" {
		t.Errorf("%v", err)
	}
}

func TestTheAttributesThatAreWantedAreFoundInADocument(t *testing.T) {
	t.Parallel()
	const document = `{"schemas":["x"],"userName":"ada","Title":"Countess","userType":"Employee","active":true,
		"addresses":[{"locality":"Paris"},{"locality":"London","primary":true}],"phoneNumbers":[{"value":"1"},{"value":"2","display":"two"}],
		"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"Engines","costCenter":"7","manager":{"value":"id-2","displayName":"Lord Byron"}},
		"urn:example:scim:schemas:badge:1.0:User":{"badge":12,"sites":["a","b"],"title":"not this"}}`
	for name, want := range map[string]any{
		"title": "Countess", "userType": "Employee", "USERTYPE": "Employee", "department": "Engines", "costCenter": "7", "manager": "Lord Byron", "manager.value": "id-2",
		"badge": 12.0, "sites": []string{"a", "b"}, "addresses.locality": "London", "phoneNumbers": []string{"1", "two"}, "phoneNumbers.value": "1",
		"active": true, "nothing": nil, "nothing.inside": nil, "title.inside": nil, "name.middleName": nil,
	} {
		u, err := pushed.UserOf(store.Pushed{ScimID: "id-1", Type: "User", Document: document}, pushed.Attributes{Names: []string{name}})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, u.Attributes[name]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	u, err := pushed.UserOf(store.Pushed{ScimID: "id-1", Type: "User", Document: document}, pushed.Attributes{All: true})
	if err != nil {
		t.Fatal(err)
	}
	if u.Attributes["department"] != "Engines" || u.Attributes["Title"] != "Countess" || u.Attributes["badge"] != 12.0 {
		t.Errorf("all attributes: %v", u.Attributes)
	}
}
