package guardsim_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/sandbox/guardsim"
)

// TestASearchOfTheOrganisationHasThePagesOfTheDescription: 20 groups and 50 users
// where no length is asked for.
func TestASearchOfTheOrganisationHasThePagesOfTheDescription(t *testing.T) {
	t.Parallel()
	c := start(t, guardsim.Options{})
	for i := range 60 {
		c.made(users, newUser(fmt.Sprintf("u%d", i)))
		c.made(groups, newGroup(fmt.Sprintf("g%d", i)))
	}
	for path, want := range map[string]int{search: 20, strings.Replace(search, "groups/search", "users/search", 1): 50} {
		_, text := c.do(http.MethodPost, path, "{}")
		var page struct {
			Data  []json.RawMessage `json:"data"`
			Links struct {
				Next string `json:"next"`
			} `json:"links"`
		}
		if err := json.Unmarshal([]byte(text), &page); err != nil || len(page.Data) != want || page.Links.Next == "" {
			t.Errorf("%s: %d on a page, want %d, and another page: %v", path, len(page.Data), want, err)
		}
	}
}
