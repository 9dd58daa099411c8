package bitbucketdc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// Check asks for the version, for the global permissions (which only an
// administrator reads), for users, groups and user directories. It writes
// nothing. How many users the licence is for, no call tells.
//
// GET /rest/api/latest/application-properties, GET /rest/api/latest/admin/permissions/groups, …
// https://developer.atlassian.com/server/bitbucket/rest/v905/api-group-system-maintenance/#api-api-latest-application-properties-get
func (t *Target) Check(ctx context.Context) (directory.TargetReport, error) {
	var report directory.TargetReport
	var about struct {
		Version string `json:"version"`
	}
	err := t.client.Get(ctx, rest.Call{Method: "GET", Template: root + "/application-properties"}, &about)
	var auth *directory.AuthError
	switch {
	case errors.As(err, &auth) && auth.Status == 404:
		report.Missing = append(report.Missing,
			"There is no Bitbucket at this address. Set url to where it is, with its context path, such as https://bitbucket.example.com.")
		return report, nil
	case err != nil && !errors.As(err, &auth):
		return report, err
	}
	report.Version = about.Version
	granted, err := t.permittedGroups(ctx)
	switch {
	case errors.As(err, &auth):
		report.Missing = append(report.Missing,
			"The credential is refused or its user is no administrator. Give the user the global permission Admin, or create an HTTP access token of such a user with the permission to administer.")
		return report, nil
	case err != nil:
		return report, err
	}
	report.Identity = t.identity
	report.Can = append(report.Can, "read global permissions")
	t.checkAccess(&report, granted)
	for _, one := range []struct{ what, template string }{{"users", "/admin/users"}, {"groups", "/admin/groups"}} {
		_, _, err := list[wireGroup](ctx, t, one.template, map[string][]string{"limit": {"1"}}, 0)
		switch {
		case errors.As(err, &auth):
			report.Missing = append(report.Missing, "The credential's user may not read "+one.what+". Give it the global permission Admin.")
		case err != nil:
			return report, err
		default:
			report.Can = append(report.Can, "read "+one.what)
		}
	}
	report.Licences = []directory.Licence{{Product: "bitbucket"}}
	return report, t.checkDirectories(ctx, &report)
}

// checkAccess compares the configured access groups with those that hold a
// global permission.
func (t *Target) checkAccess(report *directory.TargetReport, granted []permitted) {
	for _, name := range t.access {
		at := slices.IndexFunc(granted, func(p permitted) bool { return fold(p.Group.Name) == fold(name) })
		switch {
		case at < 0:
			report.Missing = append(report.Missing, fmt.Sprintf(
				"The group %s holds no global permission, so that nobody gets access by it. Give it the permission Bitbucket User, or name another under access_groups.", name))
		case administers(granted[at].Permission):
			report.Missing = append(report.Missing, fmt.Sprintf(
				"The group %s administers Bitbucket, and everybody who is given access would. Name another under access_groups.", name))
		default:
			report.Can = append(report.Can, "give access by the group "+granted[at].Group.Name)
		}
	}
}

// checkDirectories says whether users can be written: whether a directory that
// Bitbucket keeps itself comes first, which is where new users go. Without an
// answer that can be read that is unknown: how the API frames the list is [K],
// and so are the names of the types.
//
// GET /rest/api/latest/admin/user-directories
// https://developer.atlassian.com/server/bitbucket/rest/v905/api-group-permission-management/#api-api-latest-admin-user-directories-get
func (t *Target) checkDirectories(ctx context.Context, report *directory.TargetReport) error {
	answer, err := t.client.Do(ctx, rest.Call{Method: "GET", Template: root + "/admin/user-directories"})
	var auth *directory.AuthError
	switch {
	case errors.As(err, &auth), rest.Answered(err): // an older Bitbucket has no such call
		return nil
	case err != nil:
		return err
	}
	type userDirectory struct {
		Name   string `json:"name"`
		Type   string `json:"type"`
		Active *bool  `json:"active"`
	}
	var all []userDirectory
	if json.Unmarshal(answer.Body, &all) != nil {
		var framed struct {
			userDirectory
			Values []userDirectory `json:"values"`
		}
		if json.Unmarshal(answer.Body, &framed) != nil {
			return nil
		}
		if all = framed.Values; all == nil {
			all = []userDirectory{framed.userDirectory}
		}
	}
	for _, one := range all {
		if one.Type == "" || !is(one.Active) {
			continue
		}
		if report.Directory == directory.DirectoryUnknown {
			report.Directory = directory.DirectoryReadOnly
			if strings.Contains(strings.ToUpper(one.Type), "INTERNAL") {
				report.Directory = directory.DirectoryWritable
			}
			continue
		}
		report.Notes = append(report.Notes, "Beside the first user directory there is "+one.Name+"; accounts in one that another system fills are left as they are.")
	}
	if report.Directory == directory.DirectoryReadOnly {
		report.Missing = append(report.Missing,
			"The first user directory is filled by another system, and Bitbucket cannot write it. Put the internal directory first, or let that system provision people.")
	}
	return nil
}
