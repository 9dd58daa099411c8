package storetest

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/store"
)

func scimLog(t *testing.T, open Open) {
	scimCases(t, open, map[string]func(w *scimWorld){
		"an entry says what a push has come to in each target": func(w *scimWorld) {
			ada, bob := w.joins("ada"), w.joins("bob")
			w.same("pending", w.log(store.ScimLogFilter{}), []string{"200 bob pending", "200 ada pending"})
			_, err := w.SQL.ExecContext(w.ctx, `UPDATE inbox SET class = 'unavailable', attempts = 2, waiting = TRUE`)
			w.ok(err)
			entries, err := w.Store.ScimLog(w.ctx, "staff", store.ScimLogFilter{Object: "ada"})
			w.ok(err)
			w.same("why it is pending", *entries[0].Objects[0].Pending, store.ScimPending{Waiting: true, Attempts: 2, Class: "unavailable",
				Since: w.now.Add(-time.Millisecond), Due: w.now.Add(-time.Millisecond)})
			w.took(ada, "user", "create-account", "applied", "")
			w.took(bob, "user", "", "", "")
			w.same("done", w.log(store.ScimLogFilter{}), []string{"200 bob nothing to do", "200 ada cloud create-account applied"})
			w.change(ada, map[string]any{"active": false})
			w.same("again", w.log(store.ScimLogFilter{Limit: 1}), []string{"200 ada pending"})
			w.took(ada, "user", "suspend-account", "held", "guard")
			w.same("each entry has its own run", w.log(store.ScimLogFilter{Object: ada}), []string{"200 ada cloud suspend-account held guard", "200 ada cloud create-account applied"})
		},
		"what a source of its own calls the person is understood": func(w *scimWorld) {
			ada := w.joins("ada")
			w.took(ada, "user by externalId", "create-account", "applied", "")
			w.same("log", w.log(store.ScimLogFilter{}), []string{"200 ada cloud create-account applied"})
		},
		"a change of a group names the group and the members it touched": func(w *scimWorld) {
			p := w.staff(3)
			team := w.team("birds", p[0], p[1])
			w.leaves(w.user, p[0])
			w.same("log", w.log(store.ScimLogFilter{Limit: 2}), []string{"200 deleted user pending", "200 birds pending; deleted user pending; p1 pending"})
			w.took(team, "group", "create-group", "applied", "")
			w.same("of the group", w.log(store.ScimLogFilter{Object: "BIRDS"}), []string{"200 birds cloud create-group applied; deleted user pending; p1 pending"})
		},
		"refusals and reads are kept too and can be followed": func(w *scimWorld) {
			w.joins("ada")
			refused := store.ScimRequest{ConnectionID: w.conn, At: w.now.Add(time.Second), Method: "POST", Path: "/Users", Status: 409, Took: 3 * time.Millisecond,
				Token: "okta", Client: "curl", Address: "::1", RequestID: "r1", Summary: "create user", Detail: "another user has this userName"}
			w.ok(w.Store.LogScim(w.ctx, []store.ScimRequest{refused, {ConnectionID: w.conn, At: w.now.Add(2 * time.Second), Method: "GET", Path: "/Users", Status: 200}}))
			w.ok(w.Store.LogScim(w.ctx, nil))
			w.same("all", w.log(store.ScimLogFilter{}), []string{"200", "409", "200 ada pending"})
			w.same("refused", w.log(store.ScimLogFilter{Refused: true}), []string{"409"})
			w.same("since", w.log(store.ScimLogFilter{Since: w.now.Add(2 * time.Second)}), []string{"200"})
			entries, err := w.Store.ScimLog(w.ctx, "staff", store.ScimLogFilter{Refused: true})
			w.ok(err)
			w.same("entry", entries[0], store.ScimLogEntry{ID: entries[0].ID, At: refused.At, Token: "okta", Client: "curl", Address: "::1", RequestID: "r1", Method: "POST",
				Path: "/Users", Status: 409, Took: 3 * time.Millisecond, Summary: "create user", Detail: "another user has this userName"})
			w.same("followed", w.log(store.ScimLogFilter{After: entries[0].ID - 1}), []string{"409", "200"})
			if _, err := w.Store.ScimLog(w.ctx, "nowhere", store.ScimLogFilter{}); !errors.Is(err, store.ErrNotFound) {
				w.Errorf("%v, want that there is no such connection", err)
			}
			w.same("of nobody", w.log(store.ScimLogFilter{Object: "nobody"}), nil)
		},
		"an object is shown with its accounts, its runs and what is pending": func(w *scimWorld) {
			ada := w.joins("ada")
			team := w.team("birds", ada)
			w.took(ada, "user", "create-account", "applied", "")
			w.change(ada, map[string]any{"active": false})
			for _, name := range []string{ada, "00u-ada", "ADA"} {
				shown, err := w.Store.ScimShow(w.ctx, "staff", "user", name)
				w.ok(err)
				w.same("id", shown.Resource.ScimID, ada)
				w.same("version", shown.Resource.Version, int64(2))
				w.same("groups", shown.Resource.Groups, []store.ScimMember{{Value: team, Display: "birds", Type: "Group"}})
				w.same("accounts", shown.Accounts, []store.ScimAccount{{Target: "cloud", RemoteID: "acc-1", Name: "ada@example.com", Status: "active", Origin: "created"}})
				w.same("urgent", shown.Pending != nil && shown.Pending.Urgent, true)
				w.same("runs", len(shown.Runs), 1)
				w.same("changes", shown.Runs[0].Changes, []store.Count{{Target: "cloud", Kind: "create-account", State: "applied", Count: 1}})
			}
			group, err := w.Store.ScimShow(w.ctx, "staff", "group", "birds")
			w.ok(err)
			w.same("members", len(group.Resource.Members), 1)
			if _, err := w.Store.ScimShow(w.ctx, "staff", "group", "ada"); !errors.Is(err, store.ErrNotFound) {
				w.Errorf("%v, want no such group", err)
			}
			w.changeOf(w.user, w.joins("bob"), map[string]any{"externalId": "00u-ada"})
			ambiguous := &store.AmbiguousError{}
			if _, err := w.Store.ScimShow(w.ctx, "staff", "user", "00u-ada"); !errors.As(err, &ambiguous) || len(ambiguous.ScimIDs) != 2 {
				w.Errorf("%v, want that two have the externalId", err)
			}
			w.leaves(w.user, ada)
			shown, err := w.Store.ScimShow(w.ctx, "staff", "User", ada)
			w.ok(err)
			w.same("deleted", shown.Deleted, w.now)
		},
		"what is old is purged, but no one who is still to be deleted somewhere": func(w *scimWorld) {
			w.leaves(w.user, w.joins("ada"))
			w.drain()
			w.leaves(w.user, w.joins("bob"))
			w.now = w.now.Add(time.Hour)
			w.joins("cy")
			n, err := w.Store.PurgeScim(w.ctx, w.now.Add(-time.Minute))
			w.ok(err)
			// Four entries of the log, one note of a run, one tombstone.
			w.same("purged", n, int64(6))
			w.same("resources", w.number(`SELECT COUNT(*) FROM scim_resources`), 2)
			w.same("inbox", w.inbox(), []string{"cy", "deleted user!"})
			w.same("log", w.number(`SELECT COUNT(*) FROM scim_log`), 1)
		},
	})
}

// log lists entries: the status, and of each object its label and its state.
func (w *scimWorld) log(f store.ScimLogFilter) []string {
	w.Helper()
	entries, err := w.Store.ScimLog(w.ctx, "staff", f)
	w.ok(err)
	var all []string
	for _, e := range entries {
		var objects []string
		for _, o := range e.Objects {
			words := []string{o.Label}
			switch {
			case o.Pending != nil:
				words = append(words, "pending")
			case o.Run == 0:
				words = append(words, "nothing to do")
			}
			for _, c := range o.Changes {
				words = append(words, strings.TrimSpace(strings.Join([]string{c.Target, c.Kind, c.State, c.Class}, " ")))
			}
			objects = append(objects, strings.Join(words, " "))
		}
		all = append(all, strings.TrimSpace("200 409"[map[int]int{200: 0, 409: 4}[e.Status]:][:3]+" "+strings.Join(objects, "; ")))
	}
	return all
}

// took lets a run take up what is pending about an object, with one change, or
// nothing to do.
func (w *scimWorld) took(scimID, as, kind, state, class string) {
	w.Helper()
	exec := func(query string, args ...any) {
		w.Helper()
		_, err := w.SQL.ExecContext(w.ctx, w.SQL.Rebind(query), args...)
		w.ok(err)
	}
	run := 0
	if kind != "" {
		_, err := w.Store.EnsureConnection(w.ctx, "staff", "rules-1", "", []store.TargetSpec{cloud})
		w.ok(err)
		target := w.number(`SELECT id FROM targets`)
		w.ok(w.SQL.GetContext(w.ctx, &run, w.SQL.Rebind(`INSERT INTO runs (connection_id, workflow_id, trigger_by, dry_run, allow_removals, full_read, stage, since, started_at)
			VALUES (?, 'provision/staff/0', 'scim', FALSE, FALSE, FALSE, 'apply', 0, 0) RETURNING id`), w.conn))
		source := scimID
		if strings.HasSuffix(as, "externalId") {
			source = "00u-ada"
		}
		user, group := 0, 0
		if strings.HasPrefix(as, "user") {
			exec(`INSERT INTO users (connection_id, source_id, status, assigned, login, email, email_key, first_name, last_name, display_name, fingerprint, last_updated, read_at)
				VALUES (?, ?, 'active', TRUE, '', '', '', '', '', '', '', 0, 0) ON CONFLICT (connection_id, source_id) DO NOTHING`, w.conn, source)
			user = w.number(`SELECT id FROM users WHERE source_id = ?`, source)
			exec(`INSERT INTO accounts (target_id, identity, remote_id, user_id, origin, email, email_key, display_name, status, managed, observed_at)
				VALUES (?, ?, 'acc-1', ?, 'created', 'ada@example.com', 'ada@example.com', 'Ada', 'active', TRUE, 0) ON CONFLICT (identity, remote_id) DO NOTHING`, target, identity, user)
		} else {
			exec(`INSERT INTO groups (connection_id, source_id, name, name_key, description, type, fingerprint, members_updated, read_at) VALUES (?, ?, 'x', 'x', '', '', '', 0, 0)`, w.conn, source)
			group = w.number(`SELECT id FROM groups WHERE source_id = ?`, source)
		}
		exec(`INSERT INTO changes (run_id, target_id, stage, ord, kind, user_id, group_id, state, class) VALUES (?, ?, 1, 1, ?, ?, ?, ?, ?)`, run, target, kind, user, group, state, class)
	}
	exec(`INSERT INTO scim_acks (resource_id, version, run_id, acked_at) SELECT i.resource_id, i.version, CAST(? AS BIGINT), CAST(? AS BIGINT) FROM inbox i JOIN scim_resources r ON r.id = i.resource_id WHERE r.scim_id = ?`,
		run, w.now.UnixMicro(), scimID)
	exec(`DELETE FROM inbox WHERE resource_id IN (SELECT r.id FROM scim_resources r WHERE r.scim_id = ?)`, scimID)
}
