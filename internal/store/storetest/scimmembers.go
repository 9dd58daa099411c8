package storetest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/scim"
	"github.com/rollcall-sync/rollcall/internal/store"
)

func scimMembers(t *testing.T, open Open) {
	scimCases(t, open, map[string]func(w *scimWorld){
		"who joins and who leaves a group is enqueued, and nobody else": func(w *scimWorld) {
			p := w.staff(4)
			team := w.team("birds", p[0], p[1])
			w.drain()
			changed := w.changeMembers(team, scim.MemberChange{Remove: membersOf(p[0]), Add: membersOf(p[2])})
			w.same("members", w.members(team), []string{"p1", "p2"})
			w.same("inbox", w.inbox(), []string{"p0", "p2"})
			w.same("version", changed.Resource.Version, int64(2))
			want := []int{store.ScimShard(p[0]), store.ScimShard(p[2])}
			slices.Sort(want)
			w.same("shards", changed.Shards, slices.Compact(want))
			w.same("groups of p2", w.read(w.user, p[2]).Groups, []store.ScimMember{{Value: team, Display: "birds", Type: "Group"}})
		},
		"adding who is there and removing who is not changes nothing": func(w *scimWorld) {
			p := w.staff(3)
			team := w.team("birds", p[0], "unknown")
			w.drain()
			before := w.read(w.group, team)
			changed := w.changeMembers(team, scim.MemberChange{Add: membersOf(p[0], p[0], "unknown")}, scim.MemberChange{Remove: membersOf(p[1], "nobody")},
				scim.MemberChange{Clear: true, Add: membersOf("unknown", p[0])})
			w.same("changed", changed.Changed, false)
			w.same("group", w.read(w.group, team), before)
			w.same("inbox", w.inbox(), nil)
		},
		"a replacement leaves alone who stays": func(w *scimWorld) {
			p := w.staff(4)
			team := w.team("birds", p[0], p[1], "gone")
			w.drain()
			w.changeMembers(team, scim.MemberChange{Clear: true, Add: membersOf(p[1], p[2], "new")})
			w.same("members", w.members(team), []string{"?new", "p1", "p2"})
			w.same("inbox", w.inbox(), []string{"p0", "p2"})
			w.changeMembers(team, scim.MemberChange{Clear: true})
			w.same("members", w.members(team), nil)
		},
		"steps are taken in their order": func(w *scimWorld) {
			p := w.staff(2)
			team := w.team("birds")
			w.changeMembers(team, scim.MemberChange{Add: membersOf(p...)}, scim.MemberChange{Clear: true}, scim.MemberChange{Add: membersOf(p[1])}, scim.MemberChange{Remove: membersOf(p[0])})
			w.same("members", w.members(team), []string{"p1"})
		},
		"members that a filter matches are removed": func(w *scimWorld) {
			p := w.staff(3)
			inner := w.team("inner")
			team := w.team("birds", append(slices.Clone(p), inner)...)
			f, err := scim.ParseFilter(`value eq "` + p[0] + `" or type eq "Group"`)
			w.ok(err)
			w.changeMembers(team, scim.MemberChange{RemoveWhere: f})
			w.same("members", w.members(team), []string{"p1", "p2"})
		},
		"a group may be a member, and is due when it becomes one: the people in it come into the other": func(w *scimWorld) {
			inner := w.team("inner")
			w.drain()
			team := w.team("birds", inner)
			w.same("inbox", w.inbox(), []string{"birds", "inner"})
			w.leaves(w.group, inner)
			w.same("members", w.members(team), nil)
		},
		"members may be named by externalId or userName": func(w *scimWorld) {
			w.staff(3)
			team := w.team("birds", "00u-p0", "P1", "p2", "00u-p2")
			w.same("members", w.members(team), []string{"p0", "p1", "p2"})
			w.changeMembers(team, scim.MemberChange{Remove: membersOf("00u-p0", "P2")})
			w.same("members", w.members(team), []string{"p1"})
			w.changeMembers(team, scim.MemberChange{Clear: true, Add: membersOf("00u-p1", "00u-p2")})
			w.same("members", w.members(team), []string{"p1", "p2"})
		},
		"an externalId that two have names neither": func(w *scimWorld) {
			for _, name := range []string{"ada", "bob"} {
				_, err := w.Store.CreateScim(w.ctx, w.write(w.user), scim.Resource{"userName": name, "externalId": "twin"}, nil)
				w.ok(err)
			}
			team := w.team("birds", "twin")
			w.same("members", w.members(team), []string{"?twin"})
			_, err := w.Store.CreateScim(w.ctx, w.write(w.user), scim.Resource{"userName": "cy", "externalId": "twin"}, nil)
			w.ok(err)
			w.same("members", w.members(team), []string{"?twin"})
		},
		"a strict write refuses members that nobody knows, and changes nothing": func(w *scimWorld) {
			w.strict = true
			p := w.staff(1)
			team := w.team("birds", p[0])
			for _, step := range []scim.MemberChange{{Add: membersOf("nobody", p[0])}, {Clear: true, Add: membersOf("nobody")}} {
				_, err := w.Store.ChangeScim(w.ctx, w.write(w.group), team, func(store.ScimResource) (store.ScimEdit, error) {
					return store.ScimEdit{Members: []scim.MemberChange{step}}, nil
				})
				unknown := &store.ScimUnknownMembersError{}
				if !errors.As(err, &unknown) || !slices.Equal(unknown.Values, []string{"nobody"}) {
					w.Errorf("%v, want that nobody is unknown", err)
				}
			}
			w.same("members", w.members(team), []string{"p0"})
		},
		"a member that comes later is resolved by whichever name it was pushed under": func(w *scimWorld) {
			team := w.team("birds", "00u-p0", "p1", "p2", "00u-p2", "other")
			w.drain()
			before := w.read(w.group, team).Version
			w.staff(3)
			w.same("members", w.members(team), []string{"?other", "p0", "p1", "p2"})
			w.same("inbox", w.inbox(), []string{"p0", "p1", "p2"})
			w.same("groups of p2", len(w.read(w.user, w.read(w.group, team).Members[0].Value).Groups), 1)
			if after := w.read(w.group, team).Version; after <= before {
				w.Errorf("version %d after %d, though its members are others", after, before)
			}
		},
		"a member whose name is set later is resolved then": func(w *scimWorld) {
			team := w.team("birds", "emp-7")
			p := w.joins("ada")
			w.drain()
			w.change(p, map[string]any{"externalId": "emp-7"})
			w.same("members", w.members(team), []string{"ada"})
			w.same("inbox", w.inbox(), []string{"ada"})
		},
		"members of another connection stay unknown": func(w *scimWorld) {
			p := w.joins("ada")
			_, err := w.Store.CreateScimToken(w.ctx, "others", "okta", "digest-2", time.Time{}, w.now)
			w.ok(err)
			own := w.conn
			w.conn, err = w.Store.ConnectionID(w.ctx, "others")
			w.ok(err)
			team := w.team("birds", p, "ada", "later")
			w.same("members", len(w.members(team)), 3)
			other := w.conn
			w.conn = own
			w.joins("later")
			w.conn = other
			for _, m := range w.members(team) {
				if m[0] != '?' {
					w.Errorf("%s is known to another connection", m)
				}
			}
		},
		"a deleted user leaves its groups, and a deleted group its members": func(w *scimWorld) {
			p := w.staff(3)
			team := w.team("birds", p...)
			w.drain()
			w.leaves(w.user, p[0])
			w.same("members", w.members(team), []string{"p1", "p2"})
			w.same("version", w.read(w.group, team).Version, int64(2))
			w.same("inbox", w.inbox(), []string{"deleted user!"})
			w.leaves(w.group, team)
			w.same("inbox", w.inbox(), []string{"deleted group", "deleted user!", "p1", "p2"})
			w.same("memberships", w.number(`SELECT COUNT(*) FROM scim_members`), 0)
		},
		"a deleted user that is pushed once more stays unknown": func(w *scimWorld) {
			p := w.joins("ada")
			w.leaves(w.user, p)
			team := w.team("birds", p, "00u-ada")
			w.same("members", w.members(team), sorted("?"+p, "?00u-ada"))
			w.joins("ada")
			w.same("members", w.members(team), sorted("?"+p, "ada"))
		},
		"fifty who change one group at once lose nothing":                 fiftyChangeOneGroup,
		"members and users that arrive at once find each other":           arriveAtOnce,
		"changes of groups and of their members at once all come through": overlapping,
		"a large change of a group is one of rows": func(w *scimWorld) {
			p := w.bulk(300)
			team := w.team("birds", p[:280]...)
			w.drain()
			changed := w.changeMembers(team, scim.MemberChange{Add: membersOf(p[20:]...)})
			w.same("changed", changed.Changed, true)
			w.same("members", len(w.read(w.group, team).Members), 300)
			w.same("inbox", len(w.inbox()), 20)
		},
	})
}

// fiftyChangeOneGroup lets fifty add their own members and remove half of them.
func fiftyChangeOneGroup(w *scimWorld) {
	const clients, each = 50, 4
	p := w.bulk(clients * each)
	team := w.team("birds")
	var wg sync.WaitGroup
	at := w.now
	for i := range clients {
		own := p[i*each : (i+1)*each]
		wg.Go(func() {
			for _, step := range []scim.MemberChange{{Add: membersOf(own[:2]...)}, {Add: membersOf(own[2:]...)}, {Remove: membersOf(own[0])}, {Remove: membersOf(own[1:2]...)}} {
				_, err := w.Store.ChangeScim(w.ctx, w.writeAt(w.group, at), team, func(store.ScimResource) (store.ScimEdit, error) {
					return store.ScimEdit{Members: []scim.MemberChange{step}}, nil
				})
				if err != nil {
					w.Errorf("client %d: %v", i, err)
				}
			}
		})
	}
	wg.Wait()
	var want []string
	for i := range clients {
		want = append(want, p[i*each+2], p[i*each+3])
	}
	slices.Sort(want)
	var got []string
	r := w.read(w.group, team)
	for _, m := range r.Members {
		got = append(got, m.Value)
	}
	w.same("members", got, want)
	w.same("version", r.Version, int64(1+4*clients))
}

// arriveAtOnce creates users while groups are made that name them.
func arriveAtOnce(w *scimWorld) {
	const n = 24
	var wg sync.WaitGroup
	teams := make([]string, n/4)
	at := w.now
	for i := range n {
		wg.Go(func() {
			if _, err := w.Store.CreateScim(w.ctx, w.writeAt(w.user, at), userNamed(fmt.Sprintf("p%d", i)), nil); err != nil {
				w.Errorf("user %d: %v", i, err)
			}
		})
		if i%4 != 0 {
			continue
		}
		wg.Go(func() {
			var values []string
			for j := range 4 {
				values = append(values, fmt.Sprintf("00u-p%d", i+j))
			}
			changed, err := w.Store.CreateScim(w.ctx, w.writeAt(w.group, at), scim.Resource{"displayName": fmt.Sprintf("t%d", i)}, membersOf(values...))
			if err != nil {
				w.Errorf("group %d: %v", i, err)
			}
			teams[i/4] = changed.Resource.ScimID
		})
	}
	wg.Wait()
	for i, team := range teams {
		want := []string{fmt.Sprintf("p%d", 4*i), fmt.Sprintf("p%d", 4*i+1), fmt.Sprintf("p%d", 4*i+2), fmt.Sprintf("p%d", 4*i+3)}
		slices.Sort(want)
		w.same(fmt.Sprintf("members of group %d", i), w.members(team), want)
	}
}

// overlapping changes groups with the same members, and the members, at once.
func overlapping(w *scimWorld) {
	p := w.bulk(12)
	teams := []string{w.team("a", p[:6]...), w.team("b", p[3:9]...), w.team("c", p[6:]...)}
	var wg sync.WaitGroup
	at := w.now
	try := func(what string, err error) {
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			w.Errorf("%s: %v", what, err)
		}
	}
	for _, team := range teams {
		wg.Go(func() {
			for range 3 {
				for _, step := range []scim.MemberChange{{Add: membersOf(p...)}, {Clear: true, Add: membersOf(p[4:]...)}} {
					try("group", second(w.Store.ChangeScim(w.ctx, w.writeAt(w.group, at), team, func(store.ScimResource) (store.ScimEdit, error) {
						return store.ScimEdit{Members: []scim.MemberChange{step}}, nil
					})))
				}
			}
		})
	}
	for i, id := range p {
		wg.Go(func() {
			try("user", second(w.Store.ChangeScim(w.ctx, w.writeAt(w.user, at), id, edit(map[string]any{"title": "Dr", "active": false}))))
			if i >= 8 {
				try("leaver", second(w.Store.DeleteScim(w.ctx, w.writeAt(w.user, at), id, nil)))
			}
		})
	}
	wg.Wait()
	for _, team := range teams {
		w.changeMembers(team, scim.MemberChange{Clear: true, Add: membersOf(p[:8]...)})
		w.same("members", w.members(team), []string{"p0", "p1", "p2", "p3", "p4", "p5", "p6", "p7"})
	}
	w.same("memberships of who is deleted", w.number(`SELECT COUNT(*) FROM scim_members m JOIN scim_resources r ON r.id = m.member_id WHERE r.deleted_at <> 0`), 0)
}

func sorted(values ...string) []string {
	slices.Sort(values)
	return values
}
