package sandbox

import (
	"github.com/rollcall-sync/rollcall/internal/sandbox/bitbucketcloudsim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/compare"
	"github.com/rollcall-sync/rollcall/internal/sandbox/guardsim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/people"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/sandbox/sitesim"
)

// The kinds of target in the Cloud, besides AtlassianCloud.
const (
	AtlassianGuard  = "atlassian-guard"
	JiraCloud       = "jira-cloud"
	ConfluenceCloud = "confluence-cloud"
	BitbucketCloud  = "bitbucket-cloud"
)

func buildAtlassianGuard(s *Server, opts Options) *standIn {
	sim := guardsim.New(guardsim.Options{Engine: s.Engine, Seed: opts.Seed})
	return &standIn{
		kind: AtlassianGuard, api: guardsim.API, handler: sim.Handler(),
		state: sim.Roster().State, shown: showRoster(sim.Roster()),
		settings: map[string]any{
			"directory": guardsim.DefaultDirectory, "api_key": guardsim.DefaultKey,
			"organization": guardsim.DefaultOrganization, "organization_key": guardsim.DefaultOrganizationKey,
		},
	}
}

// A site of its own for each of its products' kinds: two connections that kept
// the groups of one site would take back what the other did.
func newSite(s *Server, opts Options, kind string) *sitesim.Sim {
	return sitesim.New(sitesim.Options{API: kind, Engine: s.Engine, Seed: opts.Seed, Staleness: opts.StaleFor})
}

// Jira tells nobody's name or address to those who may not see it, and writes
// neither.
func buildJiraCloud(s *Server, opts Options) *standIn {
	sim := newSite(s, opts, JiraCloud)
	return &standIn{
		kind: JiraCloud, api: JiraCloud, handler: sim.Handler(),
		state: sim.Roster().State, shown: showRoster(sim.Roster()),
		settings: map[string]any{
			"user": sim.User(), "token": sim.Token(), "products": []string{sitesim.ProductSoftware},
			// Jira can neither suspend nor deactivate: what becomes of leavers has to
			// be said.
			"leavers": map[string]string{"deactivated": "delete now", "deleted": "delete now", "suspended": "remove groups now"},
		},
		like: compare.Target{
			KeepsEmails: true, KeepsNames: true, Leavers: compare.Gone, Suspended: compare.Stripped, DefaultGroups: productGroups(sim.Roster()),
		},
	}
}

func buildConfluenceCloud(s *Server, opts Options) *standIn {
	sim := newSite(s, opts, ConfluenceCloud)
	return &standIn{
		kind: ConfluenceCloud, api: ConfluenceCloud, handler: sim.Handler(),
		state: sim.Roster().State, shown: showRoster(sim.Roster()),
		settings: map[string]any{"user": sim.User(), "token": sim.Token()},
		like:     compare.Target{KeepsEmails: true, KeepsNames: true, NoAccounts: true, Leavers: compare.Stripped, DefaultGroups: productGroups(sim.Roster())},
		seed: func(email, name string) error {
			_, err := sim.SeedAccount(email, name)
			return err
		},
	}
}

// unlimited calls an hour: a sandbox is not to take the hours that a first run
// has to be spread over.
const unlimited = 1_000_000

// Two groups of the organisation hold permissions.
func buildBitbucketCloud(s *Server, opts Options) *standIn {
	sim := bitbucketcloudsim.New(bitbucketcloudsim.Options{Engine: s.Engine, Seed: opts.Seed})
	settings := map[string]any{
		"workspace": bitbucketcloudsim.DefaultWorkspace, "user": bitbucketcloudsim.DefaultUser, "token": bitbucketcloudsim.DefaultToken,
		"calls_per_hour": unlimited,
	}
	like := compare.Target{KeepsEmails: true, KeepsNames: true, NoAccounts: true, Leavers: compare.Stripped}
	if groups := s.ownGroups(); len(groups) > 1 {
		settings["permissions"] = []map[string]string{
			{"group": groups[0], "project": bitbucketcloudsim.DefaultProject, "permission": "read"},
			{"group": groups[1], "repository": bitbucketcloudsim.DefaultRepository, "permission": "write"},
		}
		like.Permissions = []compare.Permission{
			{Group: groups[0], Scope: "project " + bitbucketcloudsim.DefaultProject, Level: "read"},
			{Group: groups[1], Scope: "repository " + bitbucketcloudsim.DefaultRepository, Level: "write"},
		}
	}
	return &standIn{
		kind: BitbucketCloud, api: bitbucketcloudsim.API, handler: sim.Handler(),
		state: sim.Roster().State, shown: showRoster(sim.Roster()), settings: settings, like: like,
		seed: func(email, name string) error {
			_, err := sim.SeedAccount(email, name)
			return err
		},
	}
}

// ownGroups are the names of Okta's own groups.
func (s *Server) ownGroups() []string {
	var names []string
	for _, g := range s.Okta.State().Groups {
		if g.Type == people.OktaGroup {
			names = append(names, g.Name)
		}
	}
	return names
}

// productGroups are the names of a fresh site's groups that give a product, in
// which it puts whoever gets an account.
func productGroups(r *roster.Roster) []string {
	var names []string
	for _, g := range r.Groups(func(g roster.Group) bool { return !g.Administrator && len(g.Permissions) > 0 }) {
		names = append(names, g.Name)
	}
	return names
}
