package config_test

import (
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/config"
)

func TestWhatBecomesOfALeaverOfASiteMustBeSaid(t *testing.T) {
	t.Parallel()
	const at = "connections.ca.targets.ta.leavers"
	for name, c := range map[string]struct {
		target, connection string
		refused            bool
	}{
		"not at all":               {"", "", true},
		"for half of them":         {"{deactivated: 'remove groups now, delete after 1d'}", "", true},
		"for others":               {"{suspended: keep, out_of_scope: keep}", "", true},
		"by the target":            {"{deactivated: delete now, deleted: delete now}", "", false},
		"by the connection":        {"", "{deactivated: delete now, deleted: delete now}", false},
		"by both":                  {"{deactivated: delete now}", "{deleted: delete now}", false},
		"as nothing, on purpose":   {"{deactivated: keep, deleted: keep}", "", false},
		"by half of each the same": {"{deactivated: delete now}", "{deactivated: delete now}", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := connectionsOf([]string{settingsOf(config.KindJiraCloud, map[string]string{"products": "[jira-software]", "leavers": c.target})})
			if c.connection != "" {
				text += "    leavers: " + c.connection + "\n"
			}
			if !c.refused {
				if got := parsed(t, "r.yaml", text).Warnings; len(got) > 0 {
					t.Errorf("warnings %v", got)
				}
				return
			}
			got := problemsOf(t, "r.yaml", text)
			if len(got) != 1 || got[0].Path != at || !strings.HasPrefix(got[0].Message, "jira-cloud cannot suspend or deactivate: say in deactivated and deleted what becomes of a leaver") {
				t.Errorf("got %v", got)
			}
		})
	}
	// Without products new accounts are in no group of the site's own.
	parsed(t, "r.yaml", connectionsOf([]string{settingsOf(config.KindJiraCloud, nil)}))
}

func TestALadderThatLeavesTheAccessIsWarnedOf(t *testing.T) {
	t.Parallel()
	const products, access = "a leaver keeps what the products' default groups grant", "a leaver keeps what access_groups grant"
	for name, c := range map[string]struct{ kind, leavers, warning string }{
		"a site that only takes the groups":          {config.KindJiraCloud, "{deactivated: remove groups now, deleted: delete now}", products},
		"a site, of who is deleted":                  {config.KindJiraCloud, "{deactivated: delete now, deleted: remove groups now}", products},
		"a site that takes the account in the end":   {config.KindJiraCloud, "{deactivated: 'remove groups now, delete after 7d', deleted: delete now}", ""},
		"a Bitbucket that only takes the groups":     {config.KindBitbucketDC, "{deleted: remove groups now}", access},
		"a Bitbucket that suspends, as it does":      {config.KindBitbucketDC, "", ""},
		"a Bitbucket that takes the account at once": {config.KindBitbucketDC, "{deactivated: delete now, deleted: keep}", ""},
		"a Jira that only takes the groups":          {config.KindJiraDC, "{deleted: remove groups now}", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			settings := map[string]string{"leavers": c.leavers}
			if c.kind == config.KindJiraCloud {
				settings["products"] = "[jira-software]"
			}
			got := parsed(t, "r.yaml", connectionsOf([]string{settingsOf(c.kind, settings)})).Warnings
			switch {
			case c.warning == "" && len(got) > 0:
				t.Errorf("warnings %v; want none", got)
			case c.warning != "" && (len(got) != 1 || got[0].Path != "connections.ca.targets.ta.leavers" || !strings.HasPrefix(got[0].Message, c.warning)):
				t.Errorf("warnings %v; want %s", got, c.warning)
			}
		})
	}
}
