package cli

import (
	"bufio"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// commandsIn returns the calls of rollcall that stand in a document, as code
// of their own line or within a sentence, without the program's name. What
// only shows a form, with brackets or dots to fill in, is left out.
func commandsIn(text string) []string {
	var found []string
	for _, pattern := range []string{"(?m)^    \\./rollcall ([^#\n>]*)", "`(?:\\./)?rollcall ([^`]*)`"} {
		for _, match := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
			if !strings.ContainsAny(match[1], "[]…|") {
				found = append(found, strings.TrimSpace(match[1]))
			}
		}
	}
	return found
}

// words splits a command as a shell does, as far as documents need it.
func words(command string) []string {
	var all []string
	for i, part := range strings.Split(command, `"`) {
		if i%2 == 1 {
			all = append(all, part)
			continue
		}
		all = append(all, strings.Fields(part)...)
	}
	return all
}

// understood says whether the command line knows a command, its flags and its
// number of arguments. A command that only names itself is a mention.
func understood(command string) error {
	p := &program{env: func(string) (string, bool) { return "", false }, out: bufio.NewWriter(io.Discard), stderr: io.Discard}
	c, rest, err := p.root().Find(words(command))
	if err != nil {
		return err
	}
	if !c.HasParent() && len(words(command)) > 0 && !strings.HasPrefix(command, "-") {
		return unknownCommand(c, words(command))
	}
	if err := c.ParseFlags(rest); err != nil {
		return err
	}
	arguments := c.Flags().Args()
	if len(arguments) == 0 || c.Args == nil {
		return nil
	}
	return cobra.PositionalArgs(c.Args)(c, arguments)
}

func TestEveryCommandOfTheDocumentsIsUnderstood(t *testing.T) {
	t.Parallel()
	documents, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, document := range append(documents, "../../README.md", "../../CONTRIBUTING.md") {
		text, err := os.ReadFile(document)
		if err != nil {
			t.Fatal(err)
		}
		for _, command := range commandsIn(string(text)) {
			seen++
			if err := understood(command); err != nil {
				t.Errorf("%s: rollcall %s: %v", filepath.Base(document), command, err)
			}
		}
	}
	if seen < 50 {
		t.Errorf("only %d commands were found in the documents", seen)
	}
}

func TestWhatTheCommandLineDoesNotKnowIsNotUnderstood(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"aprove 42", "approve 42 43", "approve 42 --onyl account.suspend", "run pause 42 43", "undo releese staff extra words"} {
		if err := understood(command); err == nil {
			t.Errorf("rollcall %s is understood", command)
		}
	}
	if got := commandsIn("    ./rollcall held # what waits\nsee `rollcall run ID`, `rollcall sync […]`\n"); len(got) != 2 || got[0] != "held" || got[1] != "run ID" {
		t.Errorf("found %q; want the two calls", got)
	}
}
