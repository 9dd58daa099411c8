package bitbucketcloud

import (
	"context"
	"net/http"
	"slices"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// Check asks whether the workspace is there, whether the credential administers
// it, and whether its groups are kept by Bitbucket itself. It writes nothing.
// An error means that the vendor could not be asked.
func (t *Target) Check(ctx context.Context) (directory.TargetReport, error) {
	// No API tells how many people the plan has room for.
	report := directory.TargetReport{Licences: []directory.Licence{{Product: "bitbucket"}}}
	for _, step := range []struct {
		ask          func(context.Context) error
		can, missing string
		// last is set where nothing else is worth asking after a refusal.
		last bool
	}{
		{t.checkWorkspace, "see the workspace", "The workspace is not found, or the token is wrong, expired or revoked. Set workspace to the name in https://bitbucket.org/<workspace>, and token to an API token of one of its administrators (with user), or to an access token of the workspace.", true},
		{t.checkOwner, "administer the workspace", "The credential's user does not administer the workspace. Put them in its group Administrators, or use an administrator's token.", false},
		{t.checkAddresses, "find members by e-mail address", "The credential may not search members by e-mail address. Only a workspace administrator may, with the scope read:workspace:bitbucket (of an access token: account).", false},
		{t.checkGroups, "read and write groups and their members", "The workspace's groups cannot be read. The token needs the scopes read:workspace:bitbucket and admin:workspace:bitbucket (an access token account and account:write). If the workspace is administered in admin.atlassian.com, its groups are the organisation's: use the kind atlassian-cloud or atlassian-guard for it.", false},
	} {
		err := step.ask(ctx)
		switch {
		case err == nil:
			report.Can = append(report.Can, step.can)
			continue
		case directory.ClassOf(err) != directory.ClassAuth && !rest.Answered(err):
			return report, err
		}
		report.Missing = append(report.Missing, step.missing)
		if step.last {
			return report, nil
		}
	}
	own, err := t.self(ctx)
	switch {
	case err != nil:
		return report, err
	case own == "":
		report.Notes = append(report.Notes,
			"The token is nobody's (a workspace access token): Bitbucket changes permissions on projects and repositories for a user's own token only. Set user and that user's token if permissions are configured.")
	}
	report.Identity = Identity(t.workspace)
	if len(report.Missing) == 0 {
		report.Directory = directory.DirectoryWritable
	}
	report.Notes = append(report.Notes,
		"Bitbucket makes and blocks no accounts: people are invited to the workspace by other means, and leavers lose their groups.",
		"Bitbucket allows 1,000 calls an hour (calls_per_hour, if Atlassian has told you more). Rollcall spreads a large run over hours rather than using up what others need.")
	return report, nil
}

// GET /2.0/workspaces/{workspace}
// https://developer.atlassian.com/cloud/bitbucket/rest/api-group-workspaces/#api-workspaces-workspace-get
func (t *Target) checkWorkspace(ctx context.Context) error {
	return t.client.Send(ctx, rest.Call{Method: http.MethodGet, Template: "/2.0/workspaces/{workspace}", Args: []string{t.workspace}})
}

func (t *Target) checkOwner(ctx context.Context) error {
	owners, err := t.owners(ctx)
	if err != nil {
		return err
	}
	own, err := t.self(ctx)
	if err != nil {
		return err
	}
	if own != "" && !slices.ContainsFunc(owners, func(m wireMember) bool { return m.User.UUID == own }) {
		return &directory.AuthError{Call: "GET /2.0/workspaces/{workspace}/permissions", Status: http.StatusOK, Code: "not-owner"}
	}
	return nil
}

func (t *Target) checkAddresses(ctx context.Context) error {
	// Nobody has an address of this domain (RFC 2606): the search itself is what
	// is refused to others.
	_, err := t.FindAccounts(ctx, []string{"nobody@rollcall.invalid"})
	return err
}

func (t *Target) checkGroups(ctx context.Context) error {
	_, err := t.groups(ctx)
	return err
}
