package jiracloud

import (
	"context"
	"slices"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/atlassiansite"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// wireRole is what is used of the vendor's ApplicationRole: a product of the
// site with its licence and the groups that grant it.
type wireRole struct {
	Key           string      `json:"key"`
	Groups        []wireGroup `json:"groupDetails"`
	DefaultGroups []wireGroup `json:"defaultGroupsDetails"`
	Unlimited     bool        `json:"hasUnlimitedSeats"`
	// Remaining is absent where the vendor does not tell it.
	Remaining *int `json:"remainingSeats"`
}

// full reports whether the licence has certainly no room.
func (r wireRole) full() bool { return !r.Unlimited && r.Remaining != nil && *r.Remaining <= 0 }

func (r wireRole) licence() directory.Licence {
	licence := directory.Licence{Product: r.Key, Known: r.Unlimited || r.Remaining != nil, Unlimited: r.Unlimited}
	if r.Remaining != nil && !r.Unlimited {
		licence.Free = max(0, *r.Remaining)
	}
	return licence
}

// roles lists the products of the site.
//
// GET /rest/api/3/applicationrole
// https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-application-roles/#api-rest-api-3-applicationrole-get
func (t *Target) roles(ctx context.Context) ([]wireRole, error) {
	call := rest.Call{Method: "GET", Template: "/rest/api/3/applicationrole"}
	var got []wireRole
	if err := t.client.Get(ctx, call, &got); err != nil {
		return nil, err
	}
	if got == nil {
		return nil, atlassiansite.Strange(call, 200, "the answer holds no list")
	}
	return got, nil
}

// fullBehind reports whether a group grants a product whose licence is full.
func (t *Target) fullBehind(ctx context.Context, groupID string) (bool, error) {
	roles, err := t.roles(ctx)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(roles, func(role wireRole) bool {
		return role.full() && slices.ContainsFunc(role.Groups, func(group wireGroup) bool { return group.ID == groupID })
	}), nil
}
