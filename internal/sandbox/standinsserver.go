package sandbox

import (
	"strings"

	"github.com/rollcall-sync/rollcall/internal/sandbox/bitbucketdcsim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/compare"
	"github.com/rollcall-sync/rollcall/internal/sandbox/confluencedcsim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/crowdsim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/jiradcsim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
)

// The kinds of target that people run themselves.
const (
	JiraDataCenter       = "jira-dc"
	ConfluenceDataCenter = "confluence-dc"
	BitbucketDataCenter  = "bitbucket-dc"
	Crowd                = "crowd"
)

// jiraPickerLimit is what the property jira.ajax.autocomplete.limit is set to.
const jiraPickerLimit = 10_000

// Jira keeps the names of groups in lower case.
func buildJiraDataCenter(s *Server, opts Options) *standIn {
	// With many groups an administrator lets the picker show more than twenty.
	sim := jiradcsim.New(jiradcsim.Options{Engine: s.Engine, Seed: opts.Seed, PickerLimit: jiraPickerLimit})
	return &standIn{
		kind: JiraDataCenter, api: jiradcsim.API, handler: sim.Handler(),
		state: sim.Roster().State, shown: showRoster(sim.Roster()),
		settings: map[string]any{
			"token": jiradcsim.DefaultToken, "applications": []string{jiradcsim.DefaultApplication}, "leads_to": jiradcsim.DefaultLeadsTo,
		},
		like: compare.Target{UserNames: true, FoldsNames: true, DefaultGroups: []string{jiradcsim.DefaultGroup}},
	}
}

// Confluence tells no addresses, so that people are known by their user names.
func buildConfluenceDataCenter(s *Server, opts Options) *standIn {
	sim := confluencedcsim.New(confluencedcsim.Options{Engine: s.Engine, Seed: opts.Seed})
	return &standIn{
		kind: ConfluenceDataCenter, api: confluencedcsim.API, handler: sim.Handler(),
		state: sim.Roster().State, shown: showRoster(sim.Roster()),
		settings: map[string]any{"token": confluencedcsim.DefaultToken},
		like: compare.Target{
			ByUserName: true, UserNames: true, FoldsNames: true, DefaultGroups: []string{confluencedcsim.UsersGroup},
			// The names of groups stand in paths, where the server takes no slash.
			RefusesName: func(name string) bool { return strings.ContainsAny(name, `/\`) },
			// So says Confluence's own form for a new user.
			RefusesUserName: func(name string) bool { return strings.ContainsAny(name, `\,+<>'"`) },
		},
	}
}

// Bitbucket has no way to switch an account off: access hangs on groups.
func buildBitbucketDataCenter(s *Server, opts Options) *standIn {
	sim := bitbucketdcsim.New(bitbucketdcsim.Options{Engine: s.Engine, Seed: opts.Seed})
	return &standIn{
		kind: BitbucketDataCenter, api: bitbucketdcsim.API, handler: sim.Handler(),
		state: sim.Roster().State, shown: showRoster(sim.Roster()),
		settings: map[string]any{"token": sim.Token(), "access_groups": []string{bitbucketdcsim.UsersGroup}},
		like: compare.Target{
			UserNames: true, AccessGroups: []string{bitbucketdcsim.UsersGroup}, DefaultGroups: []string{bitbucketdcsim.UsersGroup},
		},
	}
}

func buildCrowd(s *Server, opts Options) *standIn {
	sim := crowdsim.New(crowdsim.Options{Engine: s.Engine, Seed: opts.Seed})
	return &standIn{
		kind: Crowd, api: crowdsim.API, handler: sim.Handler(),
		state: sim.Roster().State, shown: showRoster(sim.Roster()),
		settings: map[string]any{"application": sim.Application(), "password": sim.Password()},
		like:     compare.Target{UserNames: true},
	}
}

func showRoster(r *roster.Roster) func() any { return func() any { return r.State() } }
