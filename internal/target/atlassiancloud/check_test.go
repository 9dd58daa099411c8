package atlassiancloud

import (
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

func TestCheckSaysWhatIsMissingAndWhatToDo(t *testing.T) {
	t.Parallel()
	good := func() map[string][]reply {
		return map[string][]reply{
			directories: {
				{status: 200, body: `{"data":[{"directoryId":"other","name":"Other"}],"links":{"next":"c="}}`},
				{status: 200, body: `{"data":[{"directoryId":"dir-1","name":"Main"}]}`},
			},
			searchUsers: {{status: 200, body: person1("a1", "a@example.com")}}, searchGroups: {{status: 200, body: emptyPage}},
			workspaces: {oneJira()}, getManage: {{status: 200, body: `{}`}},
		}
	}
	tests := []struct {
		name     string
		change   func(map[string][]reply)
		identity string
		missing  []string
		err      directory.Class
	}{
		{"nothing", func(map[string][]reply) {}, "atlassian:org-1:dir-1", nil, ""},
		{"the key", func(r map[string][]reply) { r[directories] = []reply{problem(401, "ADMIN-401-2")} }, "", []string{"wrong, expired or revoked"}, ""},
		{"a right of the key", func(r map[string][]reply) { r[directories] = []reply{problem(403, "ADMIN-403-3")} }, "", []string{"may not read this organisation"}, ""},
		{"the organisation", func(r map[string][]reply) { r[directories] = []reply{problem(404, "ADMIN-404-2")} }, "", []string{"organisation is not found"}, ""},
		{"the directory", func(r map[string][]reply) {
			r[directories] = []reply{{status: 200, body: `{"data":[{"directoryId":"other","name":"Other"}]}`}}
		}, "", []string{"other (Other)"}, ""},
		{"the right to read accounts and groups", func(r map[string][]reply) {
			r[searchUsers], r[searchGroups] = []reply{{status: 403}}, []reply{{status: 403}}
		}, "atlassian:org-1:dir-1", []string{"directory's users", "directory's groups"}, ""},
		{"a product", func(r map[string][]reply) { r[workspaces] = []reply{{status: 200, body: emptyPage}} }, "atlassian:org-1:dir-1", []string{"no product jira"}, ""},
		{"the right to list products", func(r map[string][]reply) { r[workspaces] = []reply{{status: 403}} }, "atlassian:org-1:dir-1", []string{"list the organisation's products"}, ""},
		{"the right to manage accounts", func(r map[string][]reply) { r[getManage] = []reply{{status: 403, body: `{"key":"forbidden"}`}} }, "atlassian:org-1:dir-1", []string{"may not manage accounts"}, ""},
		{"an answer", func(r map[string][]reply) { r[directories] = []reply{{status: 503}} }, "", nil, directory.ClassUnavailable},
		{"time", func(r map[string][]reply) { r[searchGroups] = []reply{{status: 429}} }, "atlassian:org-1:dir-1", nil, directory.ClassRateLimited},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			replies := good()
			test.change(replies)
			target, vendor := against(t, replies, withJira)
			report, err := target.Check(t.Context())
			if test.err == "" && err != nil || test.err != "" && directory.ClassOf(err) != test.err {
				t.Fatalf("got %v, want class %q", err, test.err)
			}
			if report.Identity != test.identity || len(report.Missing) != len(test.missing) {
				t.Fatalf("got %+v", report)
			}
			for i, want := range test.missing {
				if !strings.Contains(report.Missing[i], want) {
					t.Errorf("missing is %q, want it to say %q", report.Missing[i], want)
				}
			}
			if test.name == "nothing" {
				if got := vendor.sent(directories); len(got) != 2 || got[0].query != "limit=100" || got[1].query != "cursor=c%3D" {
					t.Errorf("directories were asked for with %+v", got)
				}
				if len(report.Can) != 5 {
					t.Errorf("it can %q", report.Can)
				}
			}
		})
	}
}
