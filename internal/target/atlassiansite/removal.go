package atlassiansite

import (
	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// Removed settles a call that took an account out of a group: err is what it
// ended in, and there asks whether the account is in the group. A refusal is
// success once the membership, the account or the group is seen to be gone, and
// so is a 404 without a word. A 404 about what is there is an outage.
func Removed(call rest.Call, err error, there func() (bool, error)) error {
	if !rest.Answered(err) && !Bare(err) {
		return err
	}
	member, readErr := there()
	switch {
	case directory.ClassOf(readErr) == directory.ClassNotFound:
		return nil
	case readErr != nil:
		return rest.Unclear(call, readErr)
	case !member:
		return nil
	case directory.ClassOf(err) == directory.ClassNotFound:
		return &directory.UnavailableError{Call: call.Name(), Status: 404, Detail: directory.DetailOf(err)}
	}
	return err
}
