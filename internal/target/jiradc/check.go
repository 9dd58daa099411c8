package jiradc

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// wireServer is what Jira tells about itself.
type wireServer struct {
	Version    string `json:"version"`
	Numbers    []int  `json:"versionNumbers"`
	Deployment string `json:"deploymentType"`
}

// deactivates reports whether this version writes an account's active flag,
// which came with 8.3 (JRASERVER-37294). One that does not tell its version is
// believed to.
func (s wireServer) deactivates() bool {
	return len(s.Numbers) < 2 || slices.Compare(s.Numbers[:2], []int{8, 3}) >= 0
}

// server asks for Jira's version.
//
// GET /rest/api/2/serverInfo
// https://developer.atlassian.com/server/jira/platform/rest/v10003/api-group-serverinfo/#api-api-2-serverinfo-get
func (t *Target) server(ctx context.Context) (wireServer, error) {
	call := rest.Call{Method: http.MethodGet, Template: "/rest/api/2/serverInfo"}
	var got wireServer
	if err := t.client.Get(ctx, call, &got); err != nil {
		return wireServer{}, err
	}
	if got.Version == "" {
		return wireServer{}, incomplete(call, "no version")
	}
	return got, nil
}

// Check asks Jira for its version, who owns the credential and what that one
// may do, and what is left of the licences. Jira does not tell whether the
// directory that accounts live in can be written.
func (t *Target) Check(ctx context.Context) (directory.TargetReport, error) {
	report := directory.TargetReport{Identity: t.identity}
	if err := t.check(ctx, &report); err != nil {
		return directory.TargetReport{}, err
	}
	if len(report.Missing) == 0 {
		report.Notes = append(report.Notes,
			"Jira does not tell whether its user directory can be written. Accounts and groups of an external one (LDAP, Crowd) are skipped as unmanaged.")
	}
	return report, nil
}

func (t *Target) check(ctx context.Context, report *directory.TargetReport) error {
	owner, err := t.myself(ctx)
	var auth *directory.AuthError
	switch {
	case errors.As(err, &auth) && auth.Status == http.StatusNotFound:
		report.Missing = append(report.Missing, "There is no Jira REST API at this address. Set url to Jira's base URL, with its context path if it has one.")
		return nil
	case errors.As(err, &auth) && auth.Status == http.StatusForbidden:
		report.Missing = append(report.Missing, "Jira refuses the credential, which may be a captcha after failed logins: log in once in a browser, or use a personal access token.")
		return nil
	case errors.As(err, &auth):
		report.Missing = append(report.Missing, "The credential is wrong, expired or revoked. Create a personal access token (Jira 8.14 and later) and set token to it, or set user and password.")
		return nil
	case err != nil:
		return err
	}
	server, err := t.server(ctx)
	if err != nil {
		return err
	}
	report.Version = server.Version
	if strings.EqualFold(server.Deployment, "cloud") {
		report.Missing = append(report.Missing, "This is Jira Cloud. Use a target of the kind atlassian-cloud, atlassian-guard or jira-cloud.")
		return nil
	}
	has, err := t.permissions(ctx)
	if err != nil {
		return err
	}
	if !has[permissionAdminister] {
		report.Missing = append(report.Missing, "The credential's owner lacks the global permission Jira Administrators. Put the owner in a group that has it (Administration, System, Global permissions).")
	} else {
		report.Can = append(report.Can, "create and change accounts, groups and memberships")
	}
	if !has[permissionBrowse] {
		report.Missing = append(report.Missing, "The credential's owner lacks the global permission Browse Users, without which searches find nobody. Give it to a group that the owner is in.")
	} else {
		report.Can = append(report.Can, "find accounts and groups")
	}
	if server.deactivates() {
		report.Can = append(report.Can, "deactivate accounts")
	} else {
		report.Missing = append(report.Missing, "Jira "+server.Version+adviceVersion+".")
	}
	if !has[permissionAdminister] || !has[permissionBrowse] {
		return nil
	}
	if has[permissionSystem] {
		report.Notes = append(report.Notes, "The credential's owner is a Jira system administrator; Jira Administrators is enough.")
	}
	if err := t.checkAddresses(ctx, report, owner); err != nil {
		return err
	}
	if err := t.checkLicences(ctx, report); err != nil {
		return err
	}
	return t.checkLeads(ctx, report)
}

func (t *Target) checkAddresses(ctx context.Context, report *directory.TargetReport, owner wireUser) error {
	told := address(owner.EmailAddress) != ""
	if !told {
		var err error
		if told, err = t.tellsAddresses(ctx); err != nil {
			return err
		}
	}
	if !told {
		report.Missing = append(report.Missing, "Jira does not show e-mail addresses. Set User email visibility to public or to logged in users only (Administration, System, General configuration), or set link_by to [user_name].")
	}
	return nil
}

func (t *Target) checkLicences(ctx context.Context, report *directory.TargetReport) error {
	roles, err := t.roles(ctx)
	if err != nil {
		return err
	}
	var there []string
	for _, role := range roles {
		there = append(there, role.Key)
		configured := slices.ContainsFunc(t.applications, func(key string) bool { return strings.EqualFold(key, role.Key) })
		if len(t.applications) > 0 && !configured {
			continue
		}
		licence := directory.Licence{Product: role.Key, Known: role.Unlimited || role.Remaining != nil, Unlimited: role.Unlimited}
		if role.Remaining != nil && !role.Unlimited {
			licence.Free = max(0, *role.Remaining)
		}
		report.Licences = append(report.Licences, licence)
	}
	for _, key := range t.applications {
		if !slices.ContainsFunc(there, func(one string) bool { return strings.EqualFold(one, key) }) {
			report.Missing = append(report.Missing, "This Jira has no application "+key+". Set applications to some of: "+strings.Join(there, ", ")+".")
		}
	}
	if len(t.applications) > 0 && len(report.Missing) == 0 {
		report.Can = append(report.Can, "give access to "+strings.Join(t.applications, ", "))
	}
	return nil
}

func (t *Target) checkLeads(ctx context.Context, report *directory.TargetReport) error {
	if t.leads.to == "" {
		report.Notes = append(report.Notes, "Without leads_to nothing is handed over, and Jira refuses to deactivate who leads a project or component.")
		return nil
	}
	_, err := t.successor(ctx)
	var refused *directory.RefusedError
	switch {
	case errors.As(err, &refused):
		report.Missing = append(report.Missing, "Nobody can be given what leavers lead: "+refused.Detail+". Set leads_to to the user name or e-mail address of an active account.")
	case err != nil:
		return err
	default:
		report.Can = append(report.Can, "hand over the projects and components that leavers lead")
	}
	return nil
}
