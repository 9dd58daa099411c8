package config_test

import (
	"math/rand/v2"
	"path"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/config"
)

func TestAPatternIsWithinAnotherWhenThatMatchesAllOfIt(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		inner, outer string
		want         bool
	}{
		"the same":                     {"eng-*", "eng-*", true},
		"a text and any text":          {"eng", "*", true},
		"a narrower beginning":         {"eng-back*", "eng-*", true},
		"a wider beginning":            {"e*", "eng-*", false},
		"a fixed length":               {"???", "*", true},
		"any text and a fixed length":  {"*", "???", false},
		"a slash and any text":         {"a/b", "*", true},
		"a slash in both":              {"a/b*", "a/*", true},
		"a class within a wider one":   {"[b-d]x", "[a-e]x", true},
		"a class beside another":       {"[b-f]x", "[a-e]x", false},
		"a negated class":              {"[^a]", "?", true},
		"a negated class and a letter": {"b", "[^a]", true},
		"an escaped star":              {`\*`, "?", true},
		"any text and an escaped star": {"*", `\*`, false},
		"two stars and one":            {"a*b*c", "a*c", true},
		"one star and two":             {"a*c", "a*b*c", false},
		"an accent":                    {"équipe-*", "é*", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := config.GlobWithin(test.inner, test.outer); got != test.want {
				t.Errorf("%q within %q: %v; want %v", test.inner, test.outer, got, test.want)
			}
		})
	}
}

// Against path.Match over every short text: what it finds must never
// contradict the answer.
func TestPatternsAgreeWithWhatIsMatched(t *testing.T) {
	t.Parallel()
	letters := []string{"a", "b", "/", "*", "?", "[ab]", "[^a]", "[b-c]", `\*`}
	random := rand.New(rand.NewPCG(1, 2))
	pattern := func() string {
		var p string
		for range random.IntN(5) {
			p += letters[random.IntN(len(letters))]
		}
		return p
	}
	texts := []string{""}
	for from, length := 0, 0; length < 5; length++ {
		to := len(texts)
		for _, text := range texts[from:to] {
			for _, c := range []string{"a", "b", "c", "/", "*"} {
				texts = append(texts, text+c)
			}
		}
		from = to
	}
	for range 300 {
		a, b := pattern(), pattern()
		within, meet := true, false
		for _, text := range texts {
			inA, errA := path.Match(slashless(a), slashless(text))
			inB, errB := path.Match(slashless(b), slashless(text))
			if errA != nil || errB != nil {
				t.Fatalf("patterns %q, %q: %v, %v", a, b, errA, errB)
			}
			within = within && (!inA || inB)
			meet = meet || inA && inB
		}
		if got := config.GlobWithin(a, b); got && !within {
			t.Errorf("%q within %q: yes, but a text is matched by the first alone", a, b)
		}
		if got := config.GlobsMeet(a, b); !got && meet {
			t.Errorf("%q meets %q: no, but a text is matched by both", a, b)
		}
		// Four elements cannot tell apart texts longer than five characters
		// unless they hold a character that is not among the five.
		if got := config.GlobsMeet(a, b); got && !meet && len(a)+len(b) < 8 {
			t.Errorf("%q meets %q: yes, but no text is matched by both", a, b)
		}
	}
}

// slashless gives the slash the meaning that it has in a group's name: none.
func slashless(text string) string { return strings.ReplaceAll(text, "/", "\x00") }
