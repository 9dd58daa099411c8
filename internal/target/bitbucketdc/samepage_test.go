package bitbucketdc_test

import (
	"fmt"
	"net/http"
	"strconv"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/target/bitbucketdc"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
	"github.com/rollcall-sync/rollcall/internal/target/targettest/vendortest"
)

func TestAListThatDoesNotMoveOnIsAnOutage(t *testing.T) {
	t.Parallel()
	address, transport := vendortest.Stuck(t, func(r *http.Request, _ int64) string {
		start, err := strconv.Atoi(r.URL.Query().Get("start"))
		if err != nil {
			return ""
		}
		return fmt.Sprintf(`{"values":[{"name":"Somebody","group":{"name":"g"},"permission":"ADMIN"}],"isLastPage":false,"nextPageStart":%d}`, start+1)
	})
	target, err := bitbucketdc.New(bitbucketdc.Config{BaseURL: address, Credential: rest.Bearer("token"), Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	_, err = target.FindGroups(t.Context(), []string{"club"})
	vendortest.WantStuck(t, "groups", err)
	_, err = target.FindAccounts(t.Context(), []string{"ana@example.com"})
	vendortest.WantStuck(t, "accounts", err)
	_, err = target.AccessGroups(t.Context())
	vendortest.WantStuck(t, "permissions", err)
}
