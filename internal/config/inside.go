package config

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// inside finds where a line and column of a value are in the file, both from
// 1. It walks the value and the file side by side, since YAML folds lines,
// indents and escapes; it gives up where they do not agree, as with an alias
// or what the environment filled in.
func (r *reader) inside(node *yaml.Node, line, column int) (int, int, bool) {
	if node == nil || node.Kind != yaml.ScalarNode || strings.Contains(node.Value, "${") {
		return 0, 0, false
	}
	at := cursor{lines: r.lines, style: node.Style, line: node.Line - 1, column: node.Column - 1}
	switch {
	case node.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0:
		at.column++
	case node.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		at.line, at.column = at.line+1, 0
		at.skipBlanks()
		at.indent = at.column
	}
	l, c := 1, 1
	foundLine, foundColumn := 0, 0
	for _, want := range node.Value {
		if l == line && c == column {
			foundLine, foundColumn = at.line+1, at.column+1
		}
		if !at.pass(want) {
			return 0, 0, false
		}
		if c++; want == '\n' {
			l, c = l+1, 1
		}
	}
	if foundLine == 0 && l == line {
		foundLine, foundColumn = at.line+1, at.column+1 // what is wrong is that it ends
	}
	return foundLine, foundColumn, foundLine > 0
}

// cursor is a place in a file.
type cursor struct {
	lines        []string
	style        yaml.Style
	line, column int
	// indent is how far the lines of a block are in.
	indent int
}

func (c *cursor) rest() []rune {
	if c.line >= len(c.lines) {
		return nil
	}
	runes := []rune(strings.TrimSuffix(c.lines[c.line], "\r"))
	if c.column >= len(runes) {
		return nil
	}
	return runes[c.column:]
}

// pass goes over one character of a value.
func (c *cursor) pass(want rune) bool {
	rest := c.rest()
	if c.style&yaml.LiteralStyle != 0 && want == '\n' {
		c.line, c.column = c.line+1, c.indent
		return len(rest) == 0
	}
	if want == ' ' || want == '\n' {
		blank := 0
		for blank < len(rest) && rest[blank] == ' ' {
			blank++
		}
		if blank < len(rest) {
			c.column++
			return want == ' ' && blank > 0
		}
		if c.line+1 >= len(c.lines) {
			return false
		}
		c.line, c.column = c.line+1, 0
		c.skipBlanks()
		return true
	}
	switch {
	case len(rest) == 0:
		return false
	case c.style&yaml.SingleQuotedStyle != 0 && want == '\'' && len(rest) > 1 && rest[0] == '\'' && rest[1] == '\'',
		c.style&yaml.DoubleQuotedStyle != 0 && len(rest) > 1 && rest[0] == '\\' && rest[1] == want && (want == '"' || want == '\\'):
		c.column += 2
		return true
	}
	c.column++
	return rest[0] == want
}

func (c *cursor) skipBlanks() {
	for _, one := range c.rest() {
		if one != ' ' {
			return
		}
		c.column++
	}
}
