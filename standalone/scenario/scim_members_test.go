package scenario

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
)

func TestFiftyClientsThatChangeOneGroupLoseNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, database string) {
		const clients, each = 50, 3
		// Who is in the target before being taken out again counts as a removal.
		p := newPushed(t, settings{Pushed: true, Database: database, Connection: "guard: { removals_share: 100%, removals_limit: 1000 }"}).start()
		ids := p.joins(0, clients*each)
		group, err := p.Client.CreateGroup(t.Context(), "everybody's")
		p.no(err)
		var together sync.WaitGroup
		begin := make(chan struct{})
		for c := range clients {
			own := ids[c*each : (c+1)*each]
			together.Go(func() {
				<-begin
				// Each puts its own in, takes two out, and puts one in again.
				for _, step := range []struct{ add, remove []string }{{add: own}, {remove: own[:2]}, {add: own[1:2]}} {
					if err := p.Client.Members(t.Context(), group, step.add, step.remove); err != nil {
						t.Errorf("client %d: %v", c, err)
					}
				}
			})
		}
		close(begin)
		together.Wait()

		var everybody, members []int
		var want []string
		for n, id := range ids {
			everybody = append(everybody, n)
			if n%each > 0 {
				members, want = append(members, n), append(want, id)
			}
		}
		got, err := p.Client.MembersOf(t.Context(), group)
		p.no(err)
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("the gateway has %d members, want %d", len(got), len(want))
		}
		p.arrives("the group in the target", holds(everybody, map[string][]int{"everybody's": members}))
		// Who was seen in the target before being taken out may have come in twice.
		applied := p.Box.Engine.AppliedKeys()
		for key, n := range applied {
			if of, member := strings.CutPrefix(key, "add-member:"); n > 1 && !(member && n <= 1+applied["remove-member:"+of]) {
				t.Errorf("done %d times: %s", n, key)
			}
		}
	})
}

// event is something that is pushed about a group and two people, of whom the
// second is deleted as soon as they are there.
type event string

const (
	first  event = "first"
	second event = "second"
	group  event = "group"
)

func TestMembersGroupsAndUsersArriveInAnyOrder(t *testing.T) {
	onBoth(t, func(t *testing.T, database string) {
		p := newPushed(t, settings{Pushed: true, Database: database}).start()
		var active []int
		groups := map[string][]int{}
		for i, order := range [][]event{
			{first, second, group}, {first, group, second}, {second, first, group},
			{second, group, first}, {group, first, second}, {group, second, first},
		} {
			stays, goes := 2*i, 2*i+1
			name := fmt.Sprintf("order %d", i)
			for _, e := range order {
				switch e {
				case first:
					p.joins(stays, stays+1)
				case second:
					p.no(p.Client.DeleteUser(t.Context(), p.joins(goes, goes+1)[0]))
				case group:
					// Whoever is not there yet is named as the client knows them.
					_, err := p.Client.CreateGroup(t.Context(), name, someone(stays).ExternalID, someone(goes).UserName)
					p.no(err)
				}
			}
			active, groups[name] = append(active, stays), []int{stays}
		}
		p.arrives("everybody who was not deleted, in their group", holds(active, groups))
		p.wantNothingTwice()
	})
}

func TestSomebodyWhoIsDeletedBetweenUserAndMembershipStaysOut(t *testing.T) {
	t.Parallel()
	p := newPushed(t, settings{Pushed: true}).start()
	ids := p.joins(0, 2)
	staff, err := p.Client.CreateGroup(t.Context(), "staff", ids...)
	p.no(err)
	p.arrives("both", holds([]int{0, 1}, map[string][]int{"staff": {0, 1}}))
	p.no(p.Client.DeleteUser(t.Context(), ids[1]))
	// A push that was under way about somebody who is gone now is no reason to
	// lose what else is in it.
	later := p.joins(2, 3)
	p.no(p.Client.Members(t.Context(), staff, []string{ids[1], later[0]}, nil))
	p.arrives("the others", holds([]int{0, 2}, map[string][]int{"staff": {0, 2}}))
	p.wantNothingTwice()
}
