package crowd

import (
	"context"
	"net/url"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// Subgroups reads one page of 1,000 names of the groups that are directly in a
// group. As with members, an empty answer is followed by a look at the group.
//
// GET /group/child-group/direct?groupname=…
// https://developer.atlassian.com/server/crowd/crowd-rest-resources/#group-resource
func (t *Target) Subgroups(ctx context.Context, groupID, cursor string) (directory.GroupIDPage, error) {
	ids, next, err := t.within(ctx, groupID, "child-group/direct", "groups", cursor)
	if err == nil && len(ids) == 0 && cursor == "" {
		_, err = t.group(ctx, groupID)
	}
	if err != nil {
		return directory.GroupIDPage{}, err
	}
	return directory.GroupIDPage{GroupIDs: ids, Next: next}, nil
}

// AddSubgroup puts a group in another. Which circles Crowd refuses depends on
// its version [K], so that it is asked first whether the one holds the other.
// A directory without nested groups answers with a *directory.RefusedError.
//
// POST /group/child-group/direct?groupname=…
// https://developer.atlassian.com/server/crowd/crowd-rest-resources/#group-resource
func (t *Target) AddSubgroup(ctx context.Context, groupID, childID string) error {
	call := rest.Call{
		Method: "POST", Template: root + "/group/child-group/direct",
		Query: url.Values{"groupname": {groupID}}, Body: named{childID}, Object: "group",
	}
	circle := fold(groupID) == fold(childID)
	if !circle {
		var err error
		if circle, err = t.holds(ctx, childID, groupID, "nested"); err != nil {
			return err
		}
	}
	if circle {
		return &directory.RefusedError{Call: call.Name(), Code: "circle", Detail: "the groups would be in each other"}
	}
	err := t.client.Send(ctx, call)
	if !rest.Answered(err) {
		return err
	}
	in, readErr := t.holds(ctx, groupID, childID, "direct")
	switch {
	case readErr != nil:
		return rest.Unclear(call, readErr)
	case in:
		return nil
	}
	for _, id := range []string{groupID, childID} {
		if _, readErr := t.group(ctx, id); readErr != nil {
			return rest.UnclearUnlessGone(call, readErr)
		}
	}
	return rest.NotPossible(call, err)
}

// RemoveSubgroup takes a group out of another.
//
// DELETE /group/child-group/direct?groupname=…&child-groupname=…
// https://developer.atlassian.com/server/crowd/crowd-rest-resources/#group-resource
func (t *Target) RemoveSubgroup(ctx context.Context, groupID, childID string) error {
	call := rest.Call{
		Method: "DELETE", Template: root + "/group/child-group/direct",
		Query: url.Values{"groupname": {groupID}, "child-groupname": {childID}}, Object: "group",
	}
	err := t.client.Send(ctx, call)
	if !rest.Answered(err) {
		return err
	}
	in, readErr := t.holds(ctx, groupID, childID, "direct")
	switch {
	case readErr != nil:
		return rest.Unclear(call, readErr)
	case !in:
		return nil
	}
	return rest.NotPossible(call, err)
}

// holds reports whether a group is in another: "direct", or "nested" at any
// depth.
//
// GET /group/child-group/direct?groupname=…&child-groupname=…, GET /group/child-group/nested?…
// https://developer.atlassian.com/server/crowd/crowd-rest-resources/#group-resource
func (t *Target) holds(ctx context.Context, groupID, childID, how string) (bool, error) {
	return t.isIn(ctx, rest.Call{
		Method: "GET", Template: root + "/group/child-group/" + how,
		Query: url.Values{"groupname": {groupID}, "child-groupname": {childID}}, Object: "membership",
	}, "groups", childID)
}
