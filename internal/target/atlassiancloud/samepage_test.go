package atlassiancloud_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/target/atlassiancloud"
	"github.com/rollcall-sync/rollcall/internal/target/targettest/vendortest"
)

// TestAListThatDoesNotMoveOnIsAnOutage: each page has another cursor, and holds the
// same.
func TestAListThatDoesNotMoveOnIsAnOutage(t *testing.T) {
	t.Parallel()
	stuck := func(t *testing.T, endless string) *atlassiancloud.Target {
		address, transport := vendortest.Stuck(t, func(r *http.Request, n int64) string {
			const element = `{"accountId":"a","id":"g","name":"Club","email":"bo@example.com","directoryId":"%s"}`
			if strings.HasSuffix(r.URL.Path, endless) {
				return fmt.Sprintf(`{"data":[`+element+`],"links":{"next":"c%d"}}`, "other", n)
			}
			return fmt.Sprintf(`{"data":[`+element+`],"links":{}}`, "dir")
		})
		target, err := atlassiancloud.New(atlassiancloud.Config{
			BaseURL: address, Organization: "org", Directory: "dir", APIKey: "key", Transport: transport,
			Products: []atlassiancloud.Product{{Name: "jira", Role: "user"}},
		})
		if err != nil {
			t.Fatal(err)
		}
		return target
	}
	_, err := stuck(t, "/users/search").FindAccounts(t.Context(), []string{"ana@example.com"})
	vendortest.WantStuck(t, "accounts", err)
	_, err = stuck(t, "/groups/search").FindGroups(t.Context(), []string{"other"})
	vendortest.WantStuck(t, "groups", err)
	_, err = stuck(t, "/directories/-/users/search").Protected(t.Context())
	vendortest.WantStuck(t, "accounts of all directories", err)
	_, err = stuck(t, "/directories/-/groups/search").Protected(t.Context())
	vendortest.WantStuck(t, "groups of all directories", err)
	_, err = stuck(t, "/workspaces").Check(t.Context())
	vendortest.WantStuck(t, "products", err)
	_, err = stuck(t, "/directories").Check(t.Context())
	vendortest.WantStuck(t, "directories", err)
}
