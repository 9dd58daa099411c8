package memory

import (
	"context"
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

func (g *group) join(accountID string) {
	if !slices.Contains(g.members, accountID) {
		g.members = append(g.members, accountID)
	}
}

func (g *group) leave(accountID string) {
	g.members = slices.DeleteFunc(g.members, func(id string) bool { return id == accountID })
}

func noGroup(call string) error { return &directory.NotFoundError{Call: call, What: "group"} }

// Groups implements directory.Target.
func (t *Target) Groups(ctx context.Context, cursor string) (directory.TargetGroupPage, error) {
	var got directory.TargetGroupPage
	err := t.read(ctx, "Groups", func() error {
		groups, next, err := page(t, t.groups, func(g *group) string { return g.ID }, cursor)
		for _, g := range groups {
			got.Groups = append(got.Groups, g.TargetGroup)
		}
		got.Next = next
		return err
	})
	return got, err
}

// FindGroups implements directory.Target.
func (t *Target) FindGroups(ctx context.Context, names []string) ([]directory.TargetGroup, error) {
	var found []directory.TargetGroup
	asked := make(map[string]bool, len(names))
	for _, name := range names {
		asked[strings.ToLower(name)] = true
	}
	err := t.read(ctx, "FindGroups", func() error {
		for _, g := range t.groups {
			if asked[strings.ToLower(g.Name)] {
				found = append(found, g.TargetGroup)
			}
		}
		return nil
	})
	return found, err
}

// named is whether another group has a name.
func (t *Target) named(name, except string) bool {
	return slices.ContainsFunc(t.groups, func(g *group) bool { return g.ID != except && strings.EqualFold(g.Name, name) })
}

// CreateGroup implements directory.Target.
func (t *Target) CreateGroup(ctx context.Context, wanted directory.NewGroup) (directory.TargetGroup, error) {
	write := Write{Call: "CreateGroup", Value: wanted.Name}
	var made directory.TargetGroup
	err := t.write(ctx, func() Write { return write }, func() error {
		switch {
		case Capabilities().GroupName(wanted.Name) != "":
			return &directory.RefusedError{Call: "CreateGroup", Status: 400, Code: "name"}
		case t.named(wanted.Name, ""):
			return &directory.ConflictError{Call: "CreateGroup"}
		}
		made = directory.TargetGroup{ID: t.id("group"), Name: wanted.Name}
		write.GroupID = made.ID
		t.groups = append(t.groups, &group{TargetGroup: made})
		return nil
	})
	if err != nil {
		return directory.TargetGroup{}, err
	}
	return made, nil
}

// RenameGroup implements directory.GroupRenamer.
func (t *Target) RenameGroup(ctx context.Context, groupID, name string) error {
	return t.write(ctx, func() Write { return Write{Call: "RenameGroup", GroupID: groupID, Value: name} }, func() error {
		g := t.group(groupID)
		switch {
		case g == nil:
			return noGroup("RenameGroup")
		case g.ReadOnly, Capabilities().GroupName(name) != "":
			return &directory.RefusedError{Call: "RenameGroup", Status: 400, Code: "name"}
		case t.named(name, groupID):
			return &directory.ConflictError{Call: "RenameGroup"}
		}
		g.Name = name
		return nil
	})
}

// Members implements directory.Target.
func (t *Target) Members(ctx context.Context, groupID, cursor string) (directory.AccountIDPage, error) {
	var got directory.AccountIDPage
	err := t.read(ctx, "Members", func() error {
		g := t.group(groupID)
		if g == nil {
			return noGroup("Members")
		}
		ids, next, err := page(t, g.members, func(id string) string { return id }, cursor)
		got = directory.AccountIDPage{AccountIDs: slices.Clone(ids), Next: next}
		return err
	})
	return got, err
}

// AddMember implements directory.Target.
func (t *Target) AddMember(ctx context.Context, groupID, accountID string) error {
	return t.write(ctx, func() Write { return Write{Call: "AddMember", AccountID: accountID, GroupID: groupID} }, func() error {
		g := t.group(groupID)
		switch {
		case g == nil:
			return noGroup("AddMember")
		case t.account(accountID) == nil:
			return noAccount("AddMember")
		case g.ReadOnly:
			return &directory.RefusedError{Call: "AddMember", Status: 403, Code: "read-only"}
		}
		g.join(accountID)
		return nil
	})
}

// RemoveMember implements directory.Target.
func (t *Target) RemoveMember(ctx context.Context, groupID, accountID string) error {
	return t.write(ctx, func() Write { return Write{Call: "RemoveMember", AccountID: accountID, GroupID: groupID} }, func() error {
		g := t.group(groupID)
		switch {
		case g == nil:
			return nil
		case g.ReadOnly:
			return &directory.RefusedError{Call: "RemoveMember", Status: 403, Code: "read-only"}
		}
		g.leave(accountID)
		return nil
	})
}
