package memory_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/source/sourcetest"
	"github.com/rollcall-sync/rollcall/internal/source/sourcetest/memory"
)

func TestASourceKeepsItsPromises(t *testing.T) {
	t.Parallel()
	sourcetest.Run(t, func(t *testing.T) sourcetest.Fixture {
		source := memory.New(memory.Options{PageSize: 3})
		f := sourcetest.Fixture{
			Source: source, Secret: "no-secret-at-all", Departed: "u9",
			Listed: map[string]directory.Status{}, Members: map[string][]string{},
		}
		for i := range 10 {
			user := person(i)
			if user.SourceID == f.Departed {
				user.Status = directory.StatusDeprovisioned
			} else {
				f.Listed[user.SourceID] = user.Status
			}
			source.SetUser(user)
		}
		f.Person = person(2)
		for i := range 5 {
			id := fmt.Sprintf("g%d", i)
			source.SetGroup(directory.Group{SourceID: id, Name: "Group " + id, Assigned: true})
			f.Members[id] = nil
			for j := range 2 * i {
				source.SetMember(id, person(j).SourceID, true)
				f.Members[id] = append(f.Members[id], person(j).SourceID)
			}
		}
		f.Rename = func(t *testing.T, userID string) { t.Fatal("this source lists no changes") }
		f.Deprovision = func(t *testing.T, userID string) {
			user, err := source.User(t.Context(), userID)
			if err != nil {
				t.Fatal(err)
			}
			user.Status = directory.StatusDeprovisioned
			source.SetUser(user)
		}
		f.Erase = func(_ *testing.T, userID string) { source.EraseUser(userID) }
		f.Join = func(_ *testing.T, groupID, userID string) { source.SetMember(groupID, userID, true) }
		f.DeleteGroup = func(_ *testing.T, groupID string) { source.DeleteGroup(groupID) }
		f.Break = func(_ *testing.T, fault sourcetest.Fault) {
			source.Fail(func(call string) memory.Failure { return failureOf(fault, call) })
		}
		f.Mend = func(*testing.T) { source.Fail(nil) }
		return f
	})
}

func person(i int) directory.User {
	id := fmt.Sprintf("u%d", i)
	return directory.User{
		SourceID: id, Status: directory.StatusActive, Assigned: true, Login: id + ".login", Email: id + "@example.com",
		FirstName: "First", LastName: "Of" + id, Attributes: map[string]any{"title": "Clerk"},
	}
}

func failureOf(fault sourcetest.Fault, call string) memory.Failure {
	switch fault {
	case sourcetest.Unauthorized:
		return memory.Failure{Err: &directory.AuthError{Call: call, Status: 401}}
	case sourcetest.Forbidden:
		return memory.Failure{Err: &directory.AuthError{Call: call, Status: 403}}
	case sourcetest.Limited:
		return memory.Failure{Err: &directory.RateLimitError{Call: call, RetryAfter: 7 * time.Second}}
	case sourcetest.LimitedSilently:
		return memory.Failure{Err: &directory.RateLimitError{Call: call}}
	case sourcetest.Slow:
		return memory.Failure{Delay: time.Minute}
	}
	return memory.Failure{Err: &directory.UnavailableError{Call: call, Status: 503}}
}

func TestTheOrderOfListsIsAsTheyAreTold(t *testing.T) {
	t.Parallel()
	source := memory.New(memory.Options{PageSize: 2})
	for i := range 4 {
		source.SetUser(person(i))
	}
	source.Order(func(id string) uint64 { return uint64('9' - id[1]) })
	page, err := source.Users(t.Context(), directory.PageRequest{})
	if err != nil || len(page.Users) != 2 || page.Users[0].SourceID != "u3" || page.Users[1].SourceID != "u2" {
		t.Errorf("got %+v, %v", page.Users, err)
	}
}
