package messages_test

import (
	"go/ast"
	"go/token"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// left stands for what differs in a text.
const left = "…"

// verb is a verb of a format.
var verb = regexp.MustCompile(`%(\[\d+\])?[+#]?[a-zA-Z]`)

// shown is a format as the document writes it.
func shown(format string) string {
	text := strings.ReplaceAll(verb.ReplaceAllString(format, left), "%%", "%")
	return strings.Join(strings.Fields(text), " ")
}

// places are where texts stand in some files: in an argument of calls, in a
// field of composites, or in what a method returns.
type places struct {
	files *regexp.Regexp
	// calls has the argument's place by the function's last name.
	calls map[string]int
	// fields has the field's name by the composite's type.
	fields map[string]string
	// method is the name of methods that return a text.
	method string
}

// texts collects the texts that stand in places.
func (s *source) texts(all ...places) found {
	f := found{}
	for _, p := range all {
		for _, name := range slices.Sorted(maps.Keys(s.files)) {
			if p.files.MatchString(name) {
				p.collect(s.files[name], f)
			}
		}
	}
	return f
}

func (p places) collect(file *ast.File, all found) {
	words := wording{constants: map[string]string{}}
	ast.Inspect(file, func(n ast.Node) bool {
		for _, c := range constantsOf(n) {
			words.constants[c.name] = c.value
		}
		return true
	})
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if i, ok := p.calls[lastName(n.Fun)]; ok && i < len(n.Args) {
				words.add(all, n.Args[i])
			}
		case *ast.CompositeLit:
			for _, e := range n.Elts {
				if field, ok := e.(*ast.KeyValueExpr); ok && n.Type != nil && p.fields[lastName(n.Type)] == written(field.Key) {
					words.add(all, field.Value)
				}
			}
		case *ast.FuncDecl:
			if n.Recv != nil && n.Name.Name == p.method {
				ast.Inspect(n, func(n ast.Node) bool {
					if returned, ok := n.(*ast.ReturnStmt); ok && len(returned.Results) == 1 {
						words.add(all, returned.Results[0])
					}
					return true
				})
			}
		}
		return true
	})
}

// lastName is a name without its package or receiver.
func lastName(e ast.Expr) string {
	name := written(e)
	return name[strings.LastIndex(name, ".")+1:]
}

// wording turns expressions into texts, knowing the constants of their file.
type wording struct{ constants map[string]string }

// add adds an expression's text, unless all of it differs.
func (w wording) add(all found, e ast.Expr) {
	if text := shown(w.of(e)); strings.Trim(text, left+" :,;.()") != "" {
		all.add(text)
	}
}

func (w wording) of(e ast.Expr) string {
	if text, ok := literal(e); ok {
		return text
	}
	switch e := e.(type) {
	case *ast.Ident:
		if text, ok := w.constants[e.Name]; ok {
			return text
		}
	case *ast.BinaryExpr:
		if e.Op == token.ADD {
			return w.of(e.X) + w.of(e.Y)
		}
	case *ast.CallExpr:
		switch name := written(e.Fun); {
		case name == "fmt.Sprintf" || name == "fmt.Errorf" || name == "errors.New":
			return w.of(e.Args[0])
		}
	}
	return left
}
