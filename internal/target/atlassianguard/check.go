package atlassianguard

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// usersAtMost is how many users a directory holds by the vendor's newer
// documents, and usersOnce by its older ones.
// https://support.atlassian.com/provisioning-users/docs/understand-user-provisioning/
const (
	usersAtMost = 20_000
	usersOnce   = 5_000
)

// filling says how near to full a directory of so many users is; "" is far. One
// with more than usersOnce is of a newer organisation.
func filling(users int) string {
	for _, limit := range []int{usersOnce, usersAtMost} {
		if users > limit*9/10 && (users <= limit || limit == usersAtMost) {
			return fmt.Sprintf(
				"The directory has %d users, and Atlassian allows about %d (%d in older organisations). Ask Atlassian for more before it is full.",
				users, usersAtMost, usersOnce)
		}
	}
	return ""
}

// Check asks whether the key opens the directory and, with an organisation key,
// whether the organisation's groups can be seen. It writes nothing. An error
// means that the vendor could not be asked.
func (t *Target) Check(ctx context.Context) (directory.TargetReport, error) {
	// No API tells how many people the Guard subscription has room for, and
	// products are given by groups outside of this directory.
	report := directory.TargetReport{Licences: []directory.Licence{{Product: "atlassian-guard"}}}
	users := t.users()
	users.Query.Set("count", "1")
	first, err := page[wireUser](ctx, t, users, 1)
	if refused(err) {
		report.Missing = append(report.Missing, keyProblem(err))
		return report, nil
	}
	if err != nil {
		return report, err
	}
	report.Identity = Identity(t.directory)
	report.Directory = directory.DirectoryWritable
	report.Can = append(report.Can, "read and write users, and block them")
	if note := filling(*first.Total); note != "" {
		report.Notes = append(report.Notes, note)
	}
	groups := t.groups()
	groups.Query.Set("count", "1")
	_, err = page[wireGroup](ctx, t, groups, 1)
	switch {
	case refused(err):
		report.Missing = append(report.Missing, "The SCIM key may not read groups. Create a new key for the directory, and set api_key to it.")
	case err != nil:
		return report, err
	default:
		report.Can = append(report.Can, "read and write groups and their members; names stay as they are, since the API renames no group")
	}
	return report, t.checkOrganisation(ctx, &report)
}

func (t *Target) checkOrganisation(ctx context.Context, report *directory.TargetReport) error {
	if t.organisation == nil {
		report.Notes = append(report.Notes,
			"Without organization and organization_key it cannot be seen whether a site has a group of a new group's name (Atlassian would then create it and never bring it to the products), nor who administers the organisation: list administrators under protected.")
		return nil
	}
	_, err := t.organisation.groups(ctx, search{Limit: 1})
	if err == nil {
		_, err = t.organisation.users(ctx, search{Limit: 1})
	}
	switch {
	case refused(err):
		report.Missing = append(report.Missing, fmt.Sprintf(
			"The organisation key is refused (HTTP %d). Set organization to the id in the address of Atlassian Administration (admin.atlassian.com/o/<id>), and organization_key to an API key of it, without scopes or with read:directories:admin.", statusOf(err)))
	case err != nil:
		return err
	default:
		report.Can = append(report.Can, "see the groups of the organisation's sites, and who administers it")
	}
	return nil
}

// refused reports whether an error says that a credential, or what it is used
// on, must be changed by a person.
func refused(err error) bool {
	return directory.ClassOf(err) == directory.ClassAuth || rest.Answered(err)
}

func statusOf(err error) int {
	var auth *directory.AuthError
	var refused *directory.RefusedError
	switch {
	case errors.As(err, &auth):
		return auth.Status
	case errors.As(err, &refused):
		return refused.Status
	}
	return 0
}

func keyProblem(err error) string {
	if statusOf(err) == http.StatusNotFound {
		return "The directory is not found. Set directory to the id at the end of the SCIM base URL that Atlassian Administration shows under Security, Identity providers, your directory, Set up user provisioning."
	}
	return "The SCIM key is wrong, expired (a key lives for one year) or another directory's. Create one under Security, Identity providers, your directory, and set api_key to it."
}
