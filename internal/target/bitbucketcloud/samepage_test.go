package bitbucketcloud_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/target/bitbucketcloud"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
	"github.com/rollcall-sync/rollcall/internal/target/targettest/vendortest"
)

func TestAListThatDoesNotMoveOnIsAnOutage(t *testing.T) {
	t.Parallel()
	address, transport := vendortest.Stuck(t, func(_ *http.Request, n int64) string {
		return fmt.Sprintf(`{"values":[{"permission":"member","user":{"uuid":"{1}","email":"bo@example.com"}}],"next":"?page=%d"}`, n+1)
	})
	target, err := bitbucketcloud.New(bitbucketcloud.Config{BaseURL: address, Workspace: "acme", Credential: rest.Bearer("token"), Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	_, err = target.FindAccounts(t.Context(), []string{"ana@example.com"})
	vendortest.WantStuck(t, "accounts", err)
	_, err = target.Protected(t.Context())
	vendortest.WantStuck(t, "owners", err)
}
