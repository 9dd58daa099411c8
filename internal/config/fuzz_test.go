package config_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/config"
)

// Whatever a file holds, it is a configuration or a list of problems, and no
// secret of the environment is in those.
func FuzzAFileIsAConfigurationOrProblems(f *testing.F) {
	example, err := os.ReadFile(examplePath)
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{
		string(example), minimalYAML, "", "~", "# nothing\n", "connections: &c {staff: *c}\n", "database: ${DSN}\n? [a]\n: b\n",
		"connections: {staff: {source: {kind: okta, groups: ['[', '\\', '[a-', '[^]', '*']}}}\n", "temporal: {<<: {address: x}}\n",
		"connections: {staff: {schedule: {every: 'cron * * * * ${WAIT}', at: ${WAIT}, timezone: ${WAIT}}}}\n",
		minimalYAML + "    scope: {users: 'user.x', groups: *r}\n", minimalYAML + "    scope:\n      users: |2\n         user.\n\n        x\n      groups: >+\n        a\n\n        b.\n",
		minimalYAML + "    leavers: {deleted: \"delete\\n after 1d\"}\n    groups: {patterns: [{match: '(', to: $1}], name: \"\\x61 ||\\\n  b\"}\n",
		"approvals: {approvers: {a: hunter2}}\nnotifications: {a: {kind: smtp, to: [~]}}\n" + minimalYAML,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, content string) {
		c, err := config.Parse("rollcall.yaml", []byte(content), environment)
		var problems config.Problems
		switch {
		case err == nil && c == nil:
			t.Error("neither a configuration nor an error")
		case err != nil && !errors.As(err, &problems):
			t.Errorf("error %T; want Problems", err)
		case err != nil && len(problems) == 0:
			t.Error("an error without a problem")
		case err != nil && strings.Contains(err.Error(), "hunter2") && !strings.Contains(content, "hunter2"):
			t.Errorf("a secret is in the error: %v", err)
		}
	})
}
