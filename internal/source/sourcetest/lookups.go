package sourcetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

func looksUsersUp(t *testing.T, f Fixture) {
	for _, name := range []string{f.Person.SourceID, f.Person.Login, f.Person.Email} {
		got, err := f.Source.User(t.Context(), name)
		if err != nil {
			t.Errorf("look up: %v (%s)", err, directory.DetailOf(err))
			continue
		}
		if diff := cmp.Diff(f.Person, got); diff != "" {
			t.Errorf("user (-want +got):\n%s", diff)
		}
	}
}

// listsAllOfAUser compares attributes too, which a rule may be about: what a
// list leaves out would look as if the source had taken it away.
func listsAllOfAUser(t *testing.T, f Fixture) {
	users, _, _ := allUsers(t, f.Source, time.Time{})
	for _, user := range users {
		if user.SourceID != f.Person.SourceID {
			continue
		}
		if diff := cmp.Diff(f.Person, user); diff != "" {
			t.Errorf("listed user (-want +got):\n%s", diff)
		}
		return
	}
	t.Error("the list lacks somebody whom a look-up finds")
}

func findsNothing(t *testing.T, f Fixture) {
	for _, id := range []string{"", "nobody", "nobody@nowhere.example", "no/body", "me", ".."} {
		if user, err := f.Source.User(t.Context(), id); !isNotFound(err) {
			t.Errorf("user %q: %s, %v; want not found", id, user.SourceID, err)
		}
		if _, err := f.Source.Group(t.Context(), id); !isNotFound(err) {
			t.Errorf("group %q: %v; want not found", id, err)
		}
		if _, err := f.Source.UserGroups(t.Context(), id); !isNotFound(err) {
			t.Errorf("groups of user %q: %v; want not found", id, err)
		}
		if _, err := f.Source.Members(t.Context(), id, ""); !isNotFound(err) {
			t.Errorf("members of group %q: %v; want not found", id, err)
		}
	}
}

func noticesErasure(t *testing.T, f Fixture) {
	f.Erase(t, f.Person.SourceID)
	if _, err := f.Source.User(t.Context(), f.Person.SourceID); !isNotFound(err) {
		t.Errorf("user: %v; want not found", err)
	}
	if _, err := f.Source.UserGroups(t.Context(), f.Person.SourceID); !isNotFound(err) {
		t.Errorf("groups of the user: %v; want not found", err)
	}
}

func noticesLeavers(t *testing.T, f Fixture) {
	f.Deprovision(t, f.Person.SourceID)
	for _, id := range []string{f.Person.SourceID, f.Departed} {
		user, err := f.Source.User(t.Context(), id)
		if err != nil || user.Status != directory.StatusDeprovisioned {
			t.Errorf("user %s: %q, %v; want deprovisioned", id, user.Status, err)
		}
	}
}

func looksGroupsUp(t *testing.T, f Fixture) {
	groups, err := f.Source.UserGroups(t.Context(), f.Person.SourceID)
	if err != nil {
		t.Fatalf("groups of a user: %v", err)
	}
	for id, members := range f.Members {
		if is, want := contains(groups, id), contains(members, f.Person.SourceID); is != want {
			t.Errorf("group %s: in the user's groups %v, in its members %v", id, is, want)
		}
	}
	group, err := f.Source.Group(t.Context(), f.anyGroup())
	if err != nil || group.SourceID != f.anyGroup() || group.Name == "" || !group.Assigned {
		t.Errorf("group: %+v, %v", group, err)
	}
}

func noticesDeletedGroups(t *testing.T, f Fixture) {
	id := f.anyGroup()
	f.DeleteGroup(t, id)
	if _, err := f.Source.Group(t.Context(), id); !isNotFound(err) {
		t.Errorf("group: %v; want not found", err)
	}
	if _, err := f.Source.Members(t.Context(), id, ""); !isNotFound(err) {
		t.Errorf("members: %v; want not found", err)
	}
}
