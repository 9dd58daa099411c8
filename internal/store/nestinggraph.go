package store

import "slices"

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
// them. Those that are there stay: a target refuses one that closes a circle with
// another which is yet to be taken out. Beyond that, which they are depends on
// nothing but the nestings.
func cutCircles(nested map[int64]map[int64]bool, there map[edge]bool) []edge {
	var all []edge
	for child, outers := range nested {
		for outer := range outers {
			all = append(all, edge{child, outer})
		}
	}
	slices.SortFunc(all, func(a, b edge) int {
		if there[a] != there[b] {
			if there[a] {
				return -1
			}
			return 1
		}
		return slices.Compare([]int64{a.child, a.group}, []int64{b.child, b.group})
	})
	above := make(map[int64][]int64, len(nested))
	var cut []edge
	for _, e := range all {
		if reaches(above, e.group, e.child) {
			cut = append(cut, e)
			delete(nested[e.child], e.group)
			continue
		}
		above[e.child] = append(above[e.child], e.group)
	}
	return cut
}

// reaches reports whether a group is in another, however deep, or is it.
func reaches(above map[int64][]int64, from, to int64) bool {
	seen := map[int64]bool{from: true}
	for queue := []int64{from}; len(queue) > 0; queue = queue[1:] {
		if queue[0] == to {
			return true
		}
		for _, next := range above[queue[0]] {
			if !seen[next] {
				seen[next] = true
				queue = append(queue, next)
			}
		}
	}
	return false
}
