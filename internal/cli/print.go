package cli

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"iter"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
)

func (p *program) printf(format string, args ...any) {
	// The writer keeps its first error for Flush.
	_, _ = fmt.Fprintf(p.out, format, args...)
}

func (p *program) printJSON(v any) error {
	encoder := json.NewEncoder(p.out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(v)
}

// printJSONAnd prints an object and, as its last field, an array that is
// never held in memory as a whole.
func printJSONAnd[T any](p *program, object any, field string, rows iter.Seq2[T, error]) error {
	head, err := json.MarshalIndent(object, "", "  ")
	if err != nil {
		return err
	}
	p.printf("%s,\n  %q: [", strings.TrimSuffix(string(head), "\n}"), field)
	separator := "\n    "
	for row, err := range rows {
		if err != nil {
			return err
		}
		line, err := json.Marshal(row)
		if err != nil {
			return err
		}
		p.printf("%s%s", separator, line)
		separator = ",\n    "
	}
	if strings.HasPrefix(separator, ",") {
		p.printf("\n  ")
	}
	p.printf("]\n}\n")
	return nil
}

// printJSONRows prints an array that is never held in memory as a whole.
func printJSONRows[T any](p *program, rows iter.Seq2[T, error]) error {
	separator := "[ "
	for row, err := range rows {
		if err != nil {
			return err
		}
		p.printf("%s", separator)
		// Which ends its line.
		if err := p.printJSONLine(row); err != nil {
			return err
		}
		separator = ", "
	}
	if separator == "[ " {
		p.printf("[")
	}
	p.printf("]\n")
	return nil
}

// printJSONLines prints an object a line, as they come.
func printJSONLines[T any](p *program, rows iter.Seq2[T, error]) error {
	for row, err := range rows {
		if err != nil {
			return err
		}
		if err := p.printJSONLine(row); err != nil {
			return err
		}
	}
	return nil
}

// mapped turns what is streamed into rows of CSV.
func mapped[T any](rows iter.Seq2[T, error], row func(T) []string) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		for one, err := range rows {
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(row(one), nil) {
				return
			}
		}
	}
}

// printCSV prints headings and rows.
func (p *program) printCSV(headings []string, rows iter.Seq2[[]string, error]) error {
	w := csv.NewWriter(p.out)
	if err := w.Write(headings); err != nil {
		return err
	}
	for row, err := range rows {
		if err != nil {
			return err
		}
		if err := w.Write(row); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

// table prints rows in columns, the first of them being headings.
func (p *program) table(rows [][]string) error {
	w := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		for i := range row {
			row[i] = plain(row[i])
		}
		if _, err := fmt.Fprintln(w, strings.TrimRight(strings.Join(row, "\t"), "\t")); err != nil {
			return err
		}
	}
	return w.Flush()
}

// plain makes text of a vendor's safe for a terminal: what is not printable,
// an escape sequence above all, is shown as a replacement character.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return ' '
		}
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}

// list is a slice that encodes as [] when it is empty.
func list[T any](items []T) []T {
	if items == nil {
		return []T{}
	}
	return items
}

// plural is such as "1 change" or "3 changes".
func plural(n int64, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

// at shows a time to a person, in local time.
func at(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Local().Format("2006-01-02 15:04:05")
}

// stamp is a time in a row of CSV; empty when there is none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// took is how long something lasted, to a tenth of a second.
func took(from, to time.Time) string { return to.Sub(from).Round(100 * time.Millisecond).String() }
