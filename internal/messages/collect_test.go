package messages_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// source is the parsed source of some folders, without tests and what only
// tests use.
type source struct {
	files map[string]*ast.File
	// constants are the string constants of all packages by name, for those
	// that stand where a literal could.
	constants map[string][]string
}

// notShipped are folders that no administrator meets.
var notShipped = regexp.MustCompile(`(^|/)(sandbox|storetest|targettest|sourcetest|pgtest|testdata)(/|$)`)

func parse(t *testing.T, root string, folders ...string) *source {
	t.Helper()
	s := &source{files: map[string]*ast.File{}, constants: map[string][]string{}}
	for _, folder := range folders {
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			name, err := filepath.Rel(root, path)
			if err != nil {
				return err
			}
			if entry.IsDir() && notShipped.MatchString(filepath.ToSlash(name)) {
				return filepath.SkipDir
			}
			if entry.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
				return nil
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			s.files[filepath.ToSlash(name)] = file
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	s.each(regexp.MustCompile(``), func(n ast.Node) {
		for _, c := range constantsOf(n) {
			s.constants[c.name] = append(s.constants[c.name], c.value)
		}
	})
	return s
}

// each walks the files whose name matches.
func (s *source) each(files *regexp.Regexp, visit func(ast.Node)) {
	for _, name := range slices.Sorted(maps.Keys(s.files)) {
		if files.MatchString(name) {
			ast.Inspect(s.files[name], func(n ast.Node) bool {
				if n != nil {
					visit(n)
				}
				return true
			})
		}
	}
}

// constant is a string constant, with its type as it is written.
type constant struct{ name, kind, value string }

// constantsOf are the string constants that a declaration makes.
func constantsOf(n ast.Node) []constant {
	declaration, ok := n.(*ast.GenDecl)
	if !ok || declaration.Tok != token.CONST {
		return nil
	}
	var all []constant
	for _, spec := range declaration.Specs {
		values := spec.(*ast.ValueSpec)
		for i, name := range values.Names {
			if i < len(values.Values) {
				if value, ok := literal(values.Values[i]); ok {
					all = append(all, constant{name.Name, written(values.Type), value})
				}
			}
		}
	}
	return all
}

// literal is the value of a string literal, or of several that are added up.
func literal(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind == token.STRING {
			value, err := strconv.Unquote(e.Value)
			return value, err == nil
		}
	case *ast.ParenExpr:
		return literal(e.X)
	case *ast.BinaryExpr:
		left, ok := literal(e.X)
		right, too := literal(e.Y)
		return left + right, ok && too && e.Op == token.ADD
	}
	return "", false
}

// written is a type or function as the source writes it: "directory.Class".
func written(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return written(e.X) + "." + e.Sel.Name
	}
	return ""
}

// values are the strings that an expression can be: a literal, a constant, or
// a conversion of either.
func (s *source) values(e ast.Expr) []string {
	if value, ok := literal(e); ok {
		return []string{value}
	}
	switch e := e.(type) {
	case *ast.Ident:
		return s.constants[e.Name]
	case *ast.SelectorExpr:
		return s.constants[e.Sel.Name]
	case *ast.CallExpr:
		if len(e.Args) == 1 && (written(e.Fun) == "string" || strings.HasSuffix(written(e.Fun), "Class")) {
			return s.values(e.Args[0])
		}
	}
	return nil
}

// everywhere matches every file.
var everywhere = regexp.MustCompile(``)

// word is what classes, codes and states look like.
var word = regexp.MustCompile(`^[a-z][a-z-]*[a-z]$`)

// found is a set of what was collected.
type found map[string]bool

func (f found) add(values ...string) {
	for _, v := range values {
		if v != "" {
			f[v] = true
		}
	}
}

// typed collects the constants of a type, as it is written in any package.
func (s *source) typed(types ...string) found {
	all := found{}
	s.each(everywhere, func(n ast.Node) {
		for _, c := range constantsOf(n) {
			if slices.Contains(types, c.kind) {
				all.add(c.value)
			}
		}
	})
	return all
}

// named collects the string constants of a folder whose names match.
func (s *source) named(files, names *regexp.Regexp) found {
	all := found{}
	s.each(files, func(n ast.Node) {
		for _, c := range constantsOf(n) {
			if names.MatchString(c.name) {
				all.add(c.value)
			}
		}
	})
	return all
}

// inSQL finds the words that statements write into a column.
func (s *source) inSQL(statement *regexp.Regexp) found {
	all := found{}
	s.each(regexp.MustCompile(`^internal/store/`), func(n ast.Node) {
		e, ok := n.(ast.Expr)
		if !ok {
			return
		}
		if text, ok := literal(e); ok {
			for _, m := range statement.FindAllStringSubmatch(text, -1) {
				all.add(m[1])
			}
		}
	})
	return all
}

// setClass is a class that a statement writes.
var setClass = regexp.MustCompile(`\bclass = '([a-z-]+)'`)

// classes collects the classes of failures and changes: constants, what is
// put into a field called Class or Refused, and what statements write.
func (s *source) classes() found {
	all := s.typed("directory.Class", "Class")
	maps.Copy(all, s.inSQL(setClass))
	s.each(everywhere, func(n ast.Node) {
		switch n := n.(type) {
		case *ast.KeyValueExpr:
			if key, ok := n.Key.(*ast.Ident); ok && (key.Name == "Class" || key.Name == "Refused") {
				all.add(s.values(n.Value)...)
			}
		case *ast.AssignStmt:
			for i, left := range n.Lhs {
				if field, ok := left.(*ast.SelectorExpr); ok && i < len(n.Rhs) && (field.Sel.Name == "Class" || field.Sel.Name == "Refused") {
					all.add(s.values(n.Rhs[i])...)
				}
			}
		case *ast.CallExpr:
			if name := written(n.Fun); (name == "directory.Class" || name == "final") && len(n.Args) == 1 {
				all.add(s.values(n.Args[0])...)
			}
		}
	})
	return all
}

// notes collects the codes of notes: fields called Code or code of notes, and
// what is handed to a function that writes one.
func (s *source) notes() found {
	all := found{}
	s.each(regexp.MustCompile(`^(activities|internal/store)/`), func(n ast.Node) {
		switch n := n.(type) {
		case *ast.CompositeLit:
			if strings.HasSuffix(written(n.Type), "Note") {
				for _, e := range n.Elts {
					if field, ok := e.(*ast.KeyValueExpr); ok && written(field.Key) == "Code" {
						all.add(s.values(field.Value)...)
					}
				}
			}
			all.add(codesOfTable(n)...)
		case *ast.CallExpr:
			if name := written(n.Fun); strings.HasSuffix(name, ".note") || name == "note" {
				for _, argument := range n.Args {
					for _, value := range s.values(argument) {
						if word.MatchString(value) {
							all.add(value)
						}
					}
				}
			}
		}
	})
	return all
}

// codesOfTable are the codes in a list of structs with a field called code.
func codesOfTable(n *ast.CompositeLit) []string {
	list, ok := n.Type.(*ast.ArrayType)
	if !ok {
		return nil
	}
	row, ok := list.Elt.(*ast.StructType)
	if !ok {
		return nil
	}
	at, index := -1, 0
	for _, field := range row.Fields.List {
		for _, name := range field.Names {
			if name.Name == "code" {
				at = index
			}
			index++
		}
	}
	var codes []string
	for _, e := range n.Elts {
		if values, ok := e.(*ast.CompositeLit); ok && at >= 0 && at < len(values.Elts) {
			if code, ok := literal(values.Elts[at]); ok {
				codes = append(codes, code)
			}
		}
	}
	return codes
}
