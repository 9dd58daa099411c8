package cli

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/store"
)

func TestWhoGivesACommand(t *testing.T) {
	t.Parallel()
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		by   string
		env  map[string]string
		want store.Who
		says string
	}{
		"the user of the machine, unverified":                {"", map[string]string{"USER": "ada"}, store.Who{Name: "ada@" + host}, ""},
		"LOGNAME where there is no USER":                     {"", map[string]string{"LOGNAME": "ada"}, store.Who{Name: "ada@" + host}, ""},
		"somebody where the machine does not say":            {"", nil, store.Who{Name: "somebody@" + host}, ""},
		"who --by names, unverified":                         {"Ada", map[string]string{"USER": "root"}, store.Who{Name: "Ada"}, ""},
		"an approver's name, without the secret, unverified": {"grace", nil, store.Who{Name: "grace"}, ""},
		"the approver whose secret it is, verified":          {"", map[string]string{approverToken: "grace's secret", "USER": "root"}, store.Who{Name: "grace", Verified: true}, ""},
		"the approver, who says so too":                      {"grace", map[string]string{approverToken: "grace's secret"}, store.Who{Name: "grace", Verified: true}, ""},
		"another's name with an approver's secret":           {"ada", map[string]string{approverToken: "grace's secret"}, store.Who{}, "is the secret of grace"},
		"a secret that is nobody's":                          {"", map[string]string{approverToken: "a guess"}, store.Who{}, "is the secret of no approver"},
		"a name that writes to the terminal":                 {"\x1b[2J", nil, store.Who{}, "printable"},
		"a name that is too long":                            {strings.Repeat("x", longestName+1), nil, store.Who{}, "at most"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &program{env: func(name string) (string, bool) { v, ok := c.env[name]; return v, ok }}
			configured := &config.Config{File: "rollcall.yaml", Approvals: config.Approvals{Approvers: config.Secrets{"grace": config.NewSecret("grace's secret")}}}
			got, err := p.who(configured, c.by)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if (err != nil) != (c.says != "") || err != nil && (!strings.Contains(err.Error(), c.says) || ExitCode(err) != ExitUsage) {
				t.Errorf("the error is %v; want one that says %q", err, c.says)
			}
			if err != nil && strings.Contains(err.Error(), "secret'") {
				t.Errorf("the error shows the secret: %v", err)
			}
		})
	}
}
