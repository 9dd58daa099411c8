package config

import (
	"slices"
	"strconv"
	"strings"
)

// glob is a pattern of path.Match, but that a slash is a character like any
// other, as the non-deterministic automaton that it is: state i has matched the first i elements. It answers what a pattern can
// match at all, which path.Match itself cannot.
type glob []globElement

type globElement struct {
	// star matches any number of characters.
	star bool
	// matches says whether one character is matched; nil for a star.
	matches func(c rune) bool
	// edges are the characters at which matches changes its answer.
	edges []rune
}

// parseGlob reads a pattern that path.Match has accepted.
func parseGlob(pattern string) glob {
	var g glob
	in := []rune(pattern)
	for i := 0; i < len(in); i++ {
		switch in[i] {
		case '*':
			g = append(g, globElement{star: true})
		case '?':
			g = append(g, globElement{matches: func(rune) bool { return true }})
		case '[':
			element, length := parseClass(in[i+1:])
			g = append(g, element)
			i += length
		case '\\':
			i++
			g = append(g, literal(in[i]))
		default:
			g = append(g, literal(in[i]))
		}
	}
	return g
}

func literal(want rune) globElement {
	return globElement{matches: func(c rune) bool { return c == want }, edges: []rune{want, want + 1}}
}

// parseClass reads what follows a "[" and returns how long that is.
func parseClass(in []rune) (globElement, int) {
	i := 0
	negated := in[0] == '^'
	if negated {
		i++
	}
	char := func() rune {
		if in[i] == '\\' {
			i++
		}
		c := in[i]
		i++
		return c
	}
	type span struct{ low, high rune }
	var spans []span
	var edges []rune
	for first := true; first || in[i] != ']'; first = false {
		low := char()
		high := low
		if in[i] == '-' {
			i++
			high = char()
		}
		spans = append(spans, span{low, high})
		edges = append(edges, low, high+1)
	}
	matches := func(c rune) bool {
		inside := slices.ContainsFunc(spans, func(s span) bool { return s.low <= c && c <= s.high })
		return inside != negated
	}
	return globElement{matches: matches, edges: edges}, i + 1
}

// after returns the states that a character leads to. States are sorted.
func (g glob) after(states []int, c rune) []int {
	var next []int
	for _, state := range states {
		if state == len(g) {
			continue
		}
		switch element := g[state]; {
		case element.star:
			next = append(next, state)
		case element.matches(c):
			next = append(next, state+1)
		}
	}
	return g.closed(next)
}

// closed adds the states that are reached without a character.
func (g glob) closed(states []int) []int {
	var all []int
	for _, state := range states {
		all = append(all, state)
		for ; state < len(g) && g[state].star; state++ {
			all = append(all, state+1)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func (g glob) accepts(states []int) bool { return slices.Contains(states, len(g)) }

// alphabet returns one character for each class of characters that neither
// glob tells apart.
func alphabet(a, b glob) []rune {
	all := []rune{0}
	for _, element := range slices.Concat(a, b) {
		all = append(all, element.edges...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// mostStates bounds the search. A pattern that people write needs some
// hundreds; one that needs more is taken to be reachable.
const mostStates = 20_000

// within says whether other matches all that g matches.
func (g glob) within(other glob) bool {
	counterexample, complete := walk(g, other, func(mine, theirs []int) bool {
		return g.accepts(mine) && !other.accepts(theirs)
	})
	return complete && !counterexample
}

// meets says whether a text exists that both match.
func (g glob) meets(other glob) bool {
	common, complete := walk(g, other, func(mine, theirs []int) bool {
		return g.accepts(mine) && other.accepts(theirs)
	})
	return common || !complete
}

// walk runs both automata over every text that a can still match until found
// says yes. complete is false when it gave up.
func walk(a, b glob, found func(a, b []int) bool) (yes, complete bool) {
	type pair struct{ a, b []int }
	queue := []pair{{a.closed([]int{0}), b.closed([]int{0})}}
	seen := map[string]bool{}
	characters := alphabet(a, b)
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		if found(at.a, at.b) {
			return true, true
		}
		if len(seen) > mostStates {
			return false, false
		}
		for _, c := range characters {
			next := pair{a.after(at.a, c), b.after(at.b, c)}
			if len(next.a) == 0 {
				continue
			}
			if key := stateKey(next.a) + "|" + stateKey(next.b); !seen[key] {
				seen[key] = true
				queue = append(queue, next)
			}
		}
	}
	return false, true
}

func stateKey(states []int) string {
	var b strings.Builder
	for _, state := range states {
		b.WriteString(strconv.Itoa(state))
		b.WriteByte(',')
	}
	return b.String()
}
