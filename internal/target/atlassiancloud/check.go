package atlassiancloud

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// Check asks who the organisation is, whether the directory is in it, and what
// the key may read. What it may write cannot be learnt without writing. What a
// person must change is in the report; an error means that the vendor could
// not be asked.
func (t *Target) Check(ctx context.Context) (directory.TargetReport, error) {
	var report directory.TargetReport
	found, err := t.checkDirectory(ctx, &report)
	if err != nil || !found {
		return report, err
	}
	report.Identity = Identity(t.organization, t.directory)

	managed, _, err := t.searchUsers(ctx, t.directory, userSearch{ClaimStatus: "managed", Limit: 1})
	if err := note(&report, err, "read accounts",
		"The API key may not read the directory's users. Give it the scope read:directories:admin, or create one without scopes, under Atlassian Administration, Settings, API keys."); err != nil {
		return report, err
	}
	_, _, err = t.searchGroups(ctx, t.directory, groupSearch{Limit: 1})
	if err := note(&report, err, "read groups",
		"The API key may not read the directory's groups. Give it the scope read:directories:admin, or create one without scopes, under Atlassian Administration, Settings, API keys."); err != nil {
		return report, err
	}
	if err := t.checkProducts(ctx, &report); err != nil {
		return report, err
	}
	return report, t.checkManaged(ctx, &report, managed)
}

// note records what one question showed the key may do, or what to do about a
// refusal. An error that is no refusal is returned.
func note(report *directory.TargetReport, err error, can, missing string) error {
	var auth *directory.AuthError
	var refused *directory.RefusedError
	switch {
	case err == nil:
		report.Can = append(report.Can, can)
		return nil
	case errors.As(err, &auth), errors.As(err, &refused):
		report.Missing = append(report.Missing, missing)
		return nil
	}
	return err
}

// checkDirectory looks for the configured directory in the organisation.
//
// GET /v2/orgs/{orgId}/directories
// https://developer.atlassian.com/cloud/admin/organization/rest/api-group-directory/#api-v2-orgs-orgid-directories-get
func (t *Target) checkDirectory(ctx context.Context, report *directory.TargetReport) (bool, error) {
	type place struct {
		ID   string `json:"directoryId"`
		Name string `json:"name"`
	}
	query := url.Values{"limit": {"100"}}
	var there []string
	progress := directory.NewProgress("list directories", func(p place) string { return p.ID })
	for cursor := ""; ; {
		call := rest.Call{
			Method: "GET", Template: "/admin/v2/orgs/{orgId}/directories",
			Args: []string{t.organization}, Query: query,
		}
		var got page[place]
		if err := t.client.Get(ctx, call, &got); err != nil {
			return false, organisationProblem(report, err)
		}
		places, next, err := listed(call, got, cursor)
		if err == nil {
			err = progress.Page(places, next == "")
		}
		if err != nil {
			return false, err
		}
		for _, one := range places {
			if one.ID == t.directory {
				report.Can = append(report.Can, fmt.Sprintf("see the directory %s (%s)", one.Name, one.ID))
				return true, nil
			}
			there = append(there, fmt.Sprintf("%s (%s)", one.ID, one.Name))
		}
		if next == "" {
			report.Missing = append(report.Missing, fmt.Sprintf(
				"The directory %s is not in this organisation, which has %v. Set directory to one of them.", t.directory, there))
			return false, nil
		}
		cursor = next
		query = url.Values{"cursor": {cursor}}
	}
}

// organisationProblem says what to do when the very first question is refused.
func organisationProblem(report *directory.TargetReport, err error) error {
	var auth *directory.AuthError
	var refused *directory.RefusedError
	switch {
	case errors.As(err, &auth) && auth.Status == 404, errors.As(err, &refused):
		report.Missing = append(report.Missing,
			"The organisation is not found. Set organization to the id in the address of Atlassian Administration (admin.atlassian.com/o/<id>).")
	case errors.As(err, &auth) && auth.Status == 401:
		report.Missing = append(report.Missing,
			"The API key is wrong, expired or revoked. Create one under Atlassian Administration, Settings, API keys, and set api_key to it.")
	case errors.As(err, &auth):
		report.Missing = append(report.Missing,
			"The API key may not read this organisation. Create it in this organisation, without scopes or with read:directories:admin.")
	default:
		return err
	}
	return nil
}

func (t *Target) checkProducts(ctx context.Context, report *directory.TargetReport) error {
	if len(t.products.products) == 0 {
		report.Can = append(report.Can, "invite people without a product: they have what their groups grant")
		return nil
	}
	_, err := t.products.rules(ctx)
	var refused *directory.RefusedError
	if errors.As(err, &refused) && refused.Status < 300 {
		report.Missing = append(report.Missing, "A configured product cannot be granted: "+refused.Detail+".")
		return nil
	}
	words := "grant the configured products:"
	for _, product := range t.products.products {
		words += " " + product.Name + " (" + product.Role + ")"
	}
	return note(report, err, words,
		"The API key may not list the organisation's products. Give it the scope read:workspaces:admin, or create one without scopes.")
}

// checkManaged asks, for one managed account, whether its attributes may be
// written.
//
// GET /users/{account_id}/manage
// https://developer.atlassian.com/cloud/admin/user-management/rest/api-group-manage/#api-users-account-id-manage-get
func (t *Target) checkManaged(ctx context.Context, report *directory.TargetReport, managed []wireAccount) error {
	if len(managed) == 0 {
		report.Can = append(report.Can, "no names or e-mail addresses: no account is managed by this organisation yet")
		return nil
	}
	call := rest.Call{
		Method: "GET", Template: "/users/{account_id}/manage", Args: []string{managed[0].AccountID},
		Object: "account",
	}
	_, err := t.client.Do(ctx, call)
	var missing *directory.NotFoundError
	if errors.As(err, &missing) {
		return nil
	}
	return note(report, err, "manage the attributes of managed accounts",
		"The API key may not manage accounts, so that names and e-mail addresses stay as they are. Create one without scopes.")
}

// Identity names the place that the accounts of a directory live in.
func Identity(organization, directory string) string {
	return "atlassian:" + organization + ":" + directory
}
