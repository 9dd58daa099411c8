package scim

import (
	"encoding/json"
	"fmt"
	"strings"
)

// String prints both sides, bracketed where "and" would bind them otherwise.
func (f *And) String() string { return printFilter(f) }

// String prints both sides.
func (f *Or) String() string { return printFilter(f) }

// String prints not (…).
func (f *Not) String() string { return printFilter(f) }

// String prints the path, the operator in lower case and the value as JSON.
func (f *Compare) String() string { return printFilter(f) }

// String prints the path and pr.
func (f *Present) String() string { return printFilter(f) }

// String prints the path and the filter between square brackets.
func (f *ValueFilter) String() string { return printFilter(f) }

// printFilter writes into one buffer, as a filter may be 256 terms.
func printFilter(f Filter) string {
	var b strings.Builder
	writeFilter(&b, f)
	return b.String()
}

// writeFilter writes a filter with no more brackets than it needs. A chain
// leans to the left, as it is parsed; one that leans to the right is bracketed.
func writeFilter(b *strings.Builder, f Filter) {
	switch f := f.(type) {
	case *And:
		writeSide(b, f.Left, isOr(f.Left))
		b.WriteString(" and ")
		writeSide(b, f.Right, isOr(f.Right) || isAnd(f.Right))
	case *Or:
		writeFilter(b, f.Left)
		b.WriteString(" or ")
		writeSide(b, f.Right, isOr(f.Right))
	case *Not:
		b.WriteString("not ")
		writeSide(b, f.Filter, true)
	case *Present:
		b.WriteString(f.Path.String())
		b.WriteString(" pr")
	case *Compare:
		b.WriteString(f.Path.String())
		b.WriteByte(' ')
		b.WriteString(string(f.Operator))
		b.WriteByte(' ')
		writeValue(b, f.Value)
	case *ValueFilter:
		b.WriteString(f.Path.String())
		b.WriteByte('[')
		writeFilter(b, f.Filter)
		b.WriteByte(']')
	}
}

// writeSide writes one side of "and" or "or".
func writeSide(b *strings.Builder, f Filter, bracketed bool) {
	if bracketed {
		b.WriteByte('(')
	}
	writeFilter(b, f)
	if bracketed {
		b.WriteByte(')')
	}
}

func isAnd(f Filter) bool { _, ok := f.(*And); return ok }
func isOr(f Filter) bool  { _, ok := f.(*Or); return ok }

// writeValue writes a value as JSON.
func writeValue(b *strings.Builder, value any) {
	switch value := value.(type) {
	case nil:
		b.WriteString("null")
	case bool:
		fmt.Fprint(b, value)
	case json.Number:
		b.WriteString(value.String())
	case string:
		writeQuoted(b, value)
	}
}

// writeQuoted escapes only what JSON must have escaped, so that a filter does
// not grow when it is printed.
func writeQuoted(b *strings.Builder, value string) {
	b.WriteByte('"')
	for _, r := range value {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < ' ':
			fmt.Fprintf(b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
}
