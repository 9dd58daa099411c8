package gateway_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// excuse is why a normative statement has no test of its own here.
type excuse struct {
	section string
	// says are words of the statement.
	says string
	// why it concerns clients only, cannot be broken by a service provider, is
	// tested elsewhere (where), or is decided otherwise.
	why string
}

// Reasons that several statements share.
const (
	clientsOnly   = "binds clients; a provider cannot break it"
	asSent        = "values are kept exactly as they were sent: identity providers compare what they read with what they wrote (SCIM clients, E17)"
	contentOfData = "is about what a value means, which only the client knows"
	authors       = "binds those who write specifications or register names"
	figureText    = "is a description inside the figure; the statement is tested where it is made"
)

func allRequirements() (rfc7643, rfc7644 []requirement) {
	rfc7643 = slices.Concat(rfc7643Attributes(), rfc7643Common(), rfc7643User(), rfc7643Discovery())
	rfc7644 = slices.Concat(rfc7644Create(), rfc7644Query(), rfc7644Filter(), rfc7644Projection(), rfc7644Put(),
		rfc7644Patch(), rfc7644Add(), rfc7644Remove(), rfc7644Replace(), rfc7644Bulk(), rfc7644Messages())
	return rfc7643, rfc7644
}

// TestRFC7643 is what RFC 7643 demands of a service provider.
func TestRFC7643(t *testing.T) {
	t.Parallel()
	requirements, _ := allRequirements()
	onBoth(t, func(t *testing.T, c *client) { run(t, "RFC 7643", c, requirements) })
}

// TestRFC7644 is what RFC 7644 demands of a service provider.
func TestRFC7644(t *testing.T) {
	t.Parallel()
	_, requirements := allRequirements()
	onBoth(t, func(t *testing.T, c *client) { run(t, "RFC 7644", c, requirements) })
}

// TestRFC9865 is what RFC 9865 demands of one that pages by cursor.
func TestRFC9865(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, c *client) { run(t, "RFC 9865", c, rfc9865()) })
}

// TestEveryStatementIsTestedOrExcused reads both RFCs: each sentence with
// MUST, SHALL, SHOULD or RECOMMENDED has a test or a reason, and each test's
// and reason's words are in such a sentence of its section.
func TestEveryStatementIsTestedOrExcused(t *testing.T) {
	t.Parallel()
	rfc7643, rfc7644 := allRequirements()
	for _, rfc := range []struct {
		file         string
		requirements []requirement
		excuses      []excuse
	}{
		{"rfc7643.txt", rfc7643, rfc7643Excuses()},
		{"rfc7644.txt", rfc7644, rfc7644Excuses()},
	} {
		t.Run(rfc.file, func(t *testing.T) {
			t.Parallel()
			sections := rfcSections(t, rfc.file)
			for _, complaint := range unaccounted(sections, rfc.requirements, rfc.excuses) {
				t.Error(complaint)
			}
			total := 0
			for _, section := range slices.Sorted(maps.Keys(sections)) {
				total += len(statements(sections[section]))
			}
			// Both RFCs have more than a hundred: fewer would mean that the
			// text is not read rightly.
			if total < 100 {
				t.Errorf("only %d statements were found", total)
			}
			t.Logf("%d statements in %d sections", total, len(sections))
		})
	}
}

// unaccounted lists the statements without a test or a reason, and the words
// of tests and reasons that are in no statement.
func unaccounted(sections map[string]string, requirements []requirement, excuses []excuse) []string {
	type words struct{ section, text string }
	var told []words
	for _, r := range requirements {
		for _, says := range r.says {
			section := r.section
			// Words of another section carry its number.
			if number, text, ok := strings.Cut(says, ": "); ok && regexp.MustCompile(`^[\d.]+$`).MatchString(number) {
				section, says = number, text
			}
			told = append(told, words{section, says})
		}
	}
	for _, e := range excuses {
		if e.why == "" {
			told = append(told, words{e.section, "no reason is given for: " + e.says})
			continue
		}
		told = append(told, words{e.section, e.says})
	}
	var complaints []string
	used := map[words]bool{}
	for _, section := range slices.Sorted(maps.Keys(sections)) {
		for _, statement := range statements(sections[section]) {
			accounted := false
			for _, w := range told {
				if w.section == section && strings.Contains(statement, w.text) {
					accounted, used[w] = true, true
				}
			}
			if !accounted {
				complaints = append(complaints, fmt.Sprintf("§%s has neither a test nor a reason: %s", section, statement))
			}
		}
	}
	for _, w := range told {
		if !used[w] {
			complaints = append(complaints, fmt.Sprintf("§%s has no statement with these words: %s", w.section, w.text))
		}
	}
	return complaints
}

var (
	normative   = regexp.MustCompile(`\b(MUST|SHALL|SHOULD|RECOMMENDED)\b`)
	sentenceEnd = regexp.MustCompile(`([.:])\s+([A-Z"(])`)
	blankLine   = regexp.MustCompile(`\n[ \t]*\n`)
)

// statements are the sentences of a section that have a normative word, each
// on one line.
func statements(section string) []string {
	var found []string
	for _, paragraph := range blankLine.Split(section, -1) {
		joined := strings.Join(trimmedLines(paragraph), " ")
		for sentence := range strings.SplitSeq(sentenceEnd.ReplaceAllString(joined, "$1\x00$2"), "\x00") {
			if normative.MatchString(sentence) {
				found = append(found, sentence)
			}
		}
	}
	return found
}

func trimmedLines(s string) []string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimSpace(line)
	}
	return lines
}

func TestAStatementWithoutATestIsFound(t *testing.T) {
	t.Parallel()
	sections := map[string]string{"1": "A server MUST answer.\n\n   It SHOULD be\n   quick.", "2": "Nothing here."}
	tested := []requirement{{section: "1", says: []string{"MUST answer"}}}
	quick := excuse{"1", "SHOULD be quick", "is tested elsewhere"}
	for name, tc := range map[string]struct {
		excuses []excuse
		want    int
	}{
		"all is accounted for":                   {[]excuse{quick}, 0},
		"a statement has no test and no reason":  {nil, 1},
		"a reason is for no statement":           {[]excuse{quick, {"2", "MUST shine", "it does"}}, 1},
		"a reason is empty":                      {[]excuse{{"1", "SHOULD be quick", ""}}, 2},
		"a reason is for another section's text": {[]excuse{{"2", "SHOULD be quick", "elsewhere"}}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := unaccounted(sections, tested, tc.excuses); len(got) != tc.want {
				t.Errorf("%d complaints, want %d: %v", len(got), tc.want, got)
			}
		})
	}
}
