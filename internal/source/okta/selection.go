package okta

import (
	"path"
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// selector is a Selection made ready.
type selector struct {
	names, exclude []string
	types, ids     []string
	where          func(directory.Group) bool
}

func newSelector(s Selection) selector {
	types := make([]string, len(s.Types))
	for i, name := range s.Types {
		types[i] = strings.ToUpper(name)
	}
	return selector{names: fold(s.Names), exclude: fold(s.Exclude), types: types, ids: s.IDs, where: s.Where}
}

// selects says whether a group is read.
func (s selector) selects(g groupRecord) bool {
	return s.named(g) && (s.where == nil || s.where(g.group(true)))
}

// named says whether a group is one of those that the lists select.
func (s selector) named(g groupRecord) bool {
	if slices.Contains(s.ids, g.ID) {
		return true
	}
	name := foldText(g.Profile.Name)
	switch {
	case matchesAny(s.exclude, name):
		return false
	case len(s.types) > 0 && !slices.Contains(s.types, g.Type):
		return false
	case len(s.types) == 0 && g.Type == builtIn:
		return false
	case len(s.names) > 0:
		return matchesAny(s.names, name)
	}
	return len(s.types) > 0 || len(s.ids) == 0
}

func matchesAny(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		matched, err := path.Match(pattern, name)
		return err == nil && matched // patterns were checked by Config.validated
	})
}

func fold(patterns []string) []string {
	folded := make([]string, len(patterns))
	for i, pattern := range patterns {
		folded[i] = foldText(pattern)
	}
	return folded
}

// foldText makes a name or pattern comparable: path.Match keeps "*" from
// matching a slash, which means nothing in a group's name.
func foldText(text string) string {
	return strings.ReplaceAll(strings.ToLower(text), "/", "\x00")
}
