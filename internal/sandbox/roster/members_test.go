package roster_test

import (
	"testing"

	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
)

func TestMembersAreCounted(t *testing.T) {
	t.Parallel()
	r := roster.New(1)
	for _, id := range []string{"1", "2"} {
		if err := r.AddAccount(roster.Account{ID: id}); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.AddGroup(roster.Group{ID: "g", Name: "g"}); err != nil {
		t.Fatal(err)
	}
	counts := func(want int) {
		t.Helper()
		if n := r.MemberCount("g"); n != want {
			t.Errorf("%d members, want %d", n, want)
		}
	}
	counts(0)
	for _, id := range []string{"1", "2", "2"} {
		if _, err := r.Join("g", id); err != nil {
			t.Fatal(err)
		}
	}
	counts(2)
	if err := r.RemoveAccount("1"); err != nil {
		t.Fatal(err)
	}
	counts(1)
	if n := r.MemberCount("none"); n != 0 {
		t.Errorf("a group that is not there has %d", n)
	}
}
