package confluencedc

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// owner is who the credential belongs to.
//
// GET /rest/api/user/current
// https://developer.atlassian.com/server/confluence/rest/v1003/api-group-user/#api-rest-api-user-current-get
func (t *Target) owner(ctx context.Context) (person, error) {
	call := rest.Call{Method: http.MethodGet, Template: "/rest/api/user/current", Query: url.Values{"expand": {"status"}}}
	var got person
	if err := t.client.Get(ctx, call, &got); err != nil {
		return person{}, err
	}
	if got.Type == "anonymous" || got.UserName == "" {
		return person{}, &directory.AuthError{Call: call.Name(), Status: http.StatusUnauthorized, Detail: "Confluence takes the caller for anonymous"}
	}
	return got, nil
}

// administers reports whether the credential may read the members of a group,
// which only an administrator may.
func (t *Target) administers(ctx context.Context) (bool, error) {
	groups, err := t.Groups(ctx, "")
	if err != nil {
		return false, err
	}
	if len(groups.Groups) == 0 {
		return false, incomplete(rest.Call{Method: http.MethodGet, Template: "/rest/api/group"}, "no group, where those of the administrators must be")
	}
	call := rest.Call{
		Method: http.MethodGet, Template: "/rest/api/group/{groupName}/member", Args: []string{groups.Groups[0].ID}, Object: "group",
	}
	_, err = t.client.Do(ctx, paged(call, 0, 1))
	var refused *directory.RefusedError
	if errors.As(err, &refused) && refused.Status == http.StatusForbidden {
		return false, nil
	}
	return err == nil, err
}

// explained says what a 403 about an object means: Confluence gives it to who
// is no administrator, and to one about what lives in a directory that it
// cannot write.
func (t *Target) explained(ctx context.Context, call rest.Call, err error) error {
	var refused *directory.RefusedError
	if !errors.As(err, &refused) || refused.Status != http.StatusForbidden {
		return err
	}
	administers, readErr := t.administers(ctx)
	switch {
	case readErr != nil:
		return rest.Unclear(call, readErr)
	case administers:
		return &directory.UnmanagedError{Call: refused.Call, Detail: refused.Detail}
	}
	return &directory.AuthError{
		Call: refused.Call, Status: refused.Status, Code: "administrator",
		Detail: "the credential's owner is no Confluence administrator: " + refused.Detail,
	}
}

// Check asks Confluence who owns the credential, whether that is an
// administrator, and which version it is. It tells neither whether its user
// directory can be written nor what is left of the licence.
func (t *Target) Check(ctx context.Context) (directory.TargetReport, error) {
	report := directory.TargetReport{Identity: t.identity}
	_, err := t.owner(ctx)
	var auth *directory.AuthError
	switch {
	case errors.As(err, &auth) && auth.Status == http.StatusNotFound:
		report.Missing = append(report.Missing, "There is no Confluence REST API at this address. Set url to Confluence's base URL, with its context path if it has one.")
		return report, nil
	case errors.As(err, &auth) && auth.Status == http.StatusForbidden:
		report.Missing = append(report.Missing, "The credential's owner may not use Confluence, or must pass a captcha after failed logins: log in once in a browser, or use a personal access token.")
		return report, nil
	case errors.As(err, &auth):
		report.Missing = append(report.Missing, "The credential is wrong, expired or revoked. Create a personal access token (Confluence 7.9 and later) and set token to it, or set user and password.")
		return report, nil
	case err != nil:
		return directory.TargetReport{}, err
	}
	if report.Version, err = t.version(ctx); err != nil {
		return directory.TargetReport{}, err
	}
	administers, err := t.administers(ctx)
	if err != nil {
		return directory.TargetReport{}, err
	}
	report.Licences = []directory.Licence{{Product: "confluence"}}
	if !administers {
		report.Missing = append(report.Missing, "The credential's owner is no Confluence administrator. Put the owner in the group confluence-administrators: to create, disable and delete accounts takes a system administrator.")
		return report, nil
	}
	report.Can = append(report.Can, "read and change groups and memberships")
	t.checkVersion(&report)
	report.Notes = append(report.Notes,
		"Confluence shows no e-mail addresses: people are linked by user name.",
		"Confluence does not tell whether its user directory can be written. Accounts and groups of an external one (LDAP, Crowd) are skipped as unmanaged.")
	return report, nil
}

// checkVersion says what this version can do and lacks.
func (t *Target) checkVersion(report *directory.TargetReport) {
	calls := []struct{ what, since string }{
		{"disable, enable and delete accounts", "8.2"}, {"list and create accounts", "8.4"},
	}
	for _, call := range calls {
		switch is, known := atLeast(report.Version, numbersOf(call.since)...); {
		case !known:
			report.Notes = append(report.Notes, "Confluence does not tell its version, so that it shows only when it is tried whether it can "+call.what+" (from "+call.since+").")
		case is:
			report.Can = append(report.Can, call.what)
		default:
			report.Missing = append(report.Missing, "Confluence "+report.Version+" cannot "+call.what+" over this API, which came with "+call.since+": upgrade it, or keep its accounts with a target of the kind crowd.")
		}
	}
	is, known := atLeast(report.Version, 10, 0)
	if is {
		report.Can = append(report.Can, "change names and e-mail addresses")
	}
	if known && !is {
		t.fixed.Store(true)
		report.Notes = append(report.Notes, "Confluence "+report.Version+" cannot change names and e-mail addresses over this API, which came with 10.0: they stay as they are.")
	}
}
