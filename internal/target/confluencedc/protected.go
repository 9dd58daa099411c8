package confluencedc

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// administratorsGroup is the group that can do everything in Confluence,
// whatever its permissions say.
// https://confluence.atlassian.com/doc/confluence-groups-for-administrators-139523.html
const administratorsGroup = "confluence-administrators"

// Protected returns the owner of the credential, the group
// confluence-administrators and everybody in it. Which other groups administer
// Confluence its API does not tell: they belong in the configuration.
func (t *Target) Protected(ctx context.Context) (directory.Protected, error) {
	owner, err := t.owner(ctx)
	if err != nil {
		return directory.Protected{}, err
	}
	accounts := map[string]bool{owner.UserName: true}
	protected := directory.Protected{GroupIDs: []string{administratorsGroup}}
	for id, err := range directory.AccountsIn(ctx, t, administratorsGroup) {
		var missing *directory.NotFoundError
		if errors.As(err, &missing) {
			protected.GroupIDs = nil
			break
		}
		if err != nil {
			return directory.Protected{}, err
		}
		accounts[id] = true
	}
	protected.AccountIDs = slices.Sorted(maps.Keys(accounts))
	return protected, nil
}
