package messages_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/cli"
)

var (
	// invocation is a command within a sentence, or on a line of its own.
	invocation = regexp.MustCompile("(?:`|\"|^    \\./)rollcall ([a-z][^`\"\\n#]*)")
	flag       = regexp.MustCompile(`--[a-z-]+`)
	usageLine  = regexp.MustCompile(`(?m)^Usage:\n  rollcall ([a-z ]+)`)
)

// help is what --help says of the longest command that words begin with, or
// nothing when there is none.
func help(t *testing.T, words []string) string {
	t.Helper()
	for n := min(3, len(words)); n > 0; n-- {
		var said, failed bytes.Buffer
		args := append(slices.Clone(words[:n]), "--help")
		if err := cli.Run(t.Context(), args, strings.NewReader(""), &said, &failed, func(string) (string, bool) { return "", false }); err != nil {
			continue
		}
		if m := usageLine.FindStringSubmatch(said.String()); m != nil && slices.Equal(strings.Fields(m[1])[:min(n, len(strings.Fields(m[1])))], words[:n]) {
			return said.String()
		}
	}
	return ""
}

// unknown are the commands and flags in a text that there are not.
func unknown(t *testing.T, text string) (wrong []string, seen int) {
	t.Helper()
	for line := range strings.Lines(text) {
		for _, m := range invocation.FindAllStringSubmatch(line, -1) {
			seen++
			command := strings.TrimRight(strings.TrimSpace(m[1]), ".,;:")
			words := strings.Fields(command)
			if i := slices.IndexFunc(words, func(w string) bool { return strings.HasPrefix(w, "-") }); i >= 0 {
				words = words[:i]
			}
			said := help(t, words)
			if said == "" {
				wrong = append(wrong, command)
				continue
			}
			for _, f := range flag.FindAllString(command, -1) {
				if !regexp.MustCompile(regexp.QuoteMeta(f) + `\b`).MatchString(said) {
					wrong = append(wrong, command+": "+f)
				}
			}
		}
	}
	return wrong, seen
}

func TestTheCommandsInTheDocumentsExist(t *testing.T) {
	t.Parallel()
	documents, err := filepath.Glob(filepath.Join(root(t), "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, document := range append(documents, filepath.Join(root(t), "README.md")) {
		text, err := os.ReadFile(document)
		if err != nil {
			t.Fatal(err)
		}
		wrong, seen := unknown(t, string(text))
		total += seen
		for _, command := range wrong {
			t.Errorf("%s: there is no %q", filepath.Base(document), "rollcall "+command)
		}
	}
	if total < 100 {
		t.Errorf("%d commands were looked at, fewer than there are: the search misses some", total)
	}
	wrong, _ := unknown(t, "`rollcall runn`, `rollcall sync staff --dry-rum`, \"rollcall held\"\n    ./rollcall leavers hodl staff")
	// A word that is no command may be an argument: leavers takes a connection.
	if want := []string{"runn", "sync staff --dry-rum: --dry-rum"}; !slices.Equal(wrong, want) {
		t.Errorf("of what is planted %q is found, want %q", wrong, want)
	}
}
