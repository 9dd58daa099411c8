package crowd

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// Check reads a user and a group, and the version where the product tells it.
// What the application may write, and whether its directories can be written,
// no call tells.
//
// GET /search?entity-type=user, GET /search?entity-type=group
// https://developer.atlassian.com/server/crowd/crowd-rest-resources/#search-resource
func (t *Target) Check(ctx context.Context) (directory.TargetReport, error) {
	var report directory.TargetReport
	answer, err := t.client.Do(ctx, one("user"))
	var auth *directory.AuthError
	switch {
	case errors.As(err, &auth) && auth.Status == 404:
		return report, t.lookBelow(ctx, &report)
	case errors.As(err, &auth) && auth.Status == 401:
		report.Missing = append(report.Missing,
			"The application's name or password is refused. In Crowd look at Applications (in Jira at User management, Jira user server), and set application and password to what is there.")
		return report, nil
	case errors.As(err, &auth):
		report.Missing = append(report.Missing,
			"Crowd refuses calls from this address. Add it to the application's remote addresses, and behind a proxy add the proxy's too.")
		return report, nil
	case err != nil:
		return report, err
	}
	if _, err := t.namesIn(one("user"), answer, "users"); err != nil {
		return report, err
	}
	report.Identity = t.identity
	report.Version = version(answer.Header.Get("X-Embedded-Crowd-Version"))
	report.Can = append(report.Can, "read users")
	answer, err = t.client.Do(ctx, one("group"))
	switch {
	case errors.As(err, &auth):
		report.Missing = append(report.Missing, "The application may not read groups. Give it access to the directory's groups.")
	case err != nil:
		return report, err
	default:
		if _, err := t.namesIn(one("group"), answer, "groups"); err != nil {
			return report, err
		}
		report.Can = append(report.Can, "read groups")
	}
	report.Notes = append(report.Notes,
		"Crowd does not tell whether its directories can be written: the application needs the permissions to add, modify and remove users and groups in the first of its directories.",
		"Crowd does not tell who administers it: the groups "+strings.Join(administrators(), ", ")+" are protected, with all who are in them. Name others under protected.")
	report.Licences = []directory.Licence{{Product: "crowd"}}
	return report, nil
}

// one asks for the name of one user or group.
func one(entity string) rest.Call {
	return rest.Call{Method: "GET", Template: root + "/search", Query: url.Values{"entity-type": {entity}, "start-index": {"0"}, "max-results": {"1"}}}
}

// lookBelow says what to do about an address that the API is not at: a Crowd
// server has it below /crowd unless somebody has moved it.
func (t *Target) lookBelow(ctx context.Context, report *directory.TargetReport) error {
	below := t.base.JoinPath("crowd")
	_, err := t.clientAt(below).Do(ctx, one("user"))
	var auth *directory.AuthError
	switch {
	case errors.As(err, &auth) && auth.Status == 404:
		report.Missing = append(report.Missing,
			"There is no Crowd API at this address. Set url to where the product is, with its context path, such as https://crowd.example.com/crowd or https://jira.example.com/jira.")
	case err == nil, errors.As(err, &auth):
		report.Missing = append(report.Missing, "The Crowd API is below /crowd at this address. Set url to "+below.String()+".")
	default:
		return err
	}
	return nil
}

// version is what X-Embedded-Crowd-Version tells, such as "Crowd/5.2.1" or
// "JIRA/9.12.0". The vendor's own client takes an answer without it for another
// service's [P]; here only the version is unknown then.
func version(header string) string {
	product, number, found := strings.Cut(strings.TrimSpace(header), "/")
	if !found {
		return product
	}
	return number + " (" + product + ")"
}
