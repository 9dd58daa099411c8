package config

import (
	"fmt"
	"log/slog"
	"net/netip"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// reader reads YAML nodes into the structs of this package and collects what
// is wrong on the way. Values are checked against the tags of their field:
// `rule:"required"`, `range:"low..high"`, `oneof:"a,b"`.
type reader struct {
	file string
	// folder is what relative paths in the file start from.
	folder string
	env    func(string) (string, bool)
	// can says what a kind of target is able to do.
	can func(kind string) directory.Capabilities
	// lines are the file's, to find a place inside a value.
	lines []string

	problems []Problem
	warnings []Problem
	// failed holds paths that have a problem, so that one mistake is
	// reported once.
	failed map[string]bool
	// nodes holds where each path is in the file.
	nodes map[string]*yaml.Node
}

// place is a value in the file.
type place struct {
	node *yaml.Node
	path string
	// tag is that of the field which the value belongs to.
	tag reflect.StructTag
}

// nodeReader is a type that reads itself from a node.
type nodeReader interface{ readNode(r *reader, at place) }

// defaulter is a struct that has defaults.
type defaulter interface{ setDefaults() }

func (r *reader) problem(path, format string, args ...any) {
	if r.failed[path] {
		return
	}
	r.failed[path] = true
	r.problems = append(r.problems, r.finding(path, format, args...))
}

func (r *reader) warn(path, format string, args ...any) {
	r.warnings = append(r.warnings, r.finding(path, format, args...))
}

// finding places a path that is not in the file at the nearest one above it.
func (r *reader) finding(path, format string, args ...any) Problem {
	p := Problem{File: r.file, Line: 1, Column: 1, Path: path, Message: fmt.Sprintf(format, args...)}
	for at := path; at != ""; at = at[:max(0, strings.LastIndexAny(at, ".["))] {
		if node := r.nodes[at]; node != nil {
			p.Line, p.Column = node.Line, node.Column
			return p
		}
	}
	return p
}

// raw returns what the file says at a path, before ${NAME} is filled in.
func (r *reader) raw(path string) string {
	if node := r.nodes[path]; node != nil {
		return abbreviated(node.Value)
	}
	return ""
}

// read reads one value into v, which is settable and holds the default.
func (r *reader) read(at place, v reflect.Value) {
	if at.node.Kind == yaml.AliasNode {
		alias := *at.node.Alias
		// A mistake is reported where the alias is used.
		alias.Line, alias.Column = at.node.Line, at.node.Column
		at.node = &alias
	}
	r.nodes[at.path] = at.node
	if self, ok := v.Addr().Interface().(nodeReader); ok {
		self.readNode(r, at)
		return
	}
	switch v.Type() {
	case reflect.TypeFor[time.Duration]():
		r.readDuration(at, v)
		return
	case reflect.TypeFor[time.Weekday]():
		r.readWeekday(at, v)
		return
	case reflect.TypeFor[slog.Level]():
		r.readLevel(at, v)
		return
	case reflect.TypeFor[time.Time]():
		r.readDate(at, v)
		return
	case reflect.TypeFor[netip.Prefix]():
		r.readPrefix(at, v)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		r.readStruct(at, v)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		setDefaults(v.Elem())
		r.read(at, v.Elem())
	case reflect.Map:
		r.readNamed(at, v)
	case reflect.Slice:
		r.readList(at, v)
	case reflect.String:
		r.readString(at, v)
	case reflect.Int:
		r.readInt(at, v)
	case reflect.Int64:
		r.readSize(at, v)
	case reflect.Bool:
		r.readBool(at, v)
	default:
		panic(fmt.Sprintf("config: no way to read a %s at %s", v.Type(), at.path))
	}
}

type entry struct {
	name       string
	key, value *yaml.Node
}

// entries returns a mapping's entries, reporting what is not a mapping, keys
// that are there twice and merge keys.
func (r *reader) entries(at place, expected string) ([]entry, bool) {
	if at.node.Kind != yaml.MappingNode {
		r.problem(at.path, "expected %s, found %s", expected, kindOf(at.node))
		return nil, false
	}
	var found []entry
	lines := map[string]int{}
	for i := 0; i+1 < len(at.node.Content); i += 2 {
		key, value := at.node.Content[i], at.node.Content[i+1]
		path := join(at.path, key.Value)
		switch {
		case key.Kind != yaml.ScalarNode:
			r.problems = append(r.problems, Problem{File: r.file, Line: key.Line, Column: key.Column, Path: at.path, Message: "expected a plain key"})
		case key.Tag == "!!merge":
			r.problems = append(r.problems, Problem{File: r.file, Line: key.Line, Column: key.Column, Path: path, Message: "merge keys are not supported; expected the settings themselves"})
		case lines[key.Value] > 0:
			r.problems = append(r.problems, Problem{File: r.file, Line: key.Line, Column: key.Column, Path: path,
				Message: fmt.Sprintf("%q is there twice, first in line %d; expected each name once", key.Value, lines[key.Value])})
		default:
			lines[key.Value] = key.Line
			found = append(found, entry{key.Value, key, value})
		}
	}
	return found, true
}

func (r *reader) readStruct(at place, v reflect.Value) {
	fields := settings(v.Type())
	found, ok := r.entries(at, "a mapping with "+listed(names(fields)))
	if !ok {
		return
	}
	// The settings of an unknown kind are not ours to judge.
	if kind, ok := fieldNamed(fields, "kind"); ok {
		i := slices.IndexFunc(found, func(e entry) bool { return e.name == "kind" })
		if i >= 0 {
			path := join(at.path, "kind")
			r.read(place{found[i].value, path, kind.Tag}, v.FieldByIndex(kind.Index))
			if r.failed[path] {
				return
			}
		}
	}
	given := map[string]bool{}
	for _, e := range found {
		given[e.name] = true
		path := join(at.path, e.name)
		field, ok := fieldNamed(fields, e.name)
		if !ok {
			r.nodes[path] = e.key
			r.problem(path, "unknown setting%s; expected %s", didYouMean(e.name, names(fields)), listed(names(fields)))
			continue
		}
		r.read(place{e.value, path, field.Tag}, v.FieldByIndex(field.Index))
	}
	for _, field := range fields {
		if name := field.Tag.Get("yaml"); field.Tag.Get("rule") == "required" && !given[name] {
			r.problem(join(at.path, name), "is missing")
		}
	}
}

// validName is what a connection or a target may be called: the name stands
// in workflow ids, task queues, metrics and on the command line.
var validName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)

// readNamed reads a mapping of names that the administrator chose.
func (r *reader) readNamed(at place, v reflect.Value) {
	found, ok := r.entries(at, "a mapping of names")
	if !ok {
		return
	}
	if len(found) == 0 {
		r.problem(at.path, "is empty; expected at least one")
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	for _, e := range found {
		path := join(at.path, e.name)
		if !validName.MatchString(e.name) {
			r.nodes[path] = e.key
			r.problem(path, "bad name; expected 1 to 40 of a-z, 0-9 and -, not starting with -")
			continue
		}
		element := reflect.New(v.Type().Elem()).Elem()
		setDefaults(element)
		element.FieldByName("Name").SetString(e.name)
		r.read(place{e.value, path, ""}, element)
		v.SetMapIndex(reflect.ValueOf(e.name), element)
	}
}

func (r *reader) readList(at place, v reflect.Value) {
	if at.node.Kind != yaml.SequenceNode {
		r.problem(at.path, "expected a list, found %s", kindOf(at.node))
		return
	}
	list := reflect.MakeSlice(v.Type(), len(at.node.Content), len(at.node.Content))
	for i, node := range at.node.Content {
		setDefaults(list.Index(i))
		r.read(place{node, indexed(at.path, i), at.tag}, list.Index(i))
	}
	v.Set(list)
}

// setDefaults fills the defaults of a struct and of those inside it.
func setDefaults(v reflect.Value) {
	if v.Kind() != reflect.Struct {
		return
	}
	if d, ok := v.Addr().Interface().(defaulter); ok {
		d.setDefaults()
	}
	for _, field := range settings(v.Type()) {
		setDefaults(v.FieldByIndex(field.Index))
	}
}

// settings returns a struct's fields that the file can set, in their order.
func settings(t reflect.Type) []reflect.StructField {
	var fields []reflect.StructField
	for _, field := range reflect.VisibleFields(t) {
		if name := field.Tag.Get("yaml"); name != "" && name != "-" {
			fields = append(fields, field)
		}
	}
	return fields
}

func names(fields []reflect.StructField) []string {
	all := make([]string, len(fields))
	for i, field := range fields {
		all[i] = field.Tag.Get("yaml")
	}
	return all
}

func fieldNamed(fields []reflect.StructField, name string) (reflect.StructField, bool) {
	i := slices.IndexFunc(fields, func(f reflect.StructField) bool { return f.Tag.Get("yaml") == name })
	if i < 0 {
		return reflect.StructField{}, false
	}
	return fields[i], true
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func kindOf(node *yaml.Node) string {
	switch {
	case node.Kind == yaml.MappingNode:
		return "a mapping"
	case node.Kind == yaml.SequenceNode:
		return "a list"
	case node.Kind == yaml.ScalarNode && node.Tag == "!!null":
		return "nothing"
	}
	return "a plain value"
}

func indexed(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }
