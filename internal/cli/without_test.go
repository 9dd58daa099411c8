package cli_test

import (
	"path/filepath"
	"testing"

	"github.com/jmoiron/sqlx"

	"github.com/rollcall-sync/rollcall/internal/cli"
)

// change runs statements on a shell's database.
func change(t *testing.T, s *shell, statements ...string) {
	t.Helper()
	db, err := sqlx.Open("sqlite", "file:"+filepath.Join(s.dir, "rollcall.db"))
	if err != nil {
		t.Fatal(err)
	}
	for _, statement := range statements {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestTheReportSaysHowManyHaveNoAccountInATargetThatMakesNone(t *testing.T) {
	t.Parallel()
	s := seeded(t)
	s.run("run", "1").wantNot(t, "Without an account")
	change(t, s, `INSERT INTO desired_accounts (target_id, user_id, state, strip, email, email_key, display_name, rule, evidence)
		SELECT t.id, u.id, 'active', FALSE, '', '', '', '', '' FROM targets t CROSS JOIN users u WHERE TRUE ON CONFLICT DO NOTHING`,
		`UPDATE desired_accounts SET sought_at = 1 WHERE state = 'active' AND user_id = (SELECT MIN(user_id) FROM desired_accounts WHERE state = 'active')`)
	s.run("run", "1").want(t, cli.ExitDone, "which makes none: 1 of those in scope", "--state unmatched-user")
	var got struct {
		Without []struct {
			Target string
			People int
		} `json:"without_account"`
	}
	r := s.run("run", "1", "--json")
	r.want(t, cli.ExitDone)
	r.decode(t, &got)
	if len(got.Without) != 1 || got.Without[0].People != 1 {
		t.Errorf("as JSON: %+v", got.Without)
	}
}

func TestSomebodyWhoIsInAGroupInsteadOfOneThatCannotBeHadIsExplainedSo(t *testing.T) {
	t.Parallel()
	s := nested(t)
	change(t, s,
		`INSERT INTO desired_nestings (target_id, child_id, group_id, wanted, ruled, flat, rule)
			SELECT t.id, i.id, o.id, TRUE, TRUE, TRUE, 'a group in it at the source' FROM targets t JOIN groups i ON i.source_id = '00g1' JOIN groups o ON o.source_id = '00g9'`,
		`INSERT INTO desired_memberships (target_id, group_id, user_id)
			SELECT t.id, o.id, u.id FROM targets t JOIN groups o ON o.source_id = '00g9' JOIN users u ON u.login = 'login1'`,
		`INSERT INTO group_routes (target_id, group_id, into_id, rule) SELECT t.id, g.id, g.id, 'table' FROM targets t JOIN groups g ON g.source_id = '00g1' WHERE TRUE ON CONFLICT DO NOTHING`)
	s.run("explain", "staff", "login1").want(t, cli.ExitDone, "one by one, as Engineering cannot be had")
}
