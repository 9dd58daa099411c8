package sweep

import (
	"fmt"
	"slices"
)

// links reads the origin of every link, by remote id.
func (l *lane) links() map[string]string {
	l.Helper()
	rows, err := l.db.QueryContext(l.Context(), `SELECT remote_id, origin FROM accounts UNION ALL SELECT remote_id, origin FROM target_groups`)
	if err != nil {
		l.Fatal(err)
	}
	defer rows.Close() // Err below has what went wrong
	found := map[string]string{}
	for rows.Next() {
		var id, origin string
		if err := rows.Scan(&id, &origin); err != nil {
			l.Fatal(err)
		}
		found[id] = origin
	}
	if err := rows.Err(); err != nil {
		l.Fatal(err)
	}
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

// runs reads the outcome of every run, and whether the connection is free.
func (l *lane) runs() (outcomes []string, free bool) {
	l.Helper()
	rows, err := l.db.QueryContext(l.Context(), `SELECT outcome FROM runs ORDER BY id`)
	if err != nil {
		l.Fatal(err)
	}
	defer rows.Close() // Err below has what went wrong
	for rows.Next() {
		var outcome string
		if err := rows.Scan(&outcome); err != nil {
			l.Fatal(err)
		}
		outcomes = append(outcomes, outcome)
	}
	if err := rows.Err(); err != nil {
		l.Fatal(err)
	}
	var claimed int
	if err := l.db.QueryRowContext(l.Context(), `SELECT COUNT(*) FROM connections WHERE claim_owner <> ''`).Scan(&claimed); err != nil {
		l.Fatal(err)
	}
	return outcomes, claimed == 0
}

// changes counts the changes of the last run, by kind and state.
func (l *lane) changes() map[string]int {
	l.Helper()
	rows, err := l.db.QueryContext(l.Context(), `SELECT kind || ' ' || state, COUNT(*) FROM changes WHERE run_id = (SELECT MAX(id) FROM runs) GROUP BY kind, state`)
	if err != nil {
		l.Fatal(err)
	}
	defer rows.Close() // Err below has what went wrong
	found := map[string]int{}
	for rows.Next() {
		var kind string
		var count int
		if err := rows.Scan(&kind, &count); err != nil {
			l.Fatal(err)
		}
		found[kind] = count
	}
	if err := rows.Err(); err != nil {
		l.Fatal(err)
	}
	return found
}
