package memory

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// Permissions implements directory.GroupPermitter.
func (t *Target) Permissions(ctx context.Context, groupID string, scopes []string) ([]directory.Permission, error) {
	var held []directory.Permission
	err := t.read(ctx, "Permissions", func() error {
		g := t.group(groupID)
		if g == nil {
			return noGroup("Permissions")
		}
		held = nil
		for _, scope := range scopes {
			if !t.scopes[scope] {
				return noScope("Permissions", scope)
			}
			if level := g.permits[scope]; level != "" {
				held = append(held, directory.Permission{Scope: scope, Level: level})
			}
		}
		return nil
	})
	return held, err
}

// Permit implements directory.GroupPermitter.
func (t *Target) Permit(ctx context.Context, groupID string, p directory.Permission) error {
	return t.write(ctx, func() Write { return Write{Call: "Permit", GroupID: groupID, Value: p.Scope + " " + p.Level} }, func() error {
		g := t.group(groupID)
		switch {
		case g == nil:
			return noGroup("Permit")
		case !t.scopes[p.Scope]:
			return noScope("Permit", p.Scope)
		case p.Level == "":
			return &directory.RefusedError{Call: "Permit", Status: 400, Code: "level"}
		}
		if g.permits == nil {
			g.permits = map[string]string{}
		}
		g.permits[p.Scope] = p.Level
		return nil
	})
}

func noScope(call, scope string) error {
	what, _, _ := strings.Cut(scope, " ")
	return &directory.NotFoundError{Call: call, What: what}
}

// SeedScope adds a project or a repository, which is no write.
func (t *Target) SeedScope(scope string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.scopes == nil {
		t.scopes = map[string]bool{}
	}
	t.scopes[scope] = true
}

// SeedPermission gives a group a permission, which is no write.
func (t *Target) SeedPermission(groupID string, p directory.Permission) {
	t.mu.Lock()
	defer t.mu.Unlock()
	g := t.group(groupID)
	if g.permits == nil {
		g.permits = map[string]string{}
	}
	g.permits[p.Scope] = p.Level
}

// held are the permissions of a group in the order of their scopes.
func (g *group) held() []directory.Permission {
	var held []directory.Permission
	for _, scope := range slices.Sorted(maps.Keys(g.permits)) {
		held = append(held, directory.Permission{Scope: scope, Level: g.permits[scope]})
	}
	return held
}
