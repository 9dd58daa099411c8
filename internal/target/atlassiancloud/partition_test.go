package atlassiancloud

import (
	"fmt"
	"math/rand"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

func batchOf(n int, groups func(i int) []string) []directory.NewAccount {
	batch := make([]directory.NewAccount, n)
	for i := range batch {
		batch[i] = directory.NewAccount{Ref: int64(i + 1), Email: fmt.Sprintf("p%d@example.com", i), GroupIDs: groups(i)}
	}
	return batch
}

// cost counts the invitations and the memberships that they leave over.
func cost(invitations []invitation) (invites, left int) {
	for _, one := range invitations {
		for _, p := range one.people {
			left += len(p.groups) - len(one.groups)
		}
	}
	return len(invitations), left
}

func TestAnInvitationCarriesAtMost25PeopleAndOnlyGroupsOfAll(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewSource(1))
	for round := range 200 {
		batch := batchOf(1+random.Intn(300), func(int) []string {
			var groups []string
			for range random.Intn(5) {
				groups = append(groups, fmt.Sprintf("g%02d", random.Intn(1+round)))
			}
			return groups
		})
		seen := make(map[int64]int)
		for _, one := range partition(personsOf(batch)) {
			if len(one.people) == 0 || len(one.people) > maxInvite {
				t.Fatalf("round %d: an invitation of %d people", round, len(one.people))
			}
			for _, p := range one.people {
				for _, ref := range p.refs {
					seen[ref]++
				}
				for _, group := range one.groups {
					if !slices.Contains(p.groups, group) {
						t.Fatalf("round %d: %s would get %s, which was not asked for", round, p.email, group)
					}
				}
			}
		}
		for _, wanted := range batch {
			if seen[wanted.Ref] != 1 {
				t.Fatalf("round %d: element %d is in %d invitations", round, wanted.Ref, seen[wanted.Ref])
			}
		}
	}
}

func TestFewInvitationsCarryMostMemberships(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		batch   []directory.NewAccount
		invites int
		left    int
	}{
		{"nobody has a group", batchOf(60, func(int) []string { return nil }), 3, 0},
		{"all have the same groups", batchOf(60, func(int) []string { return []string{"a", "b"} }), 3, 0},
		{"two departments that share one group", batchOf(100, func(i int) []string {
			return []string{"all", fmt.Sprintf("dept-%d", i%2)}
		}), 4, 0},
		{"everybody in one group and in one of their own", batchOf(50, func(i int) []string {
			return []string{"all", fmt.Sprintf("own-%d", i)}
		}), 2, 50},
		{"one person in three groups goes alone", batchOf(26, func(i int) []string {
			if i == 25 {
				return []string{"x", "y", "z", "w"}
			}
			return nil
		}), 2, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			invites, left := cost(partition(personsOf(test.batch)))
			if invites != test.invites || left != test.left {
				t.Errorf("%d invitations and %d memberships left over, want %d and %d", invites, left, test.invites, test.left)
			}
		})
	}
}

func TestAThousandPeopleInTwoOfFiftyGroupsEachCostAtMost1100Calls(t *testing.T) {
	t.Parallel()
	for _, size := range []int{1000, 200} {
		t.Run(fmt.Sprintf("in batches of %d", size), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewSource(7))
			batch := batchOf(1000, func(int) []string {
				first := random.Intn(50)
				return []string{fmt.Sprintf("g%02d", first), fmt.Sprintf("g%02d", (first+1+random.Intn(49))%50)}
			})
			invites, left := 0, 0
			for part := range slices.Chunk(batch, size) {
				i, l := cost(partition(personsOf(part)))
				invites, left = invites+i, left+l
			}
			t.Logf("%d invitations and %d memberships left over", invites, left)
			if invites+left > 1100 {
				t.Errorf("%d invitations and %d memberships left over", invites, left)
			}
		})
	}
}

func TestThePartitionIsTheSameEveryTime(t *testing.T) {
	t.Parallel()
	batch := batchOf(500, func(i int) []string { return []string{fmt.Sprintf("a%d", i%7), fmt.Sprintf("b%d", i%11)} })
	emails := func() (all [][]string) {
		for _, one := range partition(personsOf(batch)) {
			var in []string
			for _, p := range one.people {
				in = append(in, p.email)
			}
			all = append(all, in)
		}
		return all
	}
	if diff := cmp.Diff(emails(), emails()); diff != "" {
		t.Errorf("(-first +second)\n%s", diff)
	}
}

func TestElementsOfOneAddressAreOnePerson(t *testing.T) {
	t.Parallel()
	people := personsOf([]directory.NewAccount{
		{Ref: 1, Email: "Ana@example.com", GroupIDs: []string{"b", "a", "a"}},
		{Ref: 2, Email: "ana@example.com", GroupIDs: []string{"b"}},
		{Ref: 3, Email: "bo@example.com"},
	})
	if len(people) != 2 || !slices.Equal(people[0].refs, []int64{1, 2}) || !slices.Equal(people[0].groups, []string{"b"}) {
		t.Errorf("got %+v", people)
	}
}
