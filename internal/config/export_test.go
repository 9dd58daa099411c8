package config

import (
	"reflect"
	"slices"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// ParseAgainst is Parse where every kind of target can do what is said here.
func ParseAgainst(content string, env func(string) (string, bool), can directory.Capabilities) (*Config, error) {
	return parse("r.yaml", []byte(content), env, func(string) directory.Capabilities { return can })
}

// SettingPaths lists every setting that the file can have, sorted, with * for
// a name that the administrator chooses and [] for an element of a list.
func SettingPaths() []string {
	var paths []string
	seen := map[reflect.Type]bool{}
	var visit func(t reflect.Type, path string)
	visit = func(t reflect.Type, path string) {
		switch {
		case t.Kind() == reflect.Slice:
			visit(t.Elem(), path+"[]")
		case seen[t]:
			// Attributes have attributes in them and are in several lists;
			// the example explains them once.
		case t.Kind() == reflect.Pointer:
			visit(t.Elem(), path)
		case t.Kind() == reflect.Map:
			visit(t.Elem(), join(path, "*"))
		case t.Kind() == reflect.Struct:
			seen[t] = true
			for _, field := range settings(t) {
				name := join(path, field.Tag.Get("yaml"))
				paths = append(paths, name)
				visit(field.Type, name)
			}
		}
	}
	visit(reflect.TypeFor[Config](), "")
	slices.Sort(paths)
	return paths
}

// GlobWithin says whether outer matches all that inner does.
func GlobWithin(inner, outer string) bool { return parseGlob(inner).within(parseGlob(outer)) }

// GlobsMeet says whether a text exists that both match.
func GlobsMeet(a, b string) bool { return parseGlob(a).meets(parseGlob(b)) }
