package sandbox

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/sandbox/atlassiansim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/compare"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/people"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
)

// AtlassianCloud is the kind of the target that a sandbox has when its options
// say nothing.
const AtlassianCloud = "atlassian-cloud"

// standIn is one target of a sandbox.
type standIn struct {
	kind string
	// api is its name in the fault engine.
	api     string
	handler http.Handler
	// state is what is compared, shown what the admin endpoint shows.
	state func() roster.Snapshot
	shown func() any
	// settings are those that a configuration needs beside kind and url, by their
	// names, credentials included.
	settings map[string]any
	// seed gives somebody an account by other means; nil where accounts are
	// made.
	seed func(email, name string) error
	// like says what the kind cannot do.
	like compare.Target
	// initial is the state before anybody wrote to it.
	initial roster.Snapshot
	// seeded are the Okta users who have been given an account.
	seeded map[string]bool
}

// builder makes the stand-in of a kind.
type builder struct {
	kind  string
	build func(s *Server, opts Options) *standIn
	// seeds is whether people get their accounts by other means.
	seeds bool
}

// builders are the kinds of target that there are stand-ins of, in the order of
// the documentation.
func builders() []builder {
	return []builder{
		{kind: AtlassianCloud, build: buildAtlassianCloud},
		{kind: AtlassianGuard, build: buildAtlassianGuard},
		{kind: JiraCloud, build: buildJiraCloud},
		{kind: ConfluenceCloud, build: buildConfluenceCloud, seeds: true},
		{kind: BitbucketCloud, build: buildBitbucketCloud, seeds: true},
		{kind: JiraDataCenter, build: buildJiraDataCenter},
		{kind: ConfluenceDataCenter, build: buildConfluenceDataCenter},
		{kind: BitbucketDataCenter, build: buildBitbucketDataCenter},
		{kind: Crowd, build: buildCrowd},
	}
}

// Kinds are the kinds of target that a sandbox can have.
func Kinds() []string {
	var kinds []string
	for _, b := range builders() {
		kinds = append(kinds, b.kind)
	}
	return kinds
}

// Seeds says whether people get their accounts in a kind of target by other
// means, so that a sandbox gives everybody one.
func Seeds(kind string) bool {
	return slices.ContainsFunc(builders(), func(b builder) bool { return b.kind == kind && b.seeds })
}

// buildTargets makes the targets that the options ask for, in their order.
func (s *Server) buildTargets(opts Options) error {
	asked := opts.Targets
	if len(asked) == 0 {
		asked = []string{AtlassianCloud}
	}
	all := builders()
	var errs []error
	for i, kind := range asked {
		at := slices.IndexFunc(all, func(b builder) bool { return b.kind == kind })
		switch {
		case at < 0:
			errs = append(errs, fmt.Errorf("sandbox: there is no stand-in of %q; there are %s", kind, strings.Join(Kinds(), ", ")))
		case slices.Contains(asked[:i], kind):
			errs = append(errs, fmt.Errorf("sandbox: %q is asked for twice", kind))
		default:
			s.targets = append(s.targets, all[at].build(s, opts))
		}
	}
	return errors.Join(errs...)
}

// target finds one of the sandbox's targets; nil when it has none of the kind.
func (s *Server) target(kind string) *standIn {
	if at := slices.IndexFunc(s.targets, func(t *standIn) bool { return t.kind == kind }); at >= 0 {
		return s.targets[at]
	}
	return nil
}

// atlassianSite is the host of the only site of the organisation.
const atlassianSite = "example.atlassian.net"

func buildAtlassianCloud(s *Server, opts Options) *standIn {
	managed := []string{people.Domain}
	if opts.Unmanaged {
		managed = nil
	}
	s.Atlassian = atlassiansim.New(atlassiansim.Options{
		OrgID: opts.OrgID, DirectoryID: opts.DirectoryID, APIKey: opts.AtlassianKey, Engine: s.Engine,
		Managed: managed, SeatLimit: opts.SeatLimit, Staleness: opts.StaleFor, Seed: opts.Seed,
	})
	s.Initial = s.Atlassian.State()
	return &standIn{
		kind: AtlassianCloud, api: atlassiansim.API, handler: s.Atlassian.Handler(),
		state: func() roster.Snapshot { return compare.Atlassian(s.Atlassian.State()) },
		shown: func() any { return s.Atlassian.State() },
		settings: map[string]any{
			"organization": s.Atlassian.OrgID(), "directory": s.Atlassian.DirectoryID(), "api_key": s.Atlassian.APIKey(),
			// Which site is said, as next to it other targets have sites of their own.
			"products": map[string]any{
				"jira":       map[string]string{"role": "user", "site": atlassianSite},
				"confluence": map[string]string{"role": "user", "site": atlassianSite},
			},
		},
	}
}

// seedAccounts gives everybody in Okta an account in the targets where people
// get theirs by other means, once.
func (s *Server) seedAccounts() error {
	users := s.Okta.State().Users
	for _, t := range s.targets {
		if t.seed == nil {
			continue
		}
		if t.seeded == nil {
			t.seeded = map[string]bool{}
		}
		for _, u := range users {
			if t.seeded[u.ID] {
				continue
			}
			if err := t.seed(u.Email, strings.TrimSpace(u.FirstName+" "+u.LastName)); err != nil {
				return fmt.Errorf("sandbox: %s: seed an account: %w", t.kind, err)
			}
			t.seeded[u.ID] = true
		}
	}
	return nil
}

// TargetState is the whole state of the target of a kind; empty for a kind that
// the sandbox has no target of.
func (s *Server) TargetState(kind string) roster.Snapshot {
	if t := s.target(kind); t != nil {
		return t.state()
	}
	return roster.Snapshot{}
}

// API is the name of a kind's stand-in in the fault engine: of its rules,
// limits and log. It is empty for a kind that the sandbox has no target of.
func (s *Server) API(kind string) string {
	if t := s.target(kind); t != nil {
		return t.api
	}
	return ""
}

// Applied counts how often each change was made in the target of a kind, by
// key.
func (s *Server) Applied(kind string) map[string]int { return appliedIn(s.Engine, s.API(kind)) }

func appliedIn(engine *fault.Engine, api string) map[string]int {
	times := map[string]int{}
	for _, call := range engine.Calls() {
		if call.API != api {
			continue
		}
		for _, key := range call.Keys() {
			times[key]++
		}
	}
	return times
}
