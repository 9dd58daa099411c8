package compare_test

import (
	"fmt"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/sandbox/compare"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
)

// BenchmarkEqual compares 100,000 people in 1,000 groups, two memberships
// each.
func BenchmarkEqual(b *testing.B) {
	const people, groups = 100_000, 1_000
	var okta compare.OktaState
	var target roster.Snapshot
	for g := range groups {
		name := fmt.Sprintf("group %d", g)
		okta.Groups = append(okta.Groups, compare.OktaGroup{ID: name, Name: name})
		target.Groups = append(target.Groups, group("t"+name, name))
	}
	for p := range people {
		id := fmt.Sprintf("p%d", p)
		email := id + "@example.com"
		okta.Users = append(okta.Users, compare.OktaUser{ID: id, Email: email, Status: "ACTIVE"})
		target.Accounts = append(target.Accounts, account("a"+id, email, id, true))
		for _, g := range []int{p % groups, (p * 7) % groups} {
			okta.Groups[g].Members = append(okta.Groups[g].Members, id)
			target.Groups[g].Members = append(target.Groups[g].Members, "a"+id)
		}
	}
	for b.Loop() {
		if report := compare.Equal(okta, target, compare.Options{Earlier: []compare.OktaState{okta}}); !report.Equal() {
			b.Fatal(report)
		}
	}
}
