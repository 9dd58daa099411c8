package confluencecloud

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/atlassiansite"
)

// Check asks who owns the token, what that person may do as far as reading shows
// it, and how people can be found. Confluence Cloud has no version, and its API
// does not tell what is left of the licence.
func (t *Target) Check(ctx context.Context) (directory.TargetReport, error) {
	report := directory.TargetReport{
		Identity: t.identity, Notes: notes(), Licences: []directory.Licence{{Product: "confluence"}},
	}
	me, err := t.current(ctx)
	var auth *directory.AuthError
	switch {
	case errors.As(err, &auth) && auth.Status == 404:
		report.Missing = append(report.Missing, "There is no Confluence at this address. Set url to the site's address, such as https://example.atlassian.net.")
		return report, nil
	case refused(err):
		report.Missing = append(report.Missing,
			"The token is refused. Set user to the e-mail address of the account that made it and token to an API token of that account (id.atlassian.com, Security), and give the account access to Confluence.")
		return report, nil
	case err != nil:
		return report, err
	}
	_, err = t.Account(ctx, me.AccountID)
	if err := note(&report, err, "look accounts up", "The token's owner may not look at user profiles. Give access to Confluence and the permission to view user profiles."); err != nil {
		return report, err
	}
	_, _, err = t.groups(ctx, "", 0, 1)
	if err := note(&report, err, "read groups", "The token's owner may not view groups. Make the owner an organization admin under Atlassian Administration."); err != nil {
		return report, err
	}
	if err := t.checkAdministrator(ctx, &report, me); err != nil {
		return report, err
	}
	return report, t.checkPeople(ctx, &report)
}

// notes are what this API cannot do, whoever asks.
func notes() []string {
	return []string{
		"Confluence's API makes, changes and removes no accounts: people get one by other means and are adopted; a leaver loses the groups (remove groups).",
		"A leaver keeps access to Confluence as long as any group that grants it has the account: let a group of the source grant it, and no other.",
		"The lists of members leave suspended accounts out.",
		"Whether users are provisioned by another system (Atlassian Guard) is not told by Confluence's API; groups that are come as read-only.",
	}
}

func refused(err error) bool {
	var auth *directory.AuthError
	var no *directory.RefusedError
	return errors.As(err, &auth) || errors.As(err, &no)
}

// note records what one question showed the token may do, or what to do about a
// refusal. An error that is no refusal is returned.
func note(report *directory.TargetReport, err error, can, missing string) error {
	switch {
	case err == nil:
		report.Can = append(report.Can, can)
	case refused(err), directory.ClassOf(err) == directory.ClassNotFound:
		report.Missing = append(report.Missing, missing)
	default:
		return err
	}
	return nil
}

// checkAdministrator looks for the token's owner in the groups that administer
// the site.
func (t *Target) checkAdministrator(ctx context.Context, report *directory.TargetReport, me wireMember) error {
	mine, err := t.groupsOf(ctx, me.AccountID)
	administers := false
	if err == nil {
		err = t.everyGroup(ctx, "site-admin", func(group wireGroup) { administers = administers || slices.Contains(mine, group.ID) })
	}
	if refused(err) {
		return nil // said already: the groups cannot be read
	}
	if err != nil {
		return err
	}
	if administers {
		report.Can = append(report.Can, "create groups and change their members")
		return nil
	}
	report.Missing = append(report.Missing,
		"The token's owner is in no group of site administrators, and only those may create groups and change members. Make the owner an organization admin under Atlassian Administration.")
	return nil
}

// checkPeople says how people are found by their e-mail address.
func (t *Target) checkPeople(ctx context.Context, report *directory.TargetReport) error {
	page, err := atlassiansite.People(ctx, t.client, "")
	if withoutJira(err) {
		report.Can = append(report.Can, "find people among the members of the groups that have access")
		report.Notes = append(report.Notes,
			"The site has no Jira that this token may use, and Confluence finds nobody by e-mail address: each look-up goes through the members of all groups with access, 200 a call.")
		return nil
	}
	if err != nil {
		return err
	}
	report.Can = append(report.Can, "find people by e-mail address, by the site's Jira")
	hidden := 0
	for _, account := range page.Accounts {
		if account.Email == "" {
			hidden++
		}
	}
	if hidden > 0 {
		report.Notes = append(report.Notes, fmt.Sprintf(
			"Of the first %d accounts, %d hide their e-mail address by their privacy settings: people with such an account cannot be found and are not adopted. Addresses of managed accounts (of a verified domain) are visible.",
			len(page.Accounts), hidden))
	}
	return nil
}
