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
			got, err := pushed.UserOf(p)
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
	if _, err := pushed.UserOf(store.Pushed{ID: 7, Document: `{"userName":"ada`}); err == nil || err.Error() != "the document of resource 7 cannot be read" {
		t.Errorf("%v", err)
	}
}
