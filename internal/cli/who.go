package cli

import (
	"cmp"
	"crypto/subtle"
	"errors"
	"os"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// approverToken is the variable that holds the secret of an approver.
const approverToken = "ROLLCALL_APPROVER_TOKEN"

// longestName is more than any name or address; what is longer is a slip.
const longestName = 200

// byFlag adds --by to a command that is recorded with who gave it.
func byFlag(c *cobra.Command, by *string) {
	c.Flags().StringVar(by, "by", "", "who you are, for the record (default: your user name and machine); "+approverToken+" proves it")
}

// who says who gives a command. A name is only verified by the secret that
// approvals.approvers has for it; anything else is what somebody says.
func (p *program) who(c *config.Config, by string) (store.Who, error) {
	if len(by) > longestName || strings.ContainsFunc(by, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return store.Who{}, usage("--by: expected a name of at most %d printable characters", longestName)
	}
	if token, ok := p.env(approverToken); ok && token != "" {
		name := approverOf(c, token)
		switch {
		case name == "":
			return store.Who{}, &failure{code: ExitUsage, err: errors.New(approverToken + " is the secret of no approver"), next: "see approvals.approvers in " + c.File + ", or unset " + approverToken + "."}
		case by != "" && by != name:
			return store.Who{}, usage("--by %s: %s is the secret of %s", by, approverToken, name)
		}
		return store.Who{Name: name, Verified: true}, nil
	}
	if by != "" {
		return store.Who{Name: by}, nil
	}
	user := "somebody"
	for _, name := range []string{"USER", "LOGNAME", "USERNAME"} {
		if value, ok := p.env(name); ok && value != "" {
			user = value
			break
		}
	}
	host, err := os.Hostname()
	if err != nil {
		host = "" // a machine without a name; the user's has to do
	}
	return store.Who{Name: user + "@" + cmp.Or(host, "localhost")}, nil
}

// approverOf returns the approver whose secret it is, in a time that does not
// depend on the secret.
func approverOf(c *config.Config, token string) string {
	found := ""
	for name, secret := range c.Approvals.Approvers {
		if subtle.ConstantTimeCompare([]byte(secret.Reveal()), []byte(token)) == 1 {
			found = name
		}
	}
	return found
}

// whoText is a person as the record shows them.
func whoText(name string, verified bool) string {
	switch {
	case name == "":
		return "somebody"
	case verified:
		return name
	}
	return name + " (unverified)"
}
