package config

import (
	"slices"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// The kinds of target.
const (
	// KindAtlassianCloud is an Atlassian Cloud organization, by its API.
	KindAtlassianCloud = "atlassian-cloud"
	// KindAtlassianGuard is a SCIM directory of Atlassian Guard.
	KindAtlassianGuard = "atlassian-guard"
	// KindJiraCloud is the Jira of a site.
	KindJiraCloud = "jira-cloud"
	// KindConfluenceCloud is the Confluence of a site.
	KindConfluenceCloud = "confluence-cloud"
	// KindBitbucketCloud is a workspace of Bitbucket Cloud.
	KindBitbucketCloud = "bitbucket-cloud"
	// KindJiraDC is a Jira Data Center.
	KindJiraDC = "jira-dc"
	// KindConfluenceDC is a Confluence Data Center.
	KindConfluenceDC = "confluence-dc"
	// KindBitbucketDC is a Bitbucket Data Center.
	KindBitbucketDC = "bitbucket-dc"
	// KindCrowd is a Crowd, or the users of a Jira by the same API.
	KindCrowd = "crowd"
)

// atlassianAPI is the base of Atlassian's own APIs.
const atlassianAPI = "https://api.atlassian.com"

// targetKind is a kind of target as the configuration knows it.
type targetKind struct {
	name string
	// url is the default base URL; empty where each has its own.
	url string
	// site is whether the base URL is a site's host, and path what may follow it.
	site bool
	path string
	// needs are the settings that it must have, and has those that it may have,
	// of the ones that not every kind has.
	needs, has []string
	// password is whether a user and a password can stand in for a token.
	password bool
	// namedByEmail is whether an account's user name is its address unless a
	// rule says otherwise; else it is the source's login.
	namedByEmail bool
	// can is what it is able to do; GroupName is left to its own package.
	can directory.Capabilities
	// linkBy is the default of link_by.
	linkBy []string
	// accessGroups is the default of access_groups, callsPerHour of
	// calls_per_hour.
	accessGroups []string
	callsPerHour int
}

// targetKinds is every kind of target, in the order in which they are listed
// to people.
func targetKinds() []targetKind {
	const (
		suspend    = directory.SuspendAccount
		deactivate = directory.DeactivateAccount
		remove     = directory.DeleteAccount
		groups     = directory.RemoveMember
	)
	email, either := []string{"email"}, []string{"email", "user_name"}
	return []targetKind{
		{
			name: KindAtlassianCloud, url: atlassianAPI, linkBy: email,
			needs: []string{"organization", "directory", "api_key"}, has: []string{"api_key_expires", "products", "send_invitations"},
			can: directory.Capabilities{
				Attributes: []string{"job_title", "department", "organization", "location", "locale", "time_zone"},
				Steps:      []directory.Kind{suspend, groups, deactivate, remove}, LinkBy: email, Creates: true, CreatesInGroups: true,
			},
		},
		{
			name: KindAtlassianGuard, url: atlassianAPI, linkBy: email, namedByEmail: true,
			needs: []string{"directory", "api_key"}, has: []string{"api_key_expires", "organization", "organization_key"},
			can: directory.Capabilities{
				Attributes: []string{
					"user_name", "given_name", "family_name", "nick_name", "job_title", "department", "organization", "locale", "time_zone", "phone_number",
				},
				Steps: []directory.Kind{deactivate, groups}, LinkBy: either, Creates: true, RenamesAccounts: true,
			},
		},
		{
			name: KindJiraCloud, site: true, linkBy: email,
			needs: []string{"url", "user", "token"}, has: []string{"token_expires", "products"},
			can: directory.Capabilities{Steps: []directory.Kind{groups, remove}, LinkBy: email, Creates: true},
		},
		{
			name: KindConfluenceCloud, site: true, path: "wiki", linkBy: email,
			needs: []string{"url", "user", "token"}, has: []string{"token_expires"},
			can: directory.Capabilities{Steps: []directory.Kind{groups}, LinkBy: email},
		},
		{
			// The hour's calls of a credential; support.atlassian.com, "API request limits".
			name: KindBitbucketCloud, url: "https://api.bitbucket.org", linkBy: email, callsPerHour: 1000,
			needs: []string{"workspace", "token"}, has: []string{"user", "token_expires", "permissions", "calls_per_hour"},
			can: directory.Capabilities{Steps: []directory.Kind{groups}, LinkBy: email, Permits: true},
		},
		{
			name: KindJiraDC, linkBy: email, password: true,
			needs: []string{"url"}, has: []string{"applications", "leads_to"},
			can: directory.Capabilities{
				Attributes: []string{"user_name"}, Steps: []directory.Kind{deactivate, groups, remove}, LinkBy: either, Creates: true, RenamesAccounts: true,
			},
		},
		{
			name: KindConfluenceDC, linkBy: []string{"user_name"}, password: true, needs: []string{"url"},
			can: directory.Capabilities{
				Attributes: []string{"user_name"}, Steps: []directory.Kind{deactivate, groups, remove}, LinkBy: []string{"user_name"}, Creates: true,
			},
		},
		{
			name: KindBitbucketDC, linkBy: email, password: true, accessGroups: []string{"stash-users"},
			needs: []string{"url"}, has: []string{"access_groups"},
			can: directory.Capabilities{
				Attributes: []string{"user_name"}, Steps: []directory.Kind{suspend, groups, remove}, LinkBy: either, Creates: true, CreatesInGroups: true,
			},
		},
		{
			name: KindCrowd, linkBy: email,
			needs: []string{"url", "application", "password"},
			can: directory.Capabilities{
				Attributes: []string{"user_name", "job_title", "department", "organization", "location"},
				Steps:      []directory.Kind{deactivate, groups, remove}, LinkBy: either, Creates: true, Nests: true,
			},
		},
	}
}

// TargetKinds returns the kinds of target, in the order in which they are
// listed to people.
func TargetKinds() []string {
	var names []string
	for _, k := range targetKinds() {
		names = append(names, k.name)
	}
	return names
}

// kindNamed returns a kind of target; false when there is none of that name.
func kindNamed(name string) (targetKind, bool) {
	kinds := targetKinds()
	i := slices.IndexFunc(kinds, func(k targetKind) bool { return k.name == name })
	if i < 0 {
		return targetKind{}, false
	}
	return kinds[i], true
}

// Capabilities is what a kind of target can do, as far as a configuration is
// checked against it.
func Capabilities(kind string) directory.Capabilities {
	k, _ := kindNamed(kind)
	return k.can
}

// settings returns the names of the settings that this kind has and not every
// kind.
func (k targetKind) settings() []string {
	own := slices.Concat(k.needs, k.has)
	if k.password {
		own = append(own, "token", "token_expires", "user", "password")
	}
	return own
}

// ownSettings returns the names of all settings that not every kind has, in
// the order of the kinds.
func ownSettings() []string {
	var all []string
	for _, k := range targetKinds() {
		for _, setting := range k.settings() {
			if setting != "url" && !slices.Contains(all, setting) {
				all = append(all, setting)
			}
		}
	}
	return all
}

// kindsWith returns the names of the kinds that have a setting.
func kindsWith(setting string) []string {
	var names []string
	for _, k := range targetKinds() {
		if slices.Contains(k.settings(), setting) {
			names = append(names, k.name)
		}
	}
	return names
}

// firstStep is the ladder of those who leave where the file has none: their
// access is taken as gently as this kind of target can, else their groups.
func firstStep(can directory.Capabilities) Ladder {
	for _, step := range can.Steps {
		if step == directory.SuspendAccount || step == directory.DeactivateAccount {
			return Ladder{{Action: step}}
		}
	}
	return Ladder{{Action: directory.RemoveMember}}
}
