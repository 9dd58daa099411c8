package rules

import (
	"path"
	"regexp"
	"strconv"
	"strings"
)

// glob compiles a pattern with * ? and [a-z], and \ before a character that
// stands for itself. It ignores case and matches a whole text. The error is
// path.ErrBadPattern.
func glob(pattern string) (*regexp.Regexp, error) {
	if _, err := path.Match(pattern, ""); err != nil {
		return nil, err
	}
	var b strings.Builder
	b.WriteString(`(?is)\A`)
	in := []rune(pattern)
	for i := 0; i < len(in); i++ {
		switch in[i] {
		case '*':
			b.WriteString(".*")
		case '?':
			b.WriteString(".")
		case '\\':
			i++
			b.WriteString(regexp.QuoteMeta(string(in[i])))
		case '[':
			i = class(&b, in, i+1)
		default:
			b.WriteString(regexp.QuoteMeta(string(in[i])))
		}
	}
	b.WriteString(`\z`)
	return regexp.Compile(b.String())
}

// class writes what follows a "[" and returns where it ends.
func class(b *strings.Builder, in []rune, i int) int {
	b.WriteByte('[')
	if in[i] == '^' {
		b.WriteByte('^')
		i++
	}
	for ; in[i] != ']'; i++ {
		switch in[i] {
		case '\\':
			i++
			b.WriteString(`\x{` + codePoint(in[i]) + `}`)
		case '-':
			b.WriteByte('-')
		default:
			b.WriteString(`\x{` + codePoint(in[i]) + `}`)
		}
	}
	b.WriteByte(']')
	return i
}

func codePoint(c rune) string {
	return strconv.FormatInt(int64(c), 16)
}
