package atlassiansite

import (
	"context"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// CreateGroup makes the call that creates the group of a name; group reads what
// the product answers. The refusal of a name that is in use looks like any
// other, so that find looks whether there is a group of that name: it is a
// *directory.ConflictError then. A group without an id may have been made.
func CreateGroup[Wire any](
	ctx context.Context, client *rest.Client, call rest.Call, name string,
	group func(Wire) directory.TargetGroup, find func(context.Context, []string) ([]directory.TargetGroup, error),
) (directory.TargetGroup, error) {
	answer, err := client.Do(ctx, call)
	if err == nil {
		var wire Wire
		if err := client.Decode(call, answer, &wire); err != nil {
			return directory.TargetGroup{}, err
		}
		made := group(wire)
		if made.ID == "" {
			return directory.TargetGroup{}, &directory.UnavailableError{
				Call: call.Name(), Status: answer.Status, Ambiguous: true, Detail: "the answer gives the group no id",
			}
		}
		return made, nil
	}
	if !rest.Answered(err) {
		return directory.TargetGroup{}, err
	}
	found, readErr := find(ctx, []string{name})
	switch {
	case readErr != nil:
		return directory.TargetGroup{}, rest.Unclear(call, readErr)
	case len(found) > 0:
		return directory.TargetGroup{}, &directory.ConflictError{Call: call.Name(), Detail: directory.DetailOf(err)}
	}
	return directory.TargetGroup{}, err
}
