package sourcetest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// Run checks that a source keeps what directory.Source promises. setup makes a
// new fixture for each case.
func Run(t *testing.T, setup func(t *testing.T) Fixture) {
	for name, test := range map[string]func(t *testing.T, f Fixture){
		"a full read lists everybody once, over several pages":               readsUsers,
		"the groups selected are listed once, over several pages":            readsGroups,
		"the members of each group are listed once, over pages":              readsMembers,
		"a user is looked up by id, login and e-mail":                        looksUsersUp,
		"a listed user has all that a look-up tells":                         listsAllOfAUser,
		"what does not exist is not found":                                   findsNothing,
		"somebody erased is not found":                                       noticesErasure,
		"a leaver's look-up says so":                                         noticesLeavers,
		"a user's groups are those that list the user":                       looksGroupsUp,
		"a deleted group is not found":                                       noticesDeletedGroups,
		"an incremental read lists what changed and who left":                readsChanges,
		"the event log counts what happens, and says what needs a full read": pollsLog,
		"every failure is typed, whatever is asked":                          typesFailures,
		"a cancelled context ends a call at once":                            honoursContext,
		"Check finds an identity and nothing missing":                        checks,
		"Check says in words what a refused credential lacks":                checksRefusal,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, setup(t))
		})
	}
}

// mostPages ends a test whose source goes round in circles.
const mostPages = 1000

func allUsers(t *testing.T, s directory.Source, since time.Time) (users []directory.User, pages int, asked time.Time) {
	t.Helper()
	request := directory.PageRequest{Since: since}
	for pages = 1; pages < mostPages; pages++ {
		page, err := s.Users(t.Context(), request)
		if err != nil {
			t.Fatalf("read users, page %d: %v (%s)", pages, err, directory.DetailOf(err))
		}
		if page.AskedAt.IsZero() || len(page.Next) > 2048 {
			t.Fatalf("page %d: asked at %s, cursor of %d bytes", pages, page.AskedAt, len(page.Next))
		}
		if pages == 1 {
			asked = page.AskedAt
		}
		users = append(users, page.Users...)
		if request.Cursor = page.Next; page.Next == "" {
			return users, pages, asked
		}
	}
	t.Fatal("the list of users does not end")
	return nil, 0, asked
}

func readsUsers(t *testing.T, f Fixture) {
	users, pages, _ := allUsers(t, f.Source, time.Time{})
	if pages < 2 {
		t.Errorf("%d page; the fixture should have several", pages)
	}
	got := make(map[string]directory.Status, len(users))
	for _, user := range users {
		if _, twice := got[user.SourceID]; twice {
			t.Errorf("user %s is listed twice", user.SourceID)
		}
		if user.Status != directory.StatusDeprovisioned { // listing a leaver is allowed
			got[user.SourceID] = user.Status
		}
		if user.SourceID == f.Person.SourceID {
			if diff := cmp.Diff(f.Person, user); diff != "" {
				t.Errorf("a listed user (-want +got):\n%s", diff)
			}
		}
	}
	if diff := cmp.Diff(f.Listed, got); diff != "" {
		t.Errorf("users (-want +got):\n%s", diff)
	}
}

func allGroups(t *testing.T, s directory.Source, since time.Time) (ids []string, pages int, asked time.Time) {
	t.Helper()
	request := directory.PageRequest{Since: since}
	for pages = 1; pages < mostPages; pages++ {
		page, err := s.Groups(t.Context(), request)
		if err != nil {
			t.Fatalf("read groups, page %d: %v (%s)", pages, err, directory.DetailOf(err))
		}
		if pages == 1 {
			asked = page.AskedAt
		}
		for _, group := range page.Groups {
			ids = append(ids, group.SourceID)
		}
		if request.Cursor = page.Next; page.Next == "" {
			return ids, pages, asked
		}
	}
	t.Fatal("the list of groups does not end")
	return nil, 0, asked
}

func readsGroups(t *testing.T, f Fixture) {
	got, pages, _ := allGroups(t, f.Source, time.Time{})
	if pages < 2 {
		t.Errorf("%d page; the fixture should have several", pages)
	}
	want := []string{}
	for id := range f.Members {
		want = append(want, id)
	}
	if diff := cmp.Diff(want, got, cmpopts.SortSlices(strings.Compare), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
}

func readsMembers(t *testing.T, f Fixture) {
	most := 0
	for group, want := range f.Members {
		got, cursor, pages := []string{}, "", 0
		for pages = 1; pages < mostPages; pages++ {
			page, err := f.Source.Members(t.Context(), group, cursor)
			if err != nil {
				t.Fatalf("read members: %v", err)
			}
			got = append(got, page.UserIDs...)
			if cursor = page.Next; cursor == "" {
				break
			}
		}
		most = max(most, pages)
		if diff := cmp.Diff(want, got, cmpopts.SortSlices(strings.Compare), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("members of %s (-want +got):\n%s", group, diff)
		}
	}
	if most < 2 || most == mostPages {
		t.Errorf("the largest group has %d pages; want several, and an end", most)
	}
}

func readsChanges(t *testing.T, f Fixture) {
	incremental, ok := f.Source.(directory.IncrementalReader)
	if !ok || !incremental.Incremental() {
		if _, err := f.Source.Users(t.Context(), directory.PageRequest{Since: time.Now()}); err == nil {
			t.Error("a source that cannot read by time of change pretends to")
		}
		return
	}
	_, _, sinceUsers := allUsers(t, f.Source, time.Time{})
	_, _, sinceGroups := allGroups(t, f.Source, time.Time{})
	group, others := f.anyGroup(), []string{}
	for id := range f.Listed {
		if id != f.Person.SourceID {
			others = append(others, id)
		}
	}
	f.Rename(t, f.Person.SourceID)
	f.Deprovision(t, others[0])
	joined := ""
	for _, id := range others[1:] {
		if !contains(f.Members[group], id) {
			joined = id
			break
		}
	}
	f.Join(t, group, joined)

	users, _, _ := allUsers(t, f.Source, sinceUsers)
	got := map[string]directory.Status{}
	for _, user := range users {
		got[user.SourceID] = user.Status
	}
	if _, ok := got[f.Person.SourceID]; !ok {
		t.Error("a user who was renamed is not among those that changed")
	}
	if got[others[0]] != directory.StatusDeprovisioned {
		t.Errorf("a leaver is %q among those that changed", got[others[0]])
	}
	if len(got) >= len(f.Listed)/2 {
		t.Errorf("%d of %d users changed; two did", len(got), len(f.Listed))
	}
	groups, _, _ := allGroups(t, f.Source, sinceGroups)
	if !contains(groups, group) {
		t.Errorf("a group that somebody joined is not among those that changed: %v", groups)
	}
}

func contains(ids []string, id string) bool {
	for _, other := range ids {
		if other == id {
			return true
		}
	}
	return false
}

func pollsLog(t *testing.T, f Fixture) {
	log, ok := f.Source.(directory.ChangeLog)
	if !ok {
		return // it has no log, and does not say that it has
	}
	poll := func(cursor string) directory.Changes {
		t.Helper()
		changes, err := log.Changes(t.Context(), cursor)
		if err != nil {
			t.Fatalf("poll: %v (%s)", err, directory.DetailOf(err))
		}
		if changes.Next == "" {
			t.Fatal("poll: no cursor to go on with")
		}
		return changes
	}
	quiet := poll(poll("").Next)
	if quiet.Events != 0 || quiet.Full {
		t.Errorf("%+v when nothing happened", quiet)
	}
	f.Rename(t, f.Person.SourceID)
	renamed := poll(quiet.Next)
	if renamed.Events == 0 {
		t.Error("a change of a user is no event")
	}
	if again := poll(renamed.Next); again.Events != 0 {
		t.Errorf("%d events were counted twice", again.Events)
	}
	f.Erase(t, f.Departed)
	if erased := poll(renamed.Next); erased.Events == 0 || !erased.Full {
		t.Errorf("%+v after somebody was erased; want an event and a full read", erased)
	}
}

func honoursContext(t *testing.T, f Fixture) {
	f.Break(t, Slow)
	for name, operation := range f.operations() {
		ctx, cancel := context.WithCancel(t.Context())
		timer := time.AfterFunc(20*time.Millisecond, cancel)
		started := time.Now()
		err := operation(ctx)
		timer.Stop()
		cancel()
		if took := time.Since(started); !errors.Is(err, context.Canceled) || took > 5*time.Second {
			t.Errorf("%s: %v after %s; want context.Canceled at once", name, err, took)
		}
	}
}
