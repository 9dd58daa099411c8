package propertytest

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/rollcall-sync/rollcall/activities"
	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/directory/rules"
	"github.com/rollcall-sync/rollcall/internal/scim"
	"github.com/rollcall-sync/rollcall/internal/source/pushed"
	"github.com/rollcall-sync/rollcall/internal/store"
	targetmemory "github.com/rollcall-sync/rollcall/internal/target/targettest/memory"
	"github.com/rollcall-sync/rollcall/workflows"
)

// hierarchical runs the real workflows of a connection that is pushed to.
type hierarchical struct {
	engine
	h    hierarchy
	conn int64
	// people and groups are the ids of their resources.
	people, groups []string
	on             *activities.Target
	// more are the groups of the target that somebody gave more than is configured.
	more map[string]bool
	// taken are the groups of the target that are somebody's own, by name.
	taken map[string]string
}

func newHierarchical(ctx context.Context, dir string, h hierarchy, between wrap) (*hierarchical, error) {
	db, err := os.MkdirTemp(dir, "db")
	if err != nil {
		return nil, err
	}
	s, err := store.Open(ctx, "sqlite:"+filepath.Join(db, "x.db"))
	if err != nil {
		return nil, err
	}
	set, err := rules.Compile(h.spec())
	if err != nil {
		return nil, fmt.Errorf("rules: %w", err)
	}
	e := &hierarchical{engine: engine{ctx: ctx, store: s}, h: h, more: map[string]bool{}}
	e.target = targetmemory.New(targetmemory.Options{PageSize: 3})
	e.target.SeedScope("project ABC")
	e.taken = map[string]string{}
	for _, g := range h.taken {
		if name := h.nameOf(g); name != "" && e.taken[name] == "" {
			e.taken[name] = e.target.SeedGroup(name, false)
		}
	}
	open := store.Limits{Window: 24 * time.Hour, HeldFor: 72 * time.Hour, Share: 1, Count: 1 << 30, Always: 1 << 30}
	e.on = &activities.Target{
		Target: between(e.target), Name: cloud, Kind: targetmemory.Kind, Identity: identity, Queue: cloud, Can: targetmemory.Capabilities(),
		AdoptGroups: func(string) bool { return false }, Guard: open, Mode: h.mode, LinkBy: []string{"email"}, FullEvery: time.Nanosecond, Concurrency: 4, Nests: true,
	}
	for _, g := range h.permits {
		e.on.Permissions = append(e.on.Permissions, directory.GroupPermission{Group: fmt.Sprintf("group %d", g), Permission: directory.Permission{Scope: "project ABC", Level: "write"}})
	}
	c := &activities.Connection{
		Name: connection, RulesDigest: set.Digest(), Source: pushed.New(connection, s, e.now, pushed.Attributes{}), SourceQueue: "source", Rules: set,
		SourceFloor: store.SourceFloor{Drop: 1}, FullEvery: time.Nanosecond, Guard: open, Targets: []*activities.Target{e.on},
		Pushes: true, Mapping: pushed.Mapping(pushed.Attributes{}),
	}
	e.acts = &activities.Activities{
		Store: s, Connections: map[string]*activities.Connection{connection: c}, Heartbeat: 30 * time.Second,
		Log: slog.New(slog.NewTextHandler(&e.log, &slog.HandlerOptions{Level: slog.LevelWarn})), Start: nobody{}, Approvals: store.ApprovalPolicy{Persons: 1}, Now: e.now,
	}
	if err := e.acts.EnsureConnections(ctx); err != nil {
		return nil, err
	}
	if e.conn, err = s.ConnectionID(ctx, connection); err != nil {
		return nil, err
	}
	return e, e.push()
}

func (e *hierarchical) write(t *scim.ResourceType) store.ScimWrite {
	e.leap(time.Millisecond)
	return store.ScimWrite{ConnectionID: e.conn, Type: t, Log: store.ScimRequest{ConnectionID: e.conn, At: e.now(), Method: "PATCH", Path: t.Endpoint, Status: 200}}
}

// push pushes the whole organisation.
func (e *hierarchical) push() error {
	for i := range e.h.people {
		name := personName(i)
		made, err := e.store.CreateScim(e.ctx, e.write(scim.UserType()), scim.Resource{"userName": name, "active": true, "displayName": name,
			"emails": []any{map[string]any{"value": addressOf(name), "primary": true}}}, nil)
		if err != nil {
			return err
		}
		e.people = append(e.people, made.Resource.ScimID)
	}
	for i := range e.h.groups {
		var members []scim.Member
		for _, p := range e.h.members[i] {
			members = append(members, scim.Member{Value: e.people[p]})
		}
		made, err := e.store.CreateScim(e.ctx, e.write(scim.GroupType()), scim.Resource{"displayName": fmt.Sprintf("Group %d", i)}, members)
		if err != nil {
			return err
		}
		e.groups = append(e.groups, made.Resource.ScimID)
	}
	for i, inner := range e.h.inner {
		for _, g := range inner {
			if err := e.member(i, e.groups[g], true); err != nil {
				return err
			}
		}
	}
	return nil
}

// member puts a person or group into a pushed group, or takes it out.
func (e *hierarchical) member(group int, value string, in bool) error {
	change := scim.MemberChange{Remove: []scim.Member{{Value: value}}}
	if in {
		change = scim.MemberChange{Add: []scim.Member{{Value: value}}}
	}
	_, err := e.store.ChangeScim(e.ctx, e.write(scim.GroupType()), e.groups[group], func(store.ScimResource) (store.ScimEdit, error) {
		return store.ScimEdit{Members: []scim.MemberChange{change}}, nil
	})
	return err
}

// happen lets a move happen, at the source, in the target or in the configuration.
func (e *hierarchical) happen(m move) error {
	a, b, p := m.A%e.h.groups, m.B%e.h.groups, m.B%e.h.people
	set := func(list []int, one int, in bool) []int {
		list = slices.DeleteFunc(slices.Clone(list), func(it int) bool { return it == one })
		if in {
			list = append(list, one)
		}
		return list
	}
	switch m.What {
	case "nest", "unnest":
		e.h.inner[a] = set(e.h.inner[a], b, m.What == "nest")
		return e.member(a, e.groups[b], m.What == "nest")
	case "join", "leave":
		e.h.members[a] = set(e.h.members[a], p, m.What == "join")
		return e.member(a, e.people[p], m.What == "join")
	case "flatten", "keep":
		e.on.Nests = m.What == "keep"
		return nil
	}
	if m.What == "free" {
		names := slices.Sorted(maps.Keys(e.taken))
		if len(names) > 0 {
			e.target.DropGroup(e.taken[names[a%len(names)]])
			delete(e.taken, names[a%len(names)])
		}
		return nil
	}
	state := e.target.State()
	state.Groups = slices.DeleteFunc(state.Groups, func(g targetmemory.Group) bool { return e.taken[g.Name] != "" })
	if len(state.Groups) == 0 {
		return nil
	}
	g := state.Groups[a%len(state.Groups)]
	switch {
	case m.What == "drift nesting" && len(g.Subgroups) > 0:
		e.target.DropSubgroup(g.ID, g.Subgroups[b%len(g.Subgroups)])
	case m.What == "drift member" && len(g.Members) > 0:
		e.target.DropMember(g.ID, g.Members[b%len(g.Members)])
	case m.What == "drift permission":
		e.more[g.ID] = b%2 == 1
		e.target.SeedPermission(g.ID, directory.Permission{Scope: "project ABC", Level: []string{"read", "admin"}[b%2]})
	}
	return nil
}

// provision applies what was pushed, shard by shard, as it would be at once.
func (e *hierarchical) provision() error {
	for range 20 {
		shards, err := e.store.DueShards(e.ctx, e.conn, e.now())
		if err != nil || len(shards) == 0 {
			return err
		}
		e.ran++
		var all errgroup.Group // one may wait for a group that another makes
		for _, shard := range shards {
			all.Go(func() error {
				return e.play(workflows.ProvisionName, fmt.Sprintf("provision/%s/%d-%d", connection, shard, e.ran), workflows.Provision,
					workflows.ProvisionInput{Connection: connection, Shard: shard}, nil)
			})
		}
		if err := all.Wait(); err != nil {
			return err
		}
	}
	return fmt.Errorf("there is always something that was pushed")
}

// differs says how the groups of the target differ from the source's: in who
// is in them, however deep, and in who is in them twice.
func (e *hierarchical) differs() error {
	state := e.target.State()
	addresses, groups, byName := map[string]string{}, map[string]targetmemory.Group{}, map[string]targetmemory.Group{}
	for _, a := range state.Accounts {
		addresses[a.ID] = a.Email
	}
	for _, g := range state.Groups {
		groups[g.ID], byName[g.Name] = g, g
	}
	effective := func(id string) []string {
		people, seen := map[string]bool{}, map[string]bool{id: true}
		for queue := []string{id}; len(queue) > 0; queue = queue[1:] {
			for _, m := range groups[queue[0]].Members {
				people[addresses[m]] = true
			}
			for _, s := range groups[queue[0]].Subgroups {
				if !seen[s] {
					seen[s] = true
					queue = append(queue, s)
				}
			}
		}
		return slices.Sorted(maps.Keys(people))
	}
	var problems []string
	for name, want := range e.h.everybody() {
		g, there := byName[name]
		if !there {
			problems = append(problems, "there is no group "+name)
			continue
		}
		if e.taken[name] != "" {
			want = nil // not ours
		}
		if got := effective(g.ID); !slices.Equal(got, want) {
			problems = append(problems, fmt.Sprintf("%q holds %v, want %v", name, got, want))
		}
		if !e.on.Nests && len(g.Subgroups) > 0 {
			problems = append(problems, fmt.Sprintf("%q has groups in it", name))
		}
	}
	for _, n := range e.h.permits {
		g, there := byName[fmt.Sprintf("Group %d", n)]
		if there && len(g.Permissions) == 0 && e.taken[g.Name] == "" {
			problems = append(problems, fmt.Sprintf("%q may nothing", g.Name))
		}
		for _, p := range g.Permissions {
			if e.more[g.ID] && p.Level != "admin" {
				problems = append(problems, fmt.Sprintf("%q lost what somebody gave it", g.Name))
			}
			if p.Rank() < (directory.Permission{Level: "write"}).Rank() {
				problems = append(problems, fmt.Sprintf("%q may only %s", g.Name, p.Level))
			}
		}
	}
	if len(problems) == 0 {
		return nil
	}
	slices.Sort(problems)
	return fmt.Errorf("%s", strings.Join(problems, "\n"))
}
