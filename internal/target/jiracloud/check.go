package jiracloud

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/atlassiansite"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// Check asks what the site is, who owns the token, what that person may do as
// far as reading shows it, and what is left of the licences.
func (t *Target) Check(ctx context.Context) (directory.TargetReport, error) {
	report := directory.TargetReport{Identity: t.identity, Notes: notes()}
	if stop, err := t.checkServer(ctx, &report); stop || err != nil {
		return report, err
	}
	me, err := t.myself(ctx)
	if refused(err) {
		report.Missing = append(report.Missing,
			"The token is refused. Set user to the e-mail address of the account that made it and token to an API token of that account (id.atlassian.com, Security), and give the account access to Jira.")
		return report, nil
	}
	if err != nil {
		return report, err
	}
	for _, check := range []func(context.Context, *directory.TargetReport) error{t.checkPeople, t.checkLicences} {
		if err := check(ctx, &report); err != nil {
			return report, err
		}
	}
	return report, t.checkAdministrator(ctx, &report, me)
}

// notes are what this API cannot do, whoever asks.
func notes() []string {
	return []string{
		"Names, e-mail addresses and other attributes of accounts cannot be written over Jira's API: an account keeps those of its Atlassian account.",
		"Accounts cannot be suspended or deactivated over Jira's API: a leaver loses the groups (remove groups) or is removed from the site (delete).",
		"Whether users and groups are provisioned by another system (Atlassian Guard) is not told by Jira's API; writes to those that are will be refused.",
	}
}

func refused(err error) bool {
	var auth *directory.AuthError
	var no *directory.RefusedError
	return errors.As(err, &auth) || errors.As(err, &no)
}

// checkServer makes sure that this is Jira Cloud. stop is whether nothing else
// is worth asking.
//
// GET /rest/api/3/serverInfo
// https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-server-info/#api-rest-api-3-serverinfo-get
func (t *Target) checkServer(ctx context.Context, report *directory.TargetReport) (stop bool, err error) {
	call := rest.Call{Method: "GET", Template: "/rest/api/3/serverInfo"}
	var got struct {
		Version    string `json:"version"`
		Deployment string `json:"deploymentType"`
	}
	err = t.client.Get(ctx, call, &got)
	var auth *directory.AuthError
	switch {
	case errors.As(err, &auth) && auth.Status == 404:
		report.Missing = append(report.Missing, "There is no Jira at this address. Set url to the site's address, such as https://example.atlassian.net.")
		return true, nil
	case refused(err):
		// The question needs no credential; a wrong one is refused all the same.
		return false, nil
	case err != nil:
		return true, err
	case got.Deployment != "Cloud":
		report.Missing = append(report.Missing, "This is not Jira Cloud but Jira "+word(got.Deployment)+": use the target jira-dc.")
		return true, nil
	}
	report.Version = got.Version
	return false, nil
}

// word lets nothing but a word of a product's through.
func word(text string) string {
	if code := rest.CodeWord(text); code != "" {
		return code
	}
	return "of another kind"
}

// checkPeople reads one page of people and groups.
func (t *Target) checkPeople(ctx context.Context, report *directory.TargetReport) error {
	page, err := atlassiansite.People(ctx, t.client, "")
	err = note(report, err, "read accounts",
		"The token's owner may not read the site's users. Give the global permission \"Browse users and groups\" in Jira's administration.")
	if err != nil {
		return err
	}
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
	_, _, err = t.groups(ctx, nil, "")
	return note(report, err, "read groups",
		"The token's owner may not read the site's groups. Give the global permission \"Browse users and groups\" in Jira's administration.")
}

// note records what one question showed the token may do, or what to do about a
// refusal. An error that is no refusal is returned.
func note(report *directory.TargetReport, err error, can, missing string) error {
	switch {
	case err == nil:
		report.Can = append(report.Can, can)
	case refused(err):
		report.Missing = append(report.Missing, missing)
	default:
		return err
	}
	return nil
}

// checkLicences compares the configured products with those of the site.
func (t *Target) checkLicences(ctx context.Context, report *directory.TargetReport) error {
	roles, err := t.roles(ctx)
	if refused(err) {
		report.Missing = append(report.Missing,
			"The token's owner may not read the licences. Give the global permission \"Administer Jira\".")
		for _, product := range t.products {
			report.Licences = append(report.Licences, directory.Licence{Product: product})
		}
		return nil
	}
	if err != nil {
		return err
	}
	var there []string
	for _, role := range roles {
		there = append(there, role.Key)
		if slices.Contains(t.products, role.Key) || len(t.products) == 0 {
			report.Licences = append(report.Licences, role.licence())
		}
	}
	for _, product := range t.products {
		if !slices.Contains(there, product) {
			report.Missing = append(report.Missing, fmt.Sprintf(
				"The site has no %s. Set products to some of: %s.", product, strings.Join(there, ", ")))
		}
	}
	report.Can = append(report.Can, "read licences")
	if groups := t.grantedBy(roles); len(groups) > 0 {
		report.Notes = append(report.Notes, fmt.Sprintf(
			"A leaver who is taken out of the source's groups keeps what %s grants to every new account. Add the step delete to the leavers, or set no products and let a group of the source grant them.",
			strings.Join(groups, ", ")))
	}
	return nil
}

// grantedBy lists the groups that give new accounts the configured products.
func (t *Target) grantedBy(roles []wireRole) []string {
	var names []string
	for _, role := range roles {
		if !slices.Contains(t.products, role.Key) {
			continue
		}
		for _, group := range role.DefaultGroups {
			if !slices.Contains(names, group.Name) {
				names = append(names, group.Name)
			}
		}
	}
	return names
}

// checkAdministrator looks for the token's owner in the groups that administer.
func (t *Target) checkAdministrator(ctx context.Context, report *directory.TargetReport, me wireUser) error {
	site, organisation := false, false
	mine, err := t.groupsOf(ctx, me.AccountID)
	see := func(in *bool) func(wireGroup) {
		return func(group wireGroup) { *in = *in || slices.Contains(mine, group.ID) }
	}
	if err == nil {
		err = t.everyGroup(ctx, url.Values{"accessType": {"site-admin"}}, see(&site))
	}
	if err == nil {
		err = t.everyGroup(ctx, url.Values{"groupName": {"org-admins"}}, see(&organisation))
	}
	if refused(err) {
		return nil // said already: the groups cannot be read
	}
	if err != nil {
		return err
	}
	if site || organisation {
		report.Can = append(report.Can, "create groups and change their members")
	} else {
		report.Missing = append(report.Missing,
			"The token's owner is in no group of site administrators, and only those may create groups, change members and remove people. Make the owner an organization admin under Atlassian Administration.")
	}
	if organisation {
		report.Can = append(report.Can, "create accounts")
	} else {
		report.Notes = append(report.Notes,
			"Only an organization admin may create accounts, and this API does not tell whether the token's owner is one.")
	}
	return nil
}
