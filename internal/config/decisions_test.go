package config_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/directory"
)

func TestWhatATargetCannotDoIsRefusedWithWhatItCan(t *testing.T) {
	t.Parallel()
	const cloud = "connections.staff.targets.cloud"
	for name, c := range map[string]struct {
		with
		path, message string
	}{
		"an attribute it has not": {with{target: "attributes: {job: user.login}"}, cloud + ".attributes.job",
			"atlassian-cloud has no such attribute; expected email, display_name, job_title, department, organization, location, locale or time_zone"},
		"an attribute that is nearly one":        {with{target: "attributes: {jobtitle: user.login}"}, cloud + ".attributes.jobtitle", "did you mean job_title?"},
		"an attribute without a rule":            {with{target: "attributes: {email: ''}"}, cloud + ".attributes.email", `is empty; expected a rule such as user.email, or '""' to clear the attribute`},
		"an attribute that is a list":            {with{target: "attributes: {email: []}"}, cloud + ".attributes.email", "expected a rule such as user.email"},
		"attributes that are a list":             {with{target: "attributes: []"}, cloud + ".attributes", "expected a mapping of attributes and rules"},
		"nesting":                                {with{target: "groups: {nested: keep}"}, cloud + ".groups.nested", "atlassian-cloud has no groups in groups; expected flatten"},
		"nesting for all targets":                {with{connection: "groups: {nested: keep}"}, "connections.staff.groups.nested", "has no groups in groups"},
		"another way to find accounts":           {with{target: "link_by: [email, user_name]"}, cloud + ".link_by[1]", `finds no account by "user_name"; expected email`},
		"no way to find accounts":                {with{target: "link_by: []"}, cloud + ".link_by", "is empty; expected email"},
		"a way twice":                            {with{target: "link_by: [email, email]"}, cloud + ".link_by[1]", "is there twice"},
		"a ladder that is none":                  {with{connection: "leavers: {deleted: gone now}"}, "connections.staff.leavers.deleted", `"gone now" is not a step`},
		"a ladder that is a list":                {with{connection: "leavers: {deleted: [suspend now]}"}, "connections.staff.leavers.deleted", "expected steps such as"},
		"a reason that is none":                  {with{connection: "leavers: {sacked: suspend now}"}, "connections.staff.leavers.sacked", "unknown setting; expected deactivated, out_of_scope, deleted or suspended"},
		"a group mapped twice":                   {with{connection: "groups: {map: [{from: a, to: b}, {from: A, to: c}]}"}, "connections.staff.groups.map[1]", "the same group twice"},
		"a mapping without an end":               {with{connection: "groups: {map: [{from: a}]}"}, "connections.staff.groups.map[0].to", "is missing"},
		"a mode that is none":                    {with{connection: "groups: {mode: strict}"}, "connections.staff.groups.mode", "expected additive or authoritative"},
		"a default group twice":                  {with{connection: "groups: {default: [all, All]}"}, "connections.staff.groups.default[1]", "is there twice"},
		"somebody excluded twice":                {with{connection: "scope: {exclude: [a, A]}"}, "connections.staff.scope.exclude[1]", "is there twice"},
		"a kind of removal that is none":         {with{connection: "guard: {kinds: {account.delte: {limit: 1}}}"}, "connections.staff.guard.kinds.account.delte", "no kind of removal (did you mean account.delete?); expected account.suspend"},
		"a limit of a kind that is wrong":        {with{target: "guard: {kinds: {account.delete: {limit: -1}}}"}, cloud + ".guard.kinds.account.delete.limit", "expected a number from 0 to 1000000"},
		"a date that is none":                    {with{target: "api_key_expires: soon"}, cloud + ".api_key_expires", "expected a date such as 2027-01-31"},
		"a drop of more than everything":         {with{connection: "guard: {max_drop: 200%}"}, "connections.staff.guard.max_drop", "from 0% to 100%"},
		"one approver too few":                   {with{top: "approvals: {persons: 2, require_verified: true, approvers: {ada: '${APPROVER_ADA}'}}"}, "approvals.require_verified", "leaves too few who could approve; expected at least 2"},
		"three persons":                          {with{top: "approvals: {persons: 3}"}, "approvals.persons", "from 1 to 2"},
		"a secret that can be guessed":           {with{top: "approvals: {approvers: {ada: '${WAIT}'}}"}, "approvals.approvers.ada", "is too short to be a secret; expected at least 16 characters"},
		"one secret for two":                     {with{top: "approvals: {approvers: {ada: '${APPROVER_ADA}', bob: '${APPROVER_ADA}'}}"}, "approvals.approvers.bob", "is the same secret as ada's"},
		"an approver without a secret":           {with{top: "approvals: {approvers: {ada: ''}}"}, "approvals.approvers.ada", "is empty"},
		"an approver without a name":             {with{top: "approvals: {approvers: {Ada Byron: '${APPROVER_ADA}'}}"}, "approvals.approvers.Ada Byron", "bad name"},
		"an unknown kind of notification":        {with{top: "notifications: {a: {kind: irc}}"}, "notifications.a.kind", "expected webhook, slack or smtp"},
		"a webhook without a secret":             {with{top: "notifications: {a: {kind: webhook, url: 'https://x.example.com'}}"}, "notifications.a.secret", "is missing"},
		"a webhook's secret that can be guessed": {with{top: "notifications: {a: {kind: webhook, url: 'https://x.example.com', secret: '${WAIT}'}}"}, "notifications.a.secret", "is too short to be a secret"},
		"a webhook in plain http":                {with{top: "notifications: {a: {kind: webhook, url: 'http://x.example.com', secret: '${WEBHOOK_SECRET}'}}"}, "notifications.a.url", "plain http, which is for loopback only"},
		"Slack with a server":                    {with{top: "notifications: {a: {kind: slack, url: '${SLACK_URL}', address: 'x:1'}}"}, "notifications.a.address", "does not go with kind: slack"},
		"mail without a server":                  {with{top: "notifications: {a: {kind: smtp, from: a@b.example, to: [c@d.example]}}"}, "notifications.a.address", "is missing"},
		"mail to nobody":                         {with{top: "notifications: {a: {kind: smtp, address: 'm:25', from: a@b.example, to: []}}"}, "notifications.a.to", "is empty; expected at least one address"},
		"mail to a name":                         {with{top: "notifications: {a: {kind: smtp, address: 'm:25', from: a@b.example, to: ['Ada <a@b.example>']}}"}, "notifications.a.to[0]", "is not an address"},
		"mail in the clear":                      {with{top: "notifications: {a: {kind: smtp, address: 'm.example.com:25', from: a@b.example, to: [c@d.example], tls: none}}"}, "notifications.a.tls", "none is for loopback only"},
		"a user without a password":              {with{top: "notifications: {a: {kind: smtp, address: 'm:25', from: a@b.example, to: [c@d.example], username: u}}"}, "notifications.a.username", "expected both or none"},
		"an event that is none":                  {with{top: "notifications: {a: {kind: slack, url: '${SLACK_URL}', events: [held, faliure]}}"}, "notifications.a.events[1]", "did you mean failure?"},
		"a connection that is none":              {with{top: "notifications: {a: {kind: slack, url: '${SLACK_URL}', connections: [stuff]}}"}, "notifications.a.connections[0]", `"stuff" is no connection; expected staff`},
		"a retention that is no duration":        {with{top: "retention: {changes: long}"}, "retention.changes", "expected a duration from 0s to 3650d"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := problemsOf(t, "r.yaml", c.yaml())
			if !slices.ContainsFunc(got, func(p config.Problem) bool { return p.Path == c.path && strings.Contains(p.Message, c.message) }) {
				t.Errorf("got  %v\nwant %s: …%s…", got, c.path, c.message)
			}
		})
	}
}

func TestStepsAndRenamesAreCheckedAgainstTheTarget(t *testing.T) {
	t.Parallel()
	able := directory.Capabilities{Steps: []directory.Kind{directory.SuspendAccount, directory.RemoveMember}, LinkBy: []string{"email"}, Renames: true, Nests: true}
	for name, c := range map[string]struct {
		with
		want string
	}{
		"a step of the connection's": {with{connection: "leavers: {deleted: 'suspend now, delete after 1d'}"},
			"r.yaml:13:24: connections.staff.leavers.deleted: atlassian-cloud cannot delete; expected suspend or remove groups, in connections.staff.targets.cloud.leavers.deleted"},
		"a step of the target's": {with{target: "leavers: {deactivated: deactivate now}"},
			"r.yaml:13:32: connections.staff.targets.cloud.leavers.deactivated: atlassian-cloud cannot deactivate; expected suspend or remove groups"},
		"a new group in place of a renamed one": {with{target: "groups: {renames: recreate}"},
			"r.yaml:13:27: connections.staff.targets.cloud.groups.renames: atlassian-cloud renames groups; expected keep"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := config.ParseAgainst(c.yaml(), environment, able); err == nil || err.Error() != c.want {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
	kept := with{target: "groups: {nested: keep}\nleavers: {deleted: 'suspend now, remove groups after 1d'}"}
	if _, err := config.ParseAgainst(kept.yaml(), environment, able); err != nil {
		t.Errorf("what the target can do is refused: %v", err)
	}
}

func TestWhoIsToldAndWhoDecides(t *testing.T) {
	t.Parallel()
	c := parsed(t, "rollcall.yaml", with{top: strings.Join([]string{
		"approvals: {persons: 2, require_verified: true, approvers: {ada: '${APPROVER_ADA}', bob: '${WEBHOOK_SECRET}'}}",
		"notifications:",
		"  mail: {kind: smtp, address: '127.0.0.1:25', from: a@b.example, to: [c@d.example], tls: none}",
		"  ops: {kind: webhook, url: 'http://127.0.0.1:1/x', secret: '${WEBHOOK_SECRET}', events: [held], connections: [staff]}",
		"quiet_after: 12h",
		"retention: {changes: 0, actions: 10d}",
	}, "\n"), source: "token_expires: 2027-01-31"}.yaml())
	if c.Approvals.Persons != 2 || c.Approvals.Approvers["ada"].Reveal() != "hunter2-ada-and-more" || len(c.Warnings) > 0 {
		t.Errorf("approvals %+v, warnings %v", c.Approvals, c.Warnings)
	}
	if diff := cmp.Diff([]string{"mail", "ops"}, c.NotificationNames()); diff != "" {
		t.Errorf("notifications (-want +got):\n%s", diff)
	}
	if c.Notifications["ops"].URL.Reveal() != "http://127.0.0.1:1/x" || c.Notifications["ops"].TLS != config.TLSStartTLS {
		t.Errorf("notification %+v", c.Notifications["ops"])
	}
	if c.QuietAfter != 12*time.Hour || c.TokenWarning != 14*24*time.Hour {
		t.Errorf("quiet after %s, warning %s", c.QuietAfter, c.TokenWarning)
	}
	if diff := cmp.Diff(config.Retention{Images: 90 * 24 * time.Hour, Profiles: 90 * 24 * time.Hour, Actions: 10 * 24 * time.Hour}, c.Retention); diff != "" {
		t.Errorf("retention (-want +got):\n%s", diff)
	}
	if got := c.Connections["staff"].Source.TokenExpires; !got.Equal(time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("the token ends at %s", got)
	}
}

func TestASlackAddressInTheFileIsWarnedOf(t *testing.T) {
	t.Parallel()
	c := parsed(t, "rollcall.yaml", with{top: "notifications: {chat: {kind: slack, url: 'https://hooks.example.com/services/x'}}"}.yaml())
	if len(c.Warnings) != 1 || c.Warnings[0].Path != "notifications.chat.url" {
		t.Errorf("warnings %v", c.Warnings)
	}
}

func TestRulesAreMadeOfTheConfiguration(t *testing.T) {
	t.Parallel()
	c := parsed(t, "rollcall.yaml", with{source: "app_id: 0oa1\nusers: group-members", target: "scope: user.assigned"}.yaml()).Connections["staff"]
	spec := c.Rules(config.Capabilities)
	if !spec.MembersOnly || spec.Missing != directory.ReasonOutOfScope {
		t.Errorf("members only %t, missing is %q", spec.MembersOnly, spec.Missing)
	}
	if got := spec.Targets["cloud"].Scope; got.Path != "connections.staff.targets.cloud.scope" || got.Text != "user.assigned" {
		t.Errorf("scope %+v", got)
	}
	if got := spec.Targets["cloud"].Leavers[directory.ReasonDeleted].String(); got != "suspend now" {
		t.Errorf("ladder %q", got)
	}
}
