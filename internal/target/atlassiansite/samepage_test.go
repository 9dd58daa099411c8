package atlassiansite_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/target/atlassiansite"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
	"github.com/rollcall-sync/rollcall/internal/target/targettest/vendortest"
)

// TestAListThatDoesNotMoveOnIsAnOutage: else people who have an account would be
// looked for in vain.
func TestAListThatDoesNotMoveOnIsAnOutage(t *testing.T) {
	t.Parallel()
	address, transport := vendortest.Stuck(t, func(*http.Request, int64) string {
		return `[{"accountId":"a","accountType":"atlassian","active":true,"emailAddress":"bo@example.com"}]`
	})
	base, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	finder := &atlassiansite.Finder{Client: rest.New(rest.Config{Base: base, Authorize: rest.Basic("me@example.com", "token"), Transport: transport})}
	_, err = finder.Find(t.Context(), []string{"ana@example.com"})
	vendortest.WantStuck(t, "a search", err)
	var many []string
	for i := range 40 {
		many = append(many, string(rune('a'+i%26))+string(rune('a'+i/26))+"@example.com")
	}
	_, err = finder.Find(t.Context(), many)
	vendortest.WantStuck(t, "the list of everybody", err)
}
