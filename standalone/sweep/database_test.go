package sweep

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
)

// rows runs a query and hands on each row.
func (l *lane) rows(query string, each func(rows *sql.Rows) error) {
	l.Helper()
	rows, err := l.db.QueryContext(l.Context(), query)
	if err != nil {
		l.Fatal(err)
	}
	defer rows.Close() // Err below has what went wrong
	for rows.Next() {
		if err := each(rows); err != nil {
			l.Fatal(err)
		}
	}
	if err := rows.Err(); err != nil {
		l.Fatal(err)
	}
}

// counted runs a query for names and numbers.
func (l *lane) counted(query string) map[string]int {
	l.Helper()
	found := map[string]int{}
	l.rows(query, func(rows *sql.Rows) error {
		var name string
		var count int
		err := rows.Scan(&name, &count)
		found[name] = count
		return err
	})
	return found
}

// left is what the last run left in the database: its plan, its notes, what it
// took of the guard's window, and what the next run begins with.
func (l *lane) left() map[string]int {
	l.Helper()
	return l.counted(`SELECT 'change ' || kind || ' ' || state AS name, COUNT(*) FROM changes WHERE run_id = (SELECT MAX(id) FROM runs) GROUP BY kind, state
		UNION ALL SELECT 'note ' || code, COUNT(*) FROM notes WHERE run_id = (SELECT MAX(id) FROM runs) GROUP BY code
		UNION ALL SELECT 'removal ' || kind, COUNT(*) FROM removals WHERE run_id = (SELECT MAX(id) FROM runs) GROUP BY kind
		UNION ALL SELECT 'user ' || presence, COUNT(*) FROM users GROUP BY presence
		UNION ALL SELECT 'dirty users', COUNT(*) FROM users WHERE dirty
		UNION ALL SELECT 'dirty groups', COUNT(*) FROM groups WHERE dirty
		UNION ALL SELECT 'groups to be read', COUNT(*) FROM groups WHERE members_due
		UNION ALL SELECT 'full read is due', COUNT(*) FROM connections WHERE full_due
		UNION ALL SELECT 'connection is claimed', COUNT(*) FROM connections WHERE claim_owner <> ''
		UNION ALL SELECT 'lists seen', COUNT(*) FROM seen`)
}

// links reads the origin of every link, by remote id.
func (l *lane) links() map[string]string {
	l.Helper()
	found := map[string]string{}
	l.rows(`SELECT remote_id, origin FROM accounts UNION ALL SELECT remote_id, origin FROM target_groups`, func(rows *sql.Rows) error {
		var id, origin string
		err := rows.Scan(&id, &origin)
		found[id] = origin
		return err
	})
	return found
}

// wrongOrigins returns the links that claim another origin than their object has.
func wrongOrigins(links map[string]string, found adopted) []string {
	var wrong []string
	for id, origin := range links {
		want := "created"
		if found[id] {
			want = "adopted"
		}
		if origin != want {
			wrong = append(wrong, fmt.Sprintf("the link of %s says %s, and it was %s", id, origin, want))
		}
	}
	slices.Sort(wrong)
	return wrong
}

// outcomesThere reads the outcome of every run.
func (l *lane) outcomesThere() (outcomes []string) {
	l.Helper()
	l.rows(`SELECT outcome FROM runs ORDER BY id`, func(rows *sql.Rows) error {
		var outcome string
		err := rows.Scan(&outcome)
		outcomes = append(outcomes, outcome)
		return err
	})
	return outcomes
}

// misremembered returns the accounts and memberships of which the database
// says something else than the target.
func (l *lane) misremembered() []string {
	l.Helper()
	remembered := map[string]int{}
	l.rows(`SELECT remote_id, email_key, display_name, status FROM accounts`, func(rows *sql.Rows) error {
		var id, email, name, status string
		err := rows.Scan(&id, &email, &name, &status)
		remembered[strings.Join([]string{"account", id, email, name, status}, " ")]++
		return err
	})
	l.rows(`SELECT a.remote_id, g.remote_id FROM target_memberships m
		JOIN accounts a ON a.target_id = m.target_id AND a.user_id = m.user_id
		JOIN target_groups g ON g.target_id = m.target_id AND g.group_id = m.group_id`, func(rows *sql.Rows) error {
		var account, group string
		err := rows.Scan(&account, &group)
		remembered["membership "+account+" "+group]++
		return err
	})
	linked, state := l.links(), l.box.Atlassian.State()
	for _, a := range state.Accounts {
		if linked[a.ID] == "" {
			continue
		}
		remembered[strings.Join([]string{"account", a.ID, strings.ToLower(a.Email), a.Name, a.Status}, " ")]--
		for _, group := range a.Groups {
			if linked[group] != "" {
				remembered["membership "+a.ID+" "+group]--
			}
		}
	}
	var wrong []string
	for what, times := range remembered {
		switch {
		case times > 0:
			wrong = append(wrong, "remembered, and not there: "+what)
		case times < 0:
			wrong = append(wrong, "there, and not remembered: "+what)
		}
	}
	slices.Sort(wrong)
	return wrong
}
