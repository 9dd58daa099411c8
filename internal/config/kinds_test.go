package config_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/directory"
)

// said are ladders for a target that must have some.
const said = "{deactivated: delete now, deleted: delete now}"

// smallest is the least that a target of each kind must have, by setting.
func smallest(kind string) map[string]string {
	return map[string]map[string]string{
		config.KindAtlassianCloud:  {"organization": "o", "directory": "d", "api_key": "${ATLASSIAN_API_KEY}"},
		config.KindAtlassianGuard:  {"directory": "d", "api_key": "${GUARD_API_KEY}"},
		config.KindJiraCloud:       {"url": "https://example.atlassian.net", "user": "me@example.com", "token": "${JIRA_TOKEN}"},
		config.KindConfluenceCloud: {"url": "https://example.atlassian.net", "user": "me@example.com", "token": "${CONFLUENCE_TOKEN}"},
		config.KindBitbucketCloud:  {"workspace": "example", "token": "${BITBUCKET_TOKEN}"},
		config.KindJiraDC:          {"url": "https://jira.example.com", "token": "${JIRA_DC_TOKEN}"},
		config.KindConfluenceDC:    {"url": "https://wiki.example.com/wiki", "token": "${CONFLUENCE_DC_PASSWORD}"},
		config.KindBitbucketDC:     {"url": "https://bitbucket.example.com", "token": "${BITBUCKET_DC_TOKEN}"},
		config.KindCrowd:           {"url": "https://crowd.example.com/crowd", "application": "rollcall", "password": "${CROWD_PASSWORD}"},
	}[kind]
}

// settingsOf writes settings as lines, sorted; an empty value leaves one out.
func settingsOf(kind string, changed map[string]string) string {
	all := map[string]string{"kind": kind}
	for _, settings := range []map[string]string{smallest(kind), changed} {
		for name, value := range settings {
			all[name] = value
		}
	}
	var lines []string
	for name, value := range all {
		if value != "" {
			lines = append(lines, name+": "+value)
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// connectionsOf is a file with connections, each of which has targets, each of
// which has lines.
func connectionsOf(connections ...[]string) string {
	var b strings.Builder
	b.WriteString("connections:\n")
	for i, targets := range connections {
		b.WriteString("  c" + string(rune('a'+i)) + ":\n    source: {kind: scim}\n    targets:\n")
		for j, lines := range targets {
			b.WriteString("      t" + string(rune('a'+j)) + ":\n        " + strings.ReplaceAll(lines, "\n", "\n        ") + "\n")
		}
	}
	return b.String()
}

func TestEachKindHasDefaultsOfItsOwn(t *testing.T) {
	t.Parallel()
	type defaults struct {
		URL, Ladder          string
		LinkBy, AccessGroups []string
		CallsPerHour         int
	}
	email := []string{"email"}
	for kind, want := range map[string]defaults{
		config.KindAtlassianCloud:  {"https://api.atlassian.com", "suspend now", email, nil, 0},
		config.KindAtlassianGuard:  {"https://api.atlassian.com", "deactivate now", email, nil, 0},
		config.KindJiraCloud:       {"https://example.atlassian.net", "remove groups now", email, nil, 0},
		config.KindConfluenceCloud: {"https://example.atlassian.net", "remove groups now", email, nil, 0},
		config.KindBitbucketCloud:  {"https://api.bitbucket.org", "remove groups now", email, nil, 1000},
		config.KindJiraDC:          {"https://jira.example.com", "deactivate now", email, nil, 0},
		config.KindConfluenceDC:    {"https://wiki.example.com/wiki", "deactivate now", []string{"user_name"}, nil, 0},
		config.KindBitbucketDC:     {"https://bitbucket.example.com", "suspend now", email, []string{"stash-users"}, 0},
		config.KindCrowd:           {"https://crowd.example.com/crowd", "deactivate now", email, nil, 0},
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			c := parsed(t, "r.yaml", connectionsOf([]string{settingsOf(kind, nil)}))
			target := c.Connections["ca"].Targets["ta"]
			got := defaults{target.URL, directory.Ladder(target.Leavers.Deleted).String(), target.LinkBy, target.AccessGroups, target.CallsPerHour}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("defaults (-want +got):\n%s", diff)
			}
			for reason, ladder := range c.Connections["ca"].Rules(config.Capabilities).Targets["ta"].Leavers {
				if ladder.String() != want.Ladder {
					t.Errorf("%s is %q", reason, ladder)
				}
			}
			if len(c.Warnings) > 0 {
				t.Errorf("warnings %v", c.Warnings)
			}
		})
	}
	if len(config.TargetKinds()) != 9 {
		t.Errorf("there are %d kinds; each must be above", len(config.TargetKinds()))
	}
}

func TestAnUnknownKindIsAnsweredWithEveryKind(t *testing.T) {
	t.Parallel()
	got := problemsOf(t, "r.yaml", connectionsOf([]string{"kind: jira"}))
	kinds := config.TargetKinds()
	if want := strings.Join(kinds[:len(kinds)-1], ", ") + " or " + kinds[len(kinds)-1]; len(got) != 1 || !strings.Contains(got[0].Message, want) {
		t.Errorf("got %v\nwant %s", got, want)
	}
}

func TestALadderOfTheFileGoesBeforeThatOfTheKind(t *testing.T) {
	t.Parallel()
	text := connectionsOf([]string{settingsOf(config.KindJiraDC, map[string]string{"leavers": "{deleted: keep}"})}) +
		"    leavers: {suspended: remove groups now}\n"
	leavers := parsed(t, "r.yaml", text).Connections["ca"].Targets["ta"].Leavers
	got := []string{directory.Ladder(leavers.Deleted).String(), directory.Ladder(leavers.Suspended).String(), directory.Ladder(leavers.OutOfScope).String()}
	if diff := cmp.Diff([]string{directory.Ladder{}.String(), "remove groups now", "deactivate now"}, got); diff != "" {
		t.Errorf("deleted, suspended, out of scope (-want +got):\n%s", diff)
	}
}

// Every setting that not every kind has is refused where it does not belong,
// with where it does, and missed where it must be.
func TestEachKindHasItsOwnSettings(t *testing.T) {
	t.Parallel()
	values := map[string]string{
		"organization": "o", "directory": "d", "api_key": "${ATLASSIAN_API_KEY}", "api_key_expires": "2027-01-31", "organization_key": "${ATLASSIAN_API_KEY}",
		"workspace": "w", "user": "u", "token": "${JIRA_TOKEN}", "token_expires": "2027-01-31", "application": "a", "password": "${CROWD_PASSWORD}",
		"products": "{}", "send_invitations": "true", "applications": "[]", "leads_to": "u", "access_groups": "[a]", "permissions": "[]", "calls_per_hour": "60",
	}
	own := map[string][]string{
		config.KindAtlassianCloud:  {"organization", "directory", "api_key", "api_key_expires", "products", "send_invitations"},
		config.KindAtlassianGuard:  {"organization", "directory", "api_key", "api_key_expires", "organization_key"},
		config.KindJiraCloud:       {"user", "token", "token_expires", "products"},
		config.KindConfluenceCloud: {"user", "token", "token_expires"},
		config.KindBitbucketCloud:  {"workspace", "user", "token", "token_expires", "permissions", "calls_per_hour"},
		config.KindJiraDC:          {"user", "token", "token_expires", "password", "applications", "leads_to"},
		config.KindConfluenceDC:    {"user", "token", "token_expires", "password"},
		config.KindBitbucketDC:     {"user", "token", "token_expires", "password", "access_groups"},
		config.KindCrowd:           {"application", "password"},
	}
	const at = "connections.ca.targets.ta."
	for _, kind := range config.TargetKinds() {
		for setting, value := range values {
			text := connectionsOf([]string{settingsOf(kind, map[string]string{setting: value})})
			_, err := config.Parse("r.yaml", []byte(text), environment)
			refused := err != nil && strings.Contains(err.Error(), at+setting+": does not go with kind: "+kind+"; it is a setting of ")
			if refused == slices.Contains(own[kind], setting) {
				t.Errorf("%s with %s: %v", kind, setting, err)
				continue
			}
			for other, settings := range own {
				if refused && slices.Contains(settings, setting) != strings.Contains(err.Error()[strings.Index(err.Error(), "it is a setting of"):], other) {
					t.Errorf("%s with %s: %v; and %s?", kind, setting, err, other)
				}
			}
		}
		for setting := range smallest(kind) {
			got := problemsOf(t, "r.yaml", connectionsOf([]string{settingsOf(kind, map[string]string{setting: ""})}))
			if len(got) != 1 || got[0].Path != at+setting || !strings.HasPrefix(got[0].Message, "is missing") {
				t.Errorf("%s without %s: %v", kind, setting, got)
			}
			got = problemsOf(t, "r.yaml", connectionsOf([]string{settingsOf(kind, map[string]string{setting: "''"})}))
			if len(got) != 1 || got[0].Path != at+setting || !strings.HasPrefix(got[0].Message, "is empty") {
				t.Errorf("%s with an empty %s: %v", kind, setting, got)
			}
		}
	}
}

func TestSettingsOfKindsAreChecked(t *testing.T) {
	t.Parallel()
	const at = "connections.ca.targets.ta."
	for name, c := range map[string]struct {
		kind          string
		settings      map[string]string
		path, message string
	}{
		"a token and a password": {config.KindJiraDC, map[string]string{"user": "u", "password": "${CROWD_PASSWORD}"}, "token", "goes without user and password; expected one of the two"},
		"a password without a user": {config.KindJiraDC, map[string]string{"token": "", "password": "${CROWD_PASSWORD}"}, "user",
			"is missing; user and password go together"},
		"a user without a password": {config.KindBitbucketDC, map[string]string{"token": "", "user": "u"}, "password", "is missing; user and password go together"},
		"nothing to sign in with":   {config.KindConfluenceDC, map[string]string{"token": ""}, "token", "is missing; expected token, or user and password"},
		"an empty user":             {config.KindConfluenceDC, map[string]string{"token": "", "user": "''", "password": "${CROWD_PASSWORD}"}, "user", "is empty"},
		"an empty password":         {config.KindConfluenceDC, map[string]string{"token": "", "user": "u", "password": "''"}, "password", "is empty; expected ${NAME} or file:path"},
		"the end of a token that is none": {config.KindJiraDC, map[string]string{"token": "", "user": "u", "password": "${CROWD_PASSWORD}", "token_expires": "2027-01-31"}, "token_expires",
			"goes with token only"},
		"a user with a colon":            {config.KindJiraCloud, map[string]string{"user": "'a:b'"}, "user", "has a colon or a control character in it"},
		"an application with a colon":    {config.KindCrowd, map[string]string{"application": "'a:b'"}, "application", "has a colon or a control character in it"},
		"a site with a path":             {config.KindConfluenceCloud, map[string]string{"url": "https://example.atlassian.net/wiki/spaces"}, "url", "has a path; expected the site's address alone"},
		"a server in plain http":         {config.KindJiraDC, map[string]string{"url": "http://jira.example.com"}, "url", "is plain http, which is for loopback only"},
		"too few calls an hour":          {config.KindBitbucketCloud, map[string]string{"calls_per_hour": "59"}, "calls_per_hour", "expected a number from 60 to 1000000"},
		"a workspace that is an address": {config.KindBitbucketCloud, map[string]string{"workspace": "https://bitbucket.org/x"}, "workspace", "is not an id"},
		"a key without its organization": {config.KindAtlassianGuard, map[string]string{"organization_key": "${ATLASSIAN_API_KEY}"}, "organization", "is missing; organization_key needs it"},
		"products with roles for Jira":   {config.KindJiraCloud, map[string]string{"products": "{jira-software: user}", "leavers": said}, "products", "jira-cloud gives products without roles; expected a list such as [jira-software]"},
		"a product that Jira has not":    {config.KindJiraCloud, map[string]string{"products": "[jira-softwar]", "leavers": said}, "products[0]", "(did you mean jira-software?)"},
		"a product twice":                {config.KindJiraCloud, map[string]string{"products": "[jira-core, jira-core]", "leavers": said}, "products[1]", "the same product twice"},
		"a product that is no name":      {config.KindJiraCloud, map[string]string{"products": "[Jira Core]", "leavers": said}, "products[0]", "bad product; expected a name such as jira-software"},
		"products without roles":         {config.KindAtlassianCloud, map[string]string{"products": "[jira]"}, "products", "atlassian-cloud gives products with a role; expected a mapping such as {jira: user}"},
		"an application that is no key":  {config.KindJiraDC, map[string]string{"applications": "[Jira Software]"}, "applications[0]", "is no application's key; expected one such as jira-software"},
		"an application twice":           {config.KindJiraDC, map[string]string{"applications": "[jira-core, jira-core]"}, "applications[1]", "is there twice"},
		"no group for access":            {config.KindBitbucketDC, map[string]string{"access_groups": "[]"}, "access_groups", "is empty; expected at least one group, such as stash-users"},
		"a group for access twice":       {config.KindBitbucketDC, map[string]string{"access_groups": "[a, A]"}, "access_groups[1]", "is there twice"},
		"nesting where there is none":    {config.KindJiraDC, map[string]string{"groups": "{nested: keep}"}, "groups.nested", "jira-dc has no groups in groups; expected flatten"},
		"a suspension where there is none": {config.KindJiraDC, map[string]string{"leavers": "{deleted: suspend now}"}, "leavers.deleted",
			"jira-dc cannot suspend; expected deactivate, remove groups or delete"},
		"an address where none is told":      {config.KindConfluenceDC, map[string]string{"link_by": "[email]"}, "link_by[0]", `confluence-dc finds no account by "email"; expected user_name`},
		"an attribute of the organization's": {config.KindJiraCloud, map[string]string{"attributes": "{job_title: user.login}"}, "attributes.job_title", "jira-cloud has no such attribute; expected email or display_name"},
		"a permission nowhere":               {config.KindBitbucketCloud, map[string]string{"permissions": "[{group: g, permission: read}]"}, "permissions[0]", "says not where; expected project or repository"},
		"a permission in an empty place":     {config.KindBitbucketCloud, map[string]string{"permissions": "[{group: g, project: '', permission: read}]"}, "permissions[0]", "says not where; expected the key of a project"},
		"a permission in two places":         {config.KindBitbucketCloud, map[string]string{"permissions": "[{group: g, project: P, repository: r, permission: read}]"}, "permissions[0].repository", "goes without project"},
		"a permission for nobody":            {config.KindBitbucketCloud, map[string]string{"permissions": "[{project: P, permission: read}]"}, "permissions[0].group", "is missing"},
		"a permission to do nothing":         {config.KindBitbucketCloud, map[string]string{"permissions": "[{group: g, project: P}]"}, "permissions[0].permission", "is missing"},
		"an unknown permission":              {config.KindBitbucketCloud, map[string]string{"permissions": "[{group: g, project: P, permission: wriet}]"}, "permissions[0].permission", "expected read, write, create-repo or admin (did you mean write?)"},
		"a project's permission elsewhere":   {config.KindBitbucketCloud, map[string]string{"permissions": "[{group: g, repository: r, permission: create-repo}]"}, "permissions[0].permission", "create-repo is for projects; expected read, write or admin"},
		"a permission twice":                 {config.KindBitbucketCloud, map[string]string{"permissions": "[{group: g, project: P, permission: read}, {group: G, project: P, permission: write}]"}, "permissions[1]", "the same group and place twice, first in line"},
		"a repository that is a path":        {config.KindBitbucketCloud, map[string]string{"permissions": "[{group: g, repository: a/b, permission: read}]"}, "permissions[0].repository", "is not an id"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := problemsOf(t, "r.yaml", connectionsOf([]string{settingsOf(c.kind, c.settings)}))
			if len(got) != 1 || got[0].Path != at+c.path || !strings.Contains(got[0].Message, c.message) {
				t.Errorf("got  %v\nwant %s: …%s…", got, at+c.path, c.message)
			}
		})
	}
}

func TestWhatAKindCanDoIsAccepted(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kind     string
		settings map[string]string
		get      func(config.Target) any
		want     any
	}{
		"a user and a password": {config.KindJiraDC, map[string]string{"token": "", "user": "u", "password": "${CROWD_PASSWORD}"},
			func(t config.Target) any { return t.User + " " + t.Password.Reveal() }, "u hunter2crowd"},
		"products without roles": {config.KindJiraCloud, map[string]string{"products": "[jira-software, jira-core]", "leavers": said},
			func(t config.Target) any { return t.Products }, config.Products{{Name: "jira-software"}, {Name: "jira-core"}}},
		"no application":   {config.KindJiraDC, map[string]string{"applications": "[]"}, func(t config.Target) any { return t.Applications }, []string{}},
		"nested groups":    {config.KindCrowd, map[string]string{"groups": "{nested: keep}"}, func(t config.Target) any { return t.Groups.Nested }, config.NestedKeep},
		"user names first": {config.KindCrowd, map[string]string{"link_by": "[user_name, email]"}, func(t config.Target) any { return t.LinkBy }, []string{"user_name", "email"}},
		"a permission in two kinds of place": {config.KindBitbucketCloud, map[string]string{"permissions": "[{group: g, project: P, permission: create-repo}, {group: g, repository: P, permission: read}]"},
			func(t config.Target) any { return []directory.Permission{t.Permissions[0].In(), t.Permissions[1].In()} },
			[]directory.Permission{{Scope: "project P", Level: "create-repo"}, {Scope: "repository P", Level: "read"}}},
		"a user name that names new accounts only":         {config.KindCrowd, map[string]string{"attributes": "{user_name: user.login}"}, func(t config.Target) any { return t.RenamesAccounts() }, false},
		"a user name by rule where the account stays same": {config.KindJiraDC, map[string]string{"attributes": "{user_name: user.login}"}, func(t config.Target) any { return t.RenamesAccounts() }, true},
		"a user name by default":                           {config.KindJiraDC, nil, func(t config.Target) any { return t.RenamesAccounts() }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := parsed(t, "r.yaml", connectionsOf([]string{settingsOf(c.kind, c.settings)})).Connections["ca"].Targets["ta"]
			if diff := cmp.Diff(c.want, c.get(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestPermissionsWithAWorkspacesTokenAreWarnedOf(t *testing.T) {
	t.Parallel()
	settings := map[string]string{"permissions": "[{group: g, project: P, permission: read}]"}
	c := parsed(t, "r.yaml", connectionsOf([]string{settingsOf(config.KindBitbucketCloud, settings)}))
	if len(c.Warnings) != 1 || c.Warnings[0].Path != "connections.ca.targets.ta.permissions" {
		t.Errorf("warnings %v", c.Warnings)
	}
	settings["user"] = "ada@example.com"
	if c = parsed(t, "r.yaml", connectionsOf([]string{settingsOf(config.KindBitbucketCloud, settings)})); len(c.Warnings) > 0 {
		t.Errorf("warnings %v", c.Warnings)
	}
}

func TestASecretOfAnyKindInTheFileIsWarnedOf(t *testing.T) {
	t.Parallel()
	for setting, c := range map[string]struct {
		kind     string
		settings map[string]string
	}{
		"api_key":          {config.KindAtlassianGuard, map[string]string{"api_key": "plain"}},
		"organization_key": {config.KindAtlassianGuard, map[string]string{"organization": "o", "organization_key": "plain"}},
		"token":            {config.KindJiraCloud, map[string]string{"token": "plain"}},
		"password":         {config.KindCrowd, map[string]string{"password": "plain"}},
	} {
		got := parsed(t, "r.yaml", connectionsOf([]string{settingsOf(c.kind, c.settings)})).Warnings
		if len(got) != 1 || got[0].Path != "connections.ca.targets.ta."+setting || !strings.HasPrefix(got[0].Message, "a secret stands in the file itself") {
			t.Errorf("%s: warnings %v", setting, got)
		}
	}
}
