package sourcetest

import (
	"context"
	"errors"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// Fixture is a source over a provider of its own, with at least two pages of
// users, of selected groups, and of the members of one group.
type Fixture struct {
	Source directory.Source
	// Secret is the credential, which no error may show.
	Secret string
	// Listed is everybody whom a full read lists.
	Listed map[string]directory.Status
	// Departed is somebody deprovisioned, whom a full read may leave out.
	Departed string
	// Members are the selected groups and who is in each.
	Members map[string][]string
	// Person is one of those listed, in full, who is in one of the groups.
	Person directory.User

	// The rest changes the provider, as somebody else would.

	// Rename changes an attribute of a user.
	Rename func(t *testing.T, userID string)
	// Deprovision makes a user a leaver, Erase removes one for good.
	Deprovision, Erase func(t *testing.T, userID string)
	// Join puts a user in a group.
	Join func(t *testing.T, groupID, userID string)
	// DeleteGroup removes a group.
	DeleteGroup func(t *testing.T, groupID string)
	// Break makes every call fail in a way until Mend.
	Break func(t *testing.T, f Fault)
	Mend  func(t *testing.T)
}

// Fault is a way in which a provider fails.
type Fault string

// The faults that a Fixture can be broken by.
const (
	// Unauthorized and Forbidden answer 401 and 403.
	Unauthorized Fault = "a 401"
	Forbidden    Fault = "a 403"
	// Limited answers 429 and to come back after 7 s; LimitedSilently says
	// nothing more.
	Limited         Fault = "a 429 that says when to come back"
	LimitedSilently Fault = "a 429 that says nothing"
	// Failing answers 503.
	Failing Fault = "a 503"
	// Cut closes the connection without an answer.
	Cut Fault = "a connection that is cut"
	// Slow answers after a minute.
	Slow Fault = "an answer that takes a minute"
)

// operations are the calls that a source must answer for.
func (f Fixture) operations() map[string]func(ctx context.Context) error {
	group := f.anyGroup()
	operations := map[string]func(ctx context.Context) error{
		"Users": func(ctx context.Context) error {
			_, err := f.Source.Users(ctx, directory.PageRequest{})
			return err
		},
		"Groups": func(ctx context.Context) error {
			_, err := f.Source.Groups(ctx, directory.PageRequest{})
			return err
		},
		"Members": func(ctx context.Context) error {
			_, err := f.Source.Members(ctx, group, "")
			return err
		},
		"User": func(ctx context.Context) error {
			_, err := f.Source.User(ctx, f.Person.SourceID)
			return err
		},
		"User by login": func(ctx context.Context) error {
			_, err := f.Source.User(ctx, f.Person.Login)
			return err
		},
		"UserGroups": func(ctx context.Context) error {
			_, err := f.Source.UserGroups(ctx, f.Person.SourceID)
			return err
		},
		"Group": func(ctx context.Context) error {
			_, err := f.Source.Group(ctx, group)
			return err
		},
	}
	if log, ok := f.Source.(directory.ChangeLog); ok {
		operations["Changes"] = func(ctx context.Context) error {
			_, err := log.Changes(ctx, "")
			return err
		}
	}
	return operations
}

// anyGroup is a group that Person is in.
func (f Fixture) anyGroup() string {
	found := ""
	for id, members := range f.Members {
		for _, member := range members {
			if member == f.Person.SourceID && (found == "" || id < found) {
				found = id
			}
		}
	}
	return found
}

func isNotFound(err error) bool {
	var notFound *directory.NotFoundError
	return errors.As(err, &notFound)
}
