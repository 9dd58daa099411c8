package compare_test

import (
	"fmt"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/sandbox/atlassiansim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/compare"
)

// BenchmarkEqual compares 100,000 people in 1,000 groups, two memberships
// each.
func BenchmarkEqual(b *testing.B) {
	const people, groups = 100_000, 1_000
	var okta compare.OktaState
	var atlassian atlassiansim.Snapshot
	for g := range groups {
		name := fmt.Sprintf("group %d", g)
		okta.Groups = append(okta.Groups, compare.OktaGroup{ID: name, Name: name})
		atlassian.Groups = append(atlassian.Groups, atlassiansim.Group{ID: "t" + name, Name: name})
	}
	for p := range people {
		id := fmt.Sprintf("p%d", p)
		email := id + "@example.com"
		okta.Users = append(okta.Users, compare.OktaUser{ID: id, Email: email, Status: "ACTIVE"})
		atlassian.Accounts = append(atlassian.Accounts, account("a"+id, email, id, "active"))
		for _, g := range []int{p % groups, (p * 7) % groups} {
			okta.Groups[g].Members = append(okta.Groups[g].Members, id)
			atlassian.Groups[g].Members = append(atlassian.Groups[g].Members, "a"+id)
		}
	}
	for b.Loop() {
		if report := compare.Equal(okta, atlassian, compare.Options{Earlier: []compare.OktaState{okta}}); !report.Equal() {
			b.Fatal(report)
		}
	}
}
