package config_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/config"
)

func TestTwoTargetsWithTheSameGroupsAreRefused(t *testing.T) {
	t.Parallel()
	type pair struct {
		a, b    string
		where   string
		message string
	}
	at := func(kind string, settings ...string) string {
		changed := map[string]string{}
		for pair := range slices.Chunk(settings, 2) {
			changed[pair[0]] = pair[1]
		}
		return settingsOf(kind, changed)
	}
	jira, wiki := at(config.KindJiraCloud), at(config.KindConfluenceCloud)
	cloud := at(config.KindAtlassianCloud, "products", "{jira: {role: user, site: example.atlassian.net}}")
	for name, p := range map[string]pair{
		"Jira and Confluence of one site":              {jira, wiki, ".url", "Jira and Confluence of one site have one set of groups"},
		"Confluence and Jira of one site":              {wiki, at(config.KindJiraCloud, "url", "https://EXAMPLE.atlassian.net:443/"), ".url", "Jira and Confluence of one site have one set of groups"},
		"Jira and Confluence at the path of the site":  {jira, at(config.KindConfluenceCloud, "url", "https://example.atlassian.net/wiki"), ".url", "Jira and Confluence of one site have one set of groups"},
		"an organization and a Jira of its site":       {cloud, jira, ".url", "the site is one of that organization, which has its groups"},
		"a Confluence and the organization of it":      {wiki, cloud, ".products", "the site is one of"},
		"Guard and its organization":                   {at(config.KindAtlassianCloud), at(config.KindAtlassianGuard, "directory", "e", "organization", "o"), ".organization", "what a Guard directory provisions is in its organization"},
		"Guard and an organization with its directory": {at(config.KindAtlassianGuard), at(config.KindAtlassianCloud), ".directory", "both are the same directory of Atlassian"},
		"Crowd and the Jira that it is":                {at(config.KindJiraDC), at(config.KindCrowd, "url", "https://jira.example.com/rest/usermanagement/1"), ".url", "both are the users and groups of the product at that address"},
		"Crowd and the Confluence that it is":          {at(config.KindCrowd, "url", "https://wiki.example.com/wiki/"), at(config.KindConfluenceDC), ".url", "both are the users and groups"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for connections, text := range map[string]string{"ca": connectionsOf([]string{p.a, p.b}), "cb": connectionsOf([]string{p.a}, []string{p.b})} {
				want := "connections." + connections + ".targets.tb" + p.where
				if connections == "cb" {
					want = "connections.cb.targets.ta" + p.where
				}
				got := problemsOf(t, "r.yaml", text)
				if len(got) != 1 || got[0].Path != want || !strings.HasPrefix(got[0].Message, "has the same groups as connections.ca.targets.ta (line 6): "+p.message) ||
					!strings.HasSuffix(got[0].Message, "Each would undo what the other does; keep one of the two") {
					t.Errorf("got  %v\nwant %s: …%s…", got, want, p.message)
				}
			}
		})
	}
}

func TestTheSameTargetTwiceIsRefusedInOneConnectionAlone(t *testing.T) {
	t.Parallel()
	for _, kind := range config.TargetKinds() {
		one := settingsOf(kind, nil)
		got := problemsOf(t, "r.yaml", connectionsOf([]string{one, one}))
		if len(got) != 1 || !strings.HasPrefix(got[0].Path, "connections.ca.targets.tb.") || !strings.Contains(got[0].Message, "has the same groups as connections.ca.targets.ta") {
			t.Errorf("%s twice: %v", kind, got)
		}
		parsed(t, "r.yaml", connectionsOf([]string{one}, []string{one}))
	}
}

func TestTargetsThatMayHaveTheSameGroupsAreWarnedOf(t *testing.T) {
	t.Parallel()
	with := func(kind, setting, value string) string { return settingsOf(kind, map[string]string{setting: value}) }
	cloud, guard, jira := settingsOf(config.KindAtlassianCloud, nil), with(config.KindAtlassianGuard, "directory", "e"), settingsOf(config.KindJiraCloud, nil)
	sited := with(config.KindAtlassianCloud, "products", "{jira: {role: user, site: other.atlassian.net}}")
	for name, c := range map[string]struct {
		text, warning string
	}{
		"a Guard directory of no organization":      {connectionsOf([]string{cloud, guard}), "which organization the Guard directory is of"},
		"a Guard directory of another organization": {connectionsOf([]string{cloud, settingsOf(config.KindAtlassianGuard, map[string]string{"directory": "e", "organization": "p"})}), ""},
		"a site and an organization without sites":  {connectionsOf([]string{jira, with(config.KindAtlassianCloud, "products", "{jira: user}")}), "which sites the organization's products are on"},
		"a site and an organization of no products": {connectionsOf([]string{cloud, jira}), "which sites"},
		"a site and an organization of another":     {connectionsOf([]string{sited, jira}), ""},
		"two connections":                           {connectionsOf([]string{cloud}, []string{guard, jira}), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := parsed(t, "r.yaml", c.text).Warnings
			if c.warning == "" {
				if len(got) > 0 {
					t.Errorf("warnings %v; want none", got)
				}
				return
			}
			if len(got) != 1 || got[0].Path != "connections.ca.targets.tb" || !strings.HasPrefix(got[0].Message, "may have the same groups as connections.ca.targets.ta (line 6): the file does not say "+c.warning) {
				t.Errorf("warnings %v; want %s", got, c.warning)
			}
		})
	}
}

func TestTargetsWithGroupsOfTheirOwnGoTogether(t *testing.T) {
	t.Parallel()
	with := func(kind, setting, value string) string { return settingsOf(kind, map[string]string{setting: value}) }
	for name, targets := range map[string][]string{
		"one of each kind": {
			with(config.KindAtlassianCloud, "products", "{jira: user}"), with(config.KindAtlassianGuard, "directory", "e"), settingsOf(config.KindJiraCloud, nil),
			with(config.KindConfluenceCloud, "url", "https://other.atlassian.net"), settingsOf(config.KindBitbucketCloud, nil), settingsOf(config.KindJiraDC, nil),
			settingsOf(config.KindConfluenceDC, nil), settingsOf(config.KindBitbucketDC, nil), settingsOf(config.KindCrowd, nil),
		},
		"two sites":                           {settingsOf(config.KindJiraCloud, nil), with(config.KindJiraCloud, "url", "https://other.atlassian.net")},
		"two directories of one organization": {settingsOf(config.KindAtlassianCloud, nil), with(config.KindAtlassianCloud, "directory", "e")},
		"two servers of one host":             {with(config.KindJiraDC, "url", "https://example.com/jira"), with(config.KindConfluenceDC, "url", "https://example.com/wiki"), with(config.KindCrowd, "url", "https://example.com/crowd")},
		"two ports of one host":               {with(config.KindJiraDC, "url", "https://example.com"), with(config.KindJiraDC, "url", "https://example.com:8443")},
		"two workspaces":                      {settingsOf(config.KindBitbucketCloud, nil), with(config.KindBitbucketCloud, "workspace", "other")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			parsed(t, "r.yaml", connectionsOf(targets))
		})
	}
}
