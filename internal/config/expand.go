package config

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// expand fills ${NAME} in from the environment; $${ stands for ${ itself. A
// variable that is not set or empty is an error, since what it was meant for
// would silently be missing.
func expand(s string, env func(string) (string, bool)) (string, error) {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(s, "${")
		if !found {
			b.WriteString(s)
			return b.String(), nil
		}
		if literal, escaped := strings.CutSuffix(before, "$"); escaped {
			b.WriteString(literal + "${")
			s = rest
			continue
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed {
			return "", errors.New("${ without }; expected ${NAME}, or $${ for the characters themselves")
		}
		if !variableName.MatchString(name) {
			return "", errors.New("bad name between ${ and }; expected letters, digits and _")
		}
		value, set := env(name)
		if !set {
			return "", fmt.Errorf("environment variable %s is not set", name)
		}
		if value == "" {
			return "", fmt.Errorf("environment variable %s is empty", name)
		}
		b.WriteString(before + value)
		s = after
	}
}

// abbreviated keeps a message to one readable line.
func abbreviated(s string) string {
	const most = 60
	runes := []rune(s)
	if len(runes) <= most {
		return s
	}
	return string(runes[:most]) + "…"
}
