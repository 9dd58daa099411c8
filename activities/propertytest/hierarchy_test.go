package propertytest

import (
	"fmt"
	"maps"
	"slices"

	"pgregory.net/rapid"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/directory/rules"
	targetmemory "github.com/rollcall-sync/rollcall/internal/target/targettest/memory"
)

// hierarchy is a pushed organisation whose groups are in groups.
type hierarchy struct {
	people, groups int
	// members are the people of each group, inner the groups that are in it.
	members, inner [][]int
	// left are the groups that the rules do not take, merged those that share one.
	left, merged []int
	// taken are the groups whose name somebody's own group has in the target.
	taken []int
	mode  directory.GroupMode
	// permits are the groups that the configuration gives a permission.
	permits []int
	moves   []move
}

// move is something that happens between two runs.
type move struct {
	What string
	A, B int
}

var moves = []string{"nest", "nest", "unnest", "unnest", "join", "leave", "drift nesting", "drift member", "drift permission", "flatten", "keep", "free"}

func hierarchies() *rapid.Generator[hierarchy] {
	return rapid.Custom(func(t *rapid.T) hierarchy {
		h := hierarchy{people: rapid.IntRange(2, 5).Draw(t, "people"), groups: rapid.IntRange(2, 6).Draw(t, "groups")}
		h.mode = rapid.SampledFrom([]directory.GroupMode{directory.Additive, directory.Authoritative}).Draw(t, "mode")
		for range h.groups {
			h.members = append(h.members, rapid.SliceOfNDistinct(rapid.IntRange(0, h.people-1), 0, 2, rapid.ID[int]).Draw(t, "members"))
			h.inner = append(h.inner, rapid.SliceOfNDistinct(rapid.IntRange(0, h.groups-1), 0, 2, rapid.ID[int]).Draw(t, "inner"))
		}
		h.left = rapid.SliceOfNDistinct(rapid.IntRange(0, h.groups-1), 0, 2, rapid.ID[int]).Draw(t, "left out")
		h.merged = rapid.SliceOfNDistinct(rapid.IntRange(0, h.groups-1), 0, 2, rapid.ID[int]).Draw(t, "merged")
		h.taken = rapid.SliceOfNDistinct(rapid.IntRange(0, h.groups-1), 0, 2, rapid.ID[int]).Draw(t, "taken")
		h.permits = rapid.SliceOfNDistinct(rapid.IntRange(0, h.groups-1), 0, 2, rapid.ID[int]).Draw(t, "permitted")
		for range rapid.IntRange(2, 7).Draw(t, "moves") {
			h.moves = append(h.moves, move{rapid.SampledFrom(moves).Draw(t, "move"), rapid.IntRange(0, 5).Draw(t, "first"), rapid.IntRange(0, 5).Draw(t, "second")})
		}
		return h
	})
}

// nameOf is how a group is called in the target; empty for one that is not taken.
func (h hierarchy) nameOf(group int) string {
	switch {
	case slices.Contains(h.left, group):
		return ""
	case slices.Contains(h.merged, group):
		return "Shared"
	}
	return fmt.Sprintf("Group %d", group)
}

func (h hierarchy) spec() rules.Spec {
	target := rules.TargetSpec{Leavers: map[directory.Reason]directory.Ladder{}, Can: targetmemory.Capabilities()}
	for _, reason := range directory.Reasons {
		target.Leavers[reason] = directory.Suspend()
	}
	for _, g := range h.left {
		target.Groups.Exclude = append(target.Groups.Exclude, rules.Pattern{Path: "groups.exclude", Text: fmt.Sprintf("Group %d", g)})
	}
	for _, g := range h.merged {
		target.Groups.Table = append(target.Groups.Table, rules.TableEntry{Path: "groups.table", From: fmt.Sprintf("Group %d", g), To: "Shared"})
	}
	return rules.Spec{Targets: map[string]rules.TargetSpec{cloud: target}}
}

// below are the groups in a group at the source, itself among them.
func (h hierarchy) below(group int) map[int]bool {
	reached := map[int]bool{group: true}
	for queue := []int{group}; len(queue) > 0; queue = queue[1:] {
		for _, g := range h.inner[queue[0]] {
			if !reached[g] {
				reached[g] = true
				queue = append(queue, g)
			}
		}
	}
	return reached
}

// everybody are the people of each group of the target, however they are in it.
func (h hierarchy) everybody() map[string][]string {
	all := map[string]map[string]bool{}
	for g := range h.groups {
		name := h.nameOf(g)
		if name == "" {
			continue
		}
		if all[name] == nil {
			all[name] = map[string]bool{}
		}
		for inner := range h.below(g) {
			for _, p := range h.members[inner] {
				all[name][addressOf(personName(p))] = true
			}
		}
	}
	want := make(map[string][]string, len(all))
	for name, people := range all {
		want[name] = slices.Sorted(maps.Keys(people))
	}
	return want
}

func personName(i int) string { return peopleNames[i] }
