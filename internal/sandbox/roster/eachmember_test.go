package roster_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
)

func TestEachMemberVisitsWhoIsInAGroupInTheOrderInWhichTheyJoined(t *testing.T) {
	t.Parallel()
	r := roster.New(1)
	if err := r.AddGroup(roster.Group{ID: "g", Name: "Group"}); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"b", "a", "c"} {
		if err := r.AddAccount(roster.Account{ID: id, UserName: id}); err != nil {
			t.Fatal(err)
		}
	}
	for _, id := range []string{"c", "a"} {
		if _, err := r.Join("g", id); err != nil {
			t.Fatal(err)
		}
	}
	var visited []string
	r.EachMember("g", func(a roster.Account) { visited = append(visited, a.ID) })
	r.EachMember("nothing", func(a roster.Account) { t.Errorf("%s is in no group", a.ID) })
	if diff := cmp.Diff([]string{"c", "a"}, visited); diff != "" {
		t.Errorf("visited (-want +got)\n%s", diff)
	}
}
