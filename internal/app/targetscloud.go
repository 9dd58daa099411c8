package app

import (
	"net/http"

	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/atlassiancloud"
	"github.com/rollcall-sync/rollcall/internal/target/atlassianguard"
	"github.com/rollcall-sync/rollcall/internal/target/bitbucketcloud"
	"github.com/rollcall-sync/rollcall/internal/target/confluencecloud"
	"github.com/rollcall-sync/rollcall/internal/target/jiracloud"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

func atlassianCloudIdentity(t config.Target) string {
	return atlassiancloud.Identity(t.Organization, t.Directory)
}

func newAtlassianCloud(t config.Target, transport http.RoundTripper) (directory.Target, error) {
	c := atlassiancloud.Config{
		BaseURL: t.URL, Organization: t.Organization, Directory: t.Directory, APIKey: t.APIKey.Reveal(),
		SendInvitations: t.SendInvitations, Timeout: t.Timeout, UserAgent: userAgent(), Transport: transport,
	}
	for _, p := range t.Products {
		c.Products = append(c.Products, atlassiancloud.Product(p))
	}
	return made(atlassiancloud.New(c))
}

func atlassianGuardIdentity(t config.Target) string { return atlassianguard.Identity(t.Directory) }

func newAtlassianGuard(t config.Target, transport http.RoundTripper) (directory.Target, error) {
	c := atlassianguard.Config{
		BaseURL: t.URL, Directory: t.Directory, Credential: credential(t), UserNames: t.Attributes["user_name"] != "",
		Timeout: t.Timeout, UserAgent: userAgent(), Transport: transport,
	}
	// Without its key the organization only tells which other targets have the
	// same groups.
	if !t.OrganizationKey.IsZero() {
		c.Organization, c.OrganizationKey = t.Organization, rest.Bearer(t.OrganizationKey.Reveal())
	}
	return made(atlassianguard.New(c))
}

func jiraCloudIdentity(t config.Target) string { return jiracloud.Identity(t.URL) }

func newJiraCloud(t config.Target, transport http.RoundTripper) (directory.Target, error) {
	c := jiracloud.Config{BaseURL: t.URL, Credential: credential(t), Timeout: t.Timeout, UserAgent: userAgent(), Transport: transport}
	for _, p := range t.Products {
		c.Products = append(c.Products, p.Name)
	}
	return made(jiracloud.New(c))
}

func confluenceCloudIdentity(t config.Target) string { return confluencecloud.Identity(t.URL) }

func newConfluenceCloud(t config.Target, transport http.RoundTripper) (directory.Target, error) {
	return made(confluencecloud.New(confluencecloud.Config{
		BaseURL: t.URL, Credential: credential(t), Timeout: t.Timeout, UserAgent: userAgent(), Transport: transport,
	}))
}

func bitbucketCloudIdentity(t config.Target) string { return bitbucketcloud.Identity(t.Workspace) }

func newBitbucketCloud(t config.Target, transport http.RoundTripper) (directory.Target, error) {
	return made(bitbucketcloud.New(bitbucketcloud.Config{
		BaseURL: t.URL, Workspace: t.Workspace, Credential: credential(t), Timeout: t.Timeout, UserAgent: userAgent(), Transport: transport,
	}))
}
