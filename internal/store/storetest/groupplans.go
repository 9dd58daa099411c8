package storetest

import (
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

func groupPlans(t *testing.T, open Open) {
	renamed := func(w *world) {
		w.team("eng", 2)
		w.settle()
		w.set(`UPDATE desired_groups SET name = 'Engineering', name_key = 'engineering'`)
	}
	cases(t, open, map[string]func(w *world){
		"a group is renamed where the target can": func(w *world) {
			renamed(w)
			w.set(`UPDATE targets SET renames = TRUE`)
			w.same("plan", w.planAll(), []string{"group.rename eng planned"})
			w.record(store.Outcome{ChangeID: int64(w.number(`SELECT id FROM changes WHERE run_id = ?`, w.claim.RunID)), GroupID: w.groupID("eng"), State: directory.Applied,
				Group: &directory.TargetGroup{ID: w.column(`SELECT remote_id FROM target_groups`)[0], Name: "Engineering"}})
			w.same("plan after that", w.planAll(), []string(nil))
		},
		"a name that another group has is refused": func(w *world) {
			w.saveGroups(team("engineering"))
			renamed(w)
			w.set(`UPDATE targets SET renames = TRUE`)
			w.set(`DELETE FROM desired_groups WHERE group_id = ?`, w.groupID("eng"))
			w.set(`INSERT INTO desired_groups (target_id, group_id, name, name_key, rule) VALUES (?, ?, 'Engineering', 'engineering', 'x')`, w.target, w.groupID("eng"))
			w.set(`UPDATE desired_groups SET name = 'engineering' WHERE group_id = ?`, w.groupID("engineering"))
			w.same("plan", w.planAll(), []string{"group.rename eng refused duplicate"})
		},
		"a group that would take a new one is held, even where all removals are let through": func(w *world) {
			renamed(w)
			w.set(`UPDATE targets SET recreates = TRUE`)
			w.same("plan", w.planAll(), []string{"group.replace eng unguarded"})
			w.allow()
			w.same("plan", w.changes(), []string{"group.replace eng held would-recreate"})
			plans, err := w.Store.HeldPlans(w.ctx, w.claim.RunID)
			w.ok(err)
			w.same("held", len(plans) == 1 && plans[0].Reason == "would-recreate", true)
		},
		"a group that was replaced is set aside with its members, whom a later plan takes out": func(w *world) {
			renamed(w)
			w.set(`UPDATE targets SET recreates = TRUE`)
			w.planAll()
			old := w.column(`SELECT remote_id FROM target_groups`)[0]
			w.record(store.Outcome{ChangeID: int64(w.number(`SELECT id FROM changes WHERE run_id = ?`, w.claim.RunID)), GroupID: w.groupID("eng"), State: directory.Applied, Origin: store.Created,
				Group: &directory.TargetGroup{ID: "grp-new", Name: "Engineering"}, Former: &directory.TargetGroup{ID: old, Name: "eng"}})
			w.same("links", w.column(`SELECT g.source_id || ' ' || t.remote_id || ' ' || t.name FROM target_groups t JOIN groups g ON g.id = t.group_id`),
				[]string{"00g-eng grp-new Engineering", "rollcall:former:" + old + " " + old + " eng"})
			w.same("to be planned", w.dirty(), []string{"eng0", "eng1"})
			w.next()
			w.same("plan", w.planAll(), []string{"membership.add eng0 eng planned", "membership.add eng1 eng planned", "membership.remove eng0 eng unguarded", "membership.remove eng1 eng unguarded"})
		},
		"a group that the target would refuse is refused, with the reason in words": func(w *world) {
			w.saveGroups(team("eng"))
			w.decide()
			w.set(`UPDATE desired_groups SET problem = 'bad-name', detail = 'it is too long'`)
			w.same("plan", w.planAll(), []string{"group.create eng refused bad-name"})
			w.same("detail", w.column(`SELECT detail FROM changes`), []string{"it is too long"})
		},
		"a membership that was found is left alone, unless the group holds just the source's members": func(w *world) {
			w.team("eng", 2)
			w.settle()
			w.set(`DELETE FROM desired_memberships WHERE user_id = ?`, w.userID("eng0"))
			w.set(`UPDATE target_memberships SET origin = 'found'`)
			w.same("additive", w.planAll(), []string(nil))
			w.set(`UPDATE targets SET additive = FALSE`)
			w.same("authoritative", w.planAll(), []string{"membership.remove eng0 eng unguarded"})
		},
		"a member whom no link knows is taken out of an authoritative group, and not before everybody is known": func(w *world) {
			w.team("eng", 2)
			w.settle()
			for _, id := range []string{"acc-stranger", "acc-admin", "acc-soon"} {
				w.set(`INSERT INTO foreign_members (target_id, group_id, remote_id) VALUES (?, ?, ?)`, w.target, w.groupID("eng"), id)
			}
			w.same("additive", w.planAll(), []string(nil))
			w.set(`UPDATE targets SET additive = FALSE`)
			w.protect([]string{"acc-admin"}, nil)
			w.saveUsers(person("soon"))
			w.decide()
			w.set(`INSERT INTO unlinked_accounts (target_id, remote_id, email, email_key, user_name, display_name, status, managed, read_only, observed_at)
				VALUES (?, 'acc-soon', 'soon@example.com', 'soon@example.com', '', '', 'active', TRUE, FALSE, 1)`, w.target)
			w.same("authoritative", w.planAll(), []string{"account.create soon planned", "membership.remove eng skipped protected", "membership.remove eng unguarded"})
			w.same("verdict", w.guard(limits(func(l *store.Limits) { l.Confirm = true })).Doubted, int64(0))
			due, err := w.Store.DueSubjects(w.ctx, w.claim.RunID, w.target, directory.StageParts, nil, []int64{w.groupID("eng")})
			w.ok(err)
			if len(due) != 1 || due[0].RemoteID != "acc-stranger" || !due[0].Foreign {
				w.Fatalf("due %+v", due)
			}
			users, groups, err := w.Store.BatchSubjects(w.ctx, w.claim.RunID, w.target, directory.StageParts, store.Range{To: 1 << 40})
			w.ok(err)
			w.same("subjects", [2]int{len(users), len(groups)}, [2]int{0, 1})
			w.record(store.Outcome{ChangeID: due[0].ID, GroupID: due[0].GroupID, State: directory.Applied, LeftForeign: "acc-stranger"})
			w.record(store.Outcome{UserID: w.userID("soon"), State: directory.Applied, Origin: store.Adopted, Account: &directory.Account{ID: "acc-soon", Status: directory.AccountActive, Managed: true}})
			w.same("strangers", w.column(`SELECT remote_id FROM foreign_members`), []string{"acc-admin"})
			w.same("unlinked", w.number(`SELECT COUNT(*) FROM unlinked_accounts`), 0)
		},
		"a member whom no link knows stays who is somebody's by the user name, where no address is told": func(w *world) {
			w.team("eng", 1)
			w.settle()
			w.set(`UPDATE targets SET additive = FALSE`)
			w.saveUsers(person("soon"))
			w.decide()
			w.set(`UPDATE desired_accounts SET user_name = 'Soon' WHERE user_id = ?`, w.userID("soon"))
			for id, name := range map[string]string{"acc-soon": "sOON", "acc-nameless": ""} {
				w.set(`INSERT INTO foreign_members (target_id, group_id, remote_id) VALUES (?, ?, ?)`, w.target, w.groupID("eng"), id)
				w.set(`INSERT INTO unlinked_accounts (target_id, remote_id, email, email_key, user_name, display_name, status, managed, read_only, observed_at)
					VALUES (?, ?, '', '', ?, '', 'active', TRUE, FALSE, 1)`, w.target, id, name)
			}
			_, err := w.Store.PlanTarget(w.ctx, w.claim, w.target, true)
			w.ok(err)
			w.same("taken out", w.column(`SELECT remote_id FROM changes WHERE run_id = ? AND kind = 'membership.remove'`, w.claim.RunID), []string{"acc-nameless"})
		},
		"a member whom no link knows stays when the address is protected, or the account another system's": func(w *world) {
			w.team("eng", 1)
			w.settle()
			w.set(`UPDATE targets SET additive = FALSE`)
			for _, stranger := range []struct {
				id       string
				readOnly bool
			}{{"acc-boss", false}, {"acc-bot", true}} {
				w.set(`INSERT INTO foreign_members (target_id, group_id, remote_id) VALUES (?, ?, ?)`, w.target, w.groupID("eng"), stranger.id)
				w.set(`INSERT INTO unlinked_accounts (target_id, remote_id, email, email_key, user_name, display_name, status, managed, read_only, observed_at)
					VALUES (?, ?, ?, ?, '', '', 'active', TRUE, ?, 1)`, w.target, stranger.id, stranger.id+"@example.com", stranger.id+"@example.com", stranger.readOnly)
			}
			w.same("before it is known what is protected", w.planAll(), []string{"membership.remove eng unguarded", "membership.remove eng skipped read-only"})
			w.protect([]string{"acc-boss@example.com"}, nil)
			w.guard(standard)
			protected := []string{"membership.remove eng skipped protected", "membership.remove eng skipped read-only"}
			w.same("by the guard", w.changes(), protected)
			w.same("by the plan", w.planAll(), protected)
		},
		"what attributes were put back to is forgotten with the account": func(w *world) {
			names := w.grown(2)
			for _, name := range names {
				w.undid(name, "", "attributes", `{"email":"old@example.com"}`, `{"email":"`+name+`@example.com"}`)
				w.undid(name, "", "state", "suspended", "active")
			}
			w.record(store.Outcome{UserID: w.userID(names[0]), State: directory.Applied, Gone: true})
			w.ok(w.Store.DropAccountLink(w.ctx, w.claim, w.target, store.Link{Subject: w.userID(names[1])}))
			w.same("left", w.undoneLeft(), []string{"state suspended", "state suspended"})
		},
	})
}
