package confluencedc_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/target/confluencedc"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
	"github.com/rollcall-sync/rollcall/internal/target/targettest/vendortest"
)

func TestAListThatDoesNotMoveOnIsAnOutage(t *testing.T) {
	t.Parallel()
	address, transport := vendortest.Stuck(t, func(r *http.Request, _ int64) string {
		start, _ := strconv.Atoi(r.URL.Query().Get("start"))
		const element = `"type":"group","name":"other","username":"bo","userKey":"k","displayName":"Bo"`
		switch {
		case r.Method != http.MethodGet:
			return ""
		case strings.HasSuffix(r.URL.Path, "/memberof"), strings.HasSuffix(r.URL.Path, "/member"):
			return fmt.Sprintf(`{"results":[{%s}],"start":%d,"limit":200,"size":1,"_links":{"next":"/x?start=%d"}}`, element, start, start+1)
		case strings.HasSuffix(r.URL.Path, "/group/staff"):
			return `{"type":"group","name":"staff"}`
		}
		return `{` + element + `}`
	})
	target, err := confluencedc.New(confluencedc.Config{BaseURL: address, Credential: rest.Bearer("token"), Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	vendortest.WantStuck(t, "groups of an account", target.RemoveMember(t.Context(), "staff", "bo"))
	_, err = target.Protected(t.Context())
	vendortest.WantStuck(t, "members", err)
}
