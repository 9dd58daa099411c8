package atlassiancloud

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

func resource(id, key, host, status string) string {
	return fmt.Sprintf(`{"id":%q,"attributes":{"typeKey":%q,"hostUrl":%q,"status":%q}}`, id, key, host, status)
}

func TestAProductIsFoundByItsNameAndSite(t *testing.T) {
	t.Parallel()
	organisation := []string{
		resource("ari:jira-1", "jira-software", "https://one.atlassian.net", "online"),
		resource("ari:jira-2", "jira-software", "https://two.atlassian.net", "online"),
		resource("ari:conf-1", "confluence", "https://one.atlassian.net", "online"),
		resource("ari:conf-0", "confluence", "https://old.atlassian.net", "offline"),
		resource("ari:jsm-1", "jira-servicedesk", "https://one.atlassian.net", "online"),
	}
	tests := []struct {
		name    string
		product Product
		want    string
		code    string
		says    []string
	}{
		{"by name alone, where there is one", Product{Name: "confluence", Role: "user"}, "ari:conf-1", "", nil},
		{"by site", Product{Name: "jira", Role: "user", Site: "two.atlassian.net"}, "ari:jira-2", "", nil},
		{"by an address of the site", Product{Name: "Jira", Role: "user", Site: "https://TWO.atlassian.net/jira/projects"}, "ari:jira-2", "", nil},
		{"by the vendor's word for it", Product{Name: "jira-software", Role: "user", Site: "one.atlassian.net"}, "ari:jira-1", "", nil},
		{"by the name that people use", Product{Name: "jira-service-management", Role: "customer"}, "ari:jsm-1", "", nil},
		{"there twice", Product{Name: "jira", Role: "user"}, "", "ambiguous-product", []string{"one.atlassian.net", "two.atlassian.net", "name its site"}},
		{"not there", Product{Name: "bitbucket", Role: "user"}, "", "unknown-product", []string{"confluence on one.atlassian.net"}},
		{"not on that site", Product{Name: "confluence", Role: "user", Site: "two.atlassian.net"}, "", "unknown-product", []string{"two.atlassian.net"}},
		{"switched off", Product{Name: "confluence", Role: "user", Site: "old.atlassian.net"}, "", "unknown-product", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			target, vendor := against(t, map[string][]reply{
				workspaces: {
					{status: 200, body: `{"data":[` + strings.Join(organisation[:2], ",") + `],"links":{"next":"https://api.example.com/x?cursor=abc%3D"}}`},
					{status: 200, body: `{"data":[` + strings.Join(organisation[2:], ",") + `],"links":{"next":null}}`},
				},
				invite: {inviting(t, nil)},
			}, func(c *Config) { c.Products = []Product{test.product} })
			outcomes, err := createAll(t.Context(), t, target, []directory.NewAccount{{Ref: 1, Email: "a@example.com"}})
			sent := vendor.sent(workspaces)
			if diff := cmp.Diff([]string{`{"limit":1000}`, `{"cursor":"abc="}`}, []string{string(sent[0].body), string(sent[1].body)}); diff != "" {
				t.Errorf("calls (-want +got)\n%s", diff)
			}
			if test.code != "" {
				var refused *directory.RefusedError
				if !errors.As(err, &refused) || refused.Code != test.code || len(outcomes) != 0 {
					t.Fatalf("got %v and %d outcomes, want %s", err, len(outcomes), test.code)
				}
				for _, word := range test.says {
					if !strings.Contains(refused.Detail, word) {
						t.Errorf("the detail lacks %q: %s", word, refused.Detail)
					}
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := decodeBody[inviteBody](t, vendor.sent(invite)[0]).PermissionRules[0].Resource; got != test.want {
				t.Errorf("granted %s, want %s", got, test.want)
			}
		})
	}
}

func TestProductsAreResolvedOnceItWorked(t *testing.T) {
	t.Parallel()
	target, vendor := against(t, map[string][]reply{workspaces: {{status: 500}, oneJira()}, invite: {inviting(t, nil)}}, withJira)
	for i, want := range []directory.Class{directory.ClassUnavailable, "", "", ""} {
		_, err := createAll(t.Context(), t, target, []directory.NewAccount{{Ref: 1, Email: "a@example.com"}})
		if want == "" && err != nil || want != "" && directory.ClassOf(err) != want {
			t.Errorf("time %d: %v", i+1, err)
		}
	}
	if n := len(vendor.sent(workspaces)); n != 2 {
		t.Errorf("the products were asked for %d times, want 2", n)
	}
}
