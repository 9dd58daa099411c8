package bitbucketdc

import (
	"context"
	"net/url"
	"sync"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// licensedUser is the least of the global permissions; all others hold it.
const licensedUser = "LICENSED_USER"

// isLicensed reports whether somebody holds a global permission, of their own
// or by a group.
//
// GET /rest/api/latest/users?filter=…&permission=LICENSED_USER
// https://developer.atlassian.com/server/bitbucket/rest/v905/api-group-system-maintenance/#api-api-latest-users-get
func (t *Target) isLicensed(ctx context.Context, name string) (bool, error) {
	query := filter(name)
	query.Set("permission", licensedUser)
	licensed := false
	err := every(ctx, t, "/users", query, func(user wireUser) bool {
		licensed = fold(user.Name) == fold(name)
		return !licensed
	})
	return licensed, err
}

// licensedList is the list of licensed users while all users are read.
type licensedList struct {
	mu    sync.Mutex
	names map[string]bool
}

// of returns the folded names of all licensed users. They are read for the
// first page of users and kept until the last one; a listing that goes on in
// another process reads them again.
//
// GET /rest/api/latest/users?permission=LICENSED_USER
// https://developer.atlassian.com/server/bitbucket/rest/v905/api-group-system-maintenance/#api-api-latest-users-get
func (l *licensedList) of(ctx context.Context, t *Target, first bool) (map[string]bool, error) {
	l.mu.Lock()
	names := l.names
	l.mu.Unlock()
	if names != nil && !first {
		return names, nil
	}
	names = map[string]bool{}
	err := every(ctx, t, "/users", url.Values{"permission": {licensedUser}}, func(user wireUser) bool {
		names[fold(user.Name)] = true
		return true
	})
	if err != nil {
		return nil, err
	}
	if len(names) == 0 || names[""] {
		// The credential's own user is one. Taken as it is, this would make everybody
		// somebody whose access is gone already.
		return nil, &directory.UnavailableError{Call: "GET " + root + "/users", Status: 200, Detail: "nobody is licensed, or somebody has no name, where the one who asks must be"}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.names = names
	return names, nil
}

func (l *licensedList) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.names = nil
}
