package sweep

import (
	"database/sql"
	"fmt"
	"strings"
)

// tell logs what the database has of the people of whom something is wrong.
func (l *pushLane) tell(wrong []string) {
	l.Helper()
	text := strings.Join(wrong, "\n")
	for _, u := range l.users {
		if !strings.Contains(text, u.Email+" ") {
			continue
		}
		l.Logf("%s (%s), deleted %t, active %t:", u.Email, u.id, u.deleted, u.Active)
		of := `(SELECT id FROM users WHERE source_id = '` + u.id + `')`
		for _, query := range []string{
			`SELECT 'resource', version, active, modified_at, deleted_at FROM scim_resources WHERE scim_id = '` + u.id + `'`,
			`SELECT 'inbox', i.version, i.attempts, i.waiting, i.class FROM inbox i JOIN scim_resources r ON r.id = i.resource_id WHERE r.scim_id = '` + u.id + `'`,
			`SELECT 'ack', a.version, a.run_id, a.acked_at FROM scim_acks a JOIN scim_resources r ON r.id = a.resource_id WHERE r.scim_id = '` + u.id + `' ORDER BY a.version`,
			`SELECT 'user', id, status, presence, dirty, read_at FROM users WHERE source_id = '` + u.id + `'`,
			`SELECT 'desired account', state, version, email <> '' AS addressed FROM desired_accounts WHERE user_id IN ` + of,
			`SELECT 'account', remote_id, origin, status, observed_at FROM accounts WHERE user_id IN ` + of,
			`SELECT 'membership', m.group_id, g.name FROM memberships m JOIN groups g ON g.id = m.group_id WHERE m.user_id IN ` + of,
			`SELECT 'desired membership', group_id FROM desired_memberships WHERE user_id IN ` + of,
			`SELECT 'target membership', group_id FROM target_memberships WHERE user_id IN ` + of,
			`SELECT 'change', c.run_id, r.workflow_id, r.outcome, c.kind, c.group_id, c.state, c.class, c.attempts, c.intent_at, c.done_at FROM changes c JOIN runs r ON r.id = c.run_id WHERE c.user_id IN ` + of + ` ORDER BY c.id`,
		} {
			l.show(query)
		}
	}
}

// show logs the rows of a query.
func (l *pushLane) show(query string) {
	l.Helper()
	rows, err := l.db.QueryContext(l.Context(), query)
	if err != nil {
		l.Error(err)
		return
	}
	defer rows.Close() // Err below has what went wrong
	columns, err := rows.Columns()
	for err == nil && rows.Next() {
		values := make([]sql.NullString, len(columns))
		into := make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err = rows.Scan(into...); err != nil {
			break
		}
		var line []string
		for i, v := range values {
			if i == 0 {
				line = append(line, v.String)
				continue
			}
			line = append(line, fmt.Sprintf("%s=%s", columns[i], v.String))
		}
		l.Log(strings.Join(line, " "))
	}
	if err := rows.Err(); err != nil {
		l.Error(err)
	}
}
