package crowd_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/target/crowd"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
	"github.com/rollcall-sync/rollcall/internal/target/targettest/vendortest"
)

func TestAListThatDoesNotMoveOnIsAnOutage(t *testing.T) {
	t.Parallel()
	var elements []string
	for i := range 1000 {
		elements = append(elements, fmt.Sprintf(`{"name":"n%d","active":true,"key":"k%d","email":"n%d@example.com"}`, i, i, i))
	}
	list := strings.Join(elements, ",")
	address, transport := vendortest.Stuck(t, func(*http.Request, int64) string {
		return `{"users":[` + list + `],"groups":[` + list + `]}`
	})
	target, err := crowd.New(crowd.Config{BaseURL: address, Credential: rest.Basic("rollcall", "secret"), Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	_, err = target.FindAccounts(t.Context(), []string{"ana@example.com"})
	vendortest.WantStuck(t, "accounts", err)
	_, err = target.FindGroups(t.Context(), []string{"club"})
	vendortest.WantStuck(t, "groups", err)
}
