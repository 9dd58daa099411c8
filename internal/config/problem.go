package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one finding in a configuration. It never holds a secret, nor a
// value taken from the environment.
type Problem struct {
	File string
	// Line and Column count from 1; 0 when the place is not known.
	Line, Column int
	// Path is such as "connections.staff.targets.cloud.api_key".
	Path string
	// Message says what is wrong and what was expected.
	Message string
}

// String returns "file:line:column: path: message".
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", p.Line, p.Column)
	}
	if p.Path != "" {
		b.WriteString(": " + p.Path)
	}
	b.WriteString(": " + p.Message)
	return b.String()
}

// Problems is the error that Load and Parse return: everything that is wrong
// with a configuration, sorted by line.
type Problems []Problem

// Error returns one problem a line.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.String()
	}
	return strings.Join(lines, "\n")
}

func sortProblems(problems []Problem) {
	slices.SortStableFunc(problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Path, b.Path))
	})
}
