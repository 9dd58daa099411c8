package config

import (
	"path"
	"strings"
)

// validatePatterns reports patterns of group names that are malformed or that
// can never decide anything: what they match is taken by one before them, or
// nothing that they match is selected at all. Such a rule is a mistake that
// would otherwise go unseen.
func (r *reader) validatePatterns(at string, s Source) {
	included := r.globs(at+".groups", s.Groups)
	excluded := r.globs(at+".exclude_groups", s.ExcludeGroups)
	for i, g := range excluded {
		r.coveredBy(g, excluded[:i])
	}
	for i, g := range included {
		r.coveredBy(g, excluded)
		r.coveredBy(g, included[:i])
	}
	if len(included) < len(s.Groups) || len(included) == 0 {
		return
	}
	for _, g := range excluded {
		needed := false
		for _, other := range included {
			needed = needed || g.meets(other.glob)
		}
		if !needed {
			r.problem(g.path, "an unreachable rule: nothing that it matches is selected by groups; expected a pattern that takes something away, or none")
		}
	}
}

type placedGlob struct {
	glob
	path string
}

func (r *reader) globs(at string, patterns []string) []placedGlob {
	var all []placedGlob
	for i, pattern := range patterns {
		if r.failed[indexed(at, i)] {
			continue
		}
		if _, err := path.Match(pattern, ""); err != nil {
			r.problem(indexed(at, i), "%q is not a pattern; expected text with * ? or [a-z], and \\ before a character that stands for itself", r.raw(indexed(at, i)))
			continue
		}
		all = append(all, placedGlob{parseGlob(strings.ToLower(pattern)), indexed(at, i)})
	}
	return all
}

func (r *reader) coveredBy(g placedGlob, others []placedGlob) {
	for _, other := range others {
		if g.within(other.glob) {
			r.problem(g.path, "an unreachable rule: all that %q matches is already matched by %q (%s); expected a pattern that matches something else, or none",
				r.raw(g.path), r.raw(other.path), other.path)
			return
		}
	}
}
