package store

import (
	"maps"
	"slices"
)

// nestingGraph is what the source says of groups in groups, with where they
// lead in one target.
type nestingGraph struct {
	// parents are the groups that a group of the source is directly in.
	parents map[int64][]int64
	// into is the group of the target that a group of the source leads to; one
	// that is not taken is not in it.
	into map[int64]int64
	// everybody are groups of the target that all in scope are in.
	everybody map[int64]bool
}

// nestings are the groups of the target by the groups that are to be in them:
// those that lead there are, all of them, in what leads to the outer one. A
// group that is not taken is passed through: what is in it is in what it is in.
// Whoever leads to an inner group that is not wholly in the outer one would
// otherwise come into that.
func (g nestingGraph) nestings() map[int64]map[int64]bool {
	sources := map[int64][]int64{}
	for group, into := range g.into {
		sources[into] = append(sources[into], group)
	}
	nested := map[int64]map[int64]bool{}
	for inner, groups := range sources {
		if g.everybody[inner] {
			continue
		}
		direct, whole := map[int64]bool{}, map[int64]int{}
		for _, group := range groups {
			for outer := range g.above(group, false) {
				direct[outer] = true
			}
			for outer := range g.above(group, true) {
				whole[outer]++
			}
		}
		for outer := range direct {
			if outer == inner || whole[outer] < len(groups) {
				continue
			}
			if nested[inner] == nil {
				nested[inner] = map[int64]bool{}
			}
			nested[inner][outer] = true
		}
	}
	return nested
}

// above are the groups of the target that a group of the source is in: those
// next above it or, when all, those above these too.
func (g nestingGraph) above(group int64, all bool) map[int64]bool {
	reached, seen := map[int64]bool{}, map[int64]bool{group: true}
	queue := slices.Clone(g.parents[group])
	for len(queue) > 0 {
		next := queue[0]
		queue = queue[1:]
		if seen[next] {
			continue
		}
		seen[next] = true
		into, taken := g.into[next]
		if taken {
			reached[into] = true
		}
		if !taken || all {
			queue = append(queue, g.parents[next]...)
		}
	}
	return reached
}

// edge says that a group of the target is to be in another.
type edge struct{ child, group int64 }

// cutCircles takes out of nestings those that close a circle, and returns
// them. Which they are depends on nothing but the nestings.
func cutCircles(nested map[int64]map[int64]bool) []edge {
	const (
		entered = 1
		left    = 2
	)
	state := make(map[int64]int, len(nested))
	var cut []edge
	type step struct {
		group  int64
		outers []int64
	}
	for _, start := range slices.Sorted(maps.Keys(nested)) {
		if state[start] != 0 {
			continue
		}
		state[start] = entered
		path := []step{{start, slices.Sorted(maps.Keys(nested[start]))}}
		for len(path) > 0 {
			last := &path[len(path)-1]
			if len(last.outers) == 0 {
				state[last.group] = left
				path = path[:len(path)-1]
				continue
			}
			outer := last.outers[0]
			last.outers = last.outers[1:]
			switch state[outer] {
			case 0:
				state[outer] = entered
				path = append(path, step{outer, slices.Sorted(maps.Keys(nested[outer]))})
			case entered:
				cut = append(cut, edge{last.group, outer})
			}
		}
	}
	for _, e := range cut {
		delete(nested[e.child], e.group)
	}
	return cut
}
