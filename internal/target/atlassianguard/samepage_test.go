package atlassianguard_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/target/atlassianguard"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
	"github.com/rollcall-sync/rollcall/internal/target/targettest/vendortest"
)

func TestAListThatDoesNotMoveOnIsAnOutage(t *testing.T) {
	t.Parallel()
	address, transport := vendortest.Stuck(t, func(r *http.Request, n int64) string {
		if strings.HasPrefix(r.URL.Path, "/admin/") {
			return fmt.Sprintf(`{"data":[{"id":"g","name":"Admins","accountId":"a"}],"links":{"next":"c%d"}}`, n)
		}
		return `{"totalResults":100000,"Resources":[{"id":"g","displayName":"Club","userName":"bo@example.com"}]}`
	})
	target, err := atlassianguard.New(atlassianguard.Config{
		BaseURL: address, Directory: "d", Credential: rest.Bearer("key"), Transport: transport,
		Organization: "org", OrganizationKey: rest.Bearer("key"),
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = target.FindGroups(t.Context(), []string{"other"})
	vendortest.WantStuck(t, "groups", err)
	_, err = target.FindAccounts(t.Context(), []string{"ana@example.com"})
	vendortest.WantStuck(t, "accounts", err)
	_, err = target.Protected(t.Context())
	vendortest.WantStuck(t, "the organisation's groups", err)
}
