package storetest

import (
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// steps are the plans of what rules, ladders and modes ask for.
func steps(t *testing.T, open Open) {
	t.Run("leavers", func(t *testing.T) { t.Parallel(); leaverPlans(t, open) })
	t.Run("attributes", func(t *testing.T) { t.Parallel(); attributePlans(t, open) })
	t.Run("groups", func(t *testing.T) { t.Parallel(); groupPlans(t, open) })
	t.Run("seats", func(t *testing.T) { t.Parallel(); seatPlans(t, open) })
	t.Run("in doubt", func(t *testing.T) { t.Parallel(); plansInDoubt(t, open) })
}

// planSome plans some subjects as a run of pushes does, and lets everything go
// without anybody hearing what comes of it.
func (w *world) planSome(users, groups []int64) []string {
	w.Helper()
	_, err := w.Store.PlanSubjects(w.ctx, w.claim, w.target, users, groups)
	w.ok(err)
	changes := w.changes()
	w.set(`UPDATE changes SET state = 'planned' WHERE state = 'unguarded'`)
	return changes
}

func plansInDoubt(t *testing.T, open Open) {
	cases(t, open, map[string]func(w *world){
		"a deactivation that may have been made of somebody who is back is taken back": func(w *world) {
			w.grown(1)
			users := []int64{w.userID("p0")}
			w.desire("p0", `state = 'deactivated'`)
			w.same("leaving", w.planSome(users, nil), []string{"account.deactivate p0 unguarded"})
			w.desire("p0", `state = 'active'`)
			w.same("back", w.planSome(users, nil), []string{"account.restore p0 planned"})
			w.desire("p0", `state = 'deactivated'`)
			w.same("leaving again", w.planSome(users, nil), []string{"account.deactivate p0 unguarded"})
		},
		"an account that may have been deleted is restored, and the target is read": func(w *world) {
			w.grown(1)
			w.ok(w.Store.TargetReadDone(w.ctx, w.claim, w.target, w.now))
			users := []int64{w.userID("p0")}
			w.desire("p0", `state = 'deleted'`)
			w.same("leaving", w.planSome(users, nil), []string{"account.delete p0 unguarded"})
			w.desire("p0", `state = 'active'`)
			w.same("back", w.planSome(users, nil), []string{"account.restore p0 planned"})
			age, err := w.Store.TargetAge(w.ctx, w.target)
			w.ok(err)
			w.same("read at", age.ReadAt.IsZero(), true)
		},
		"a membership that a step may have taken is added again": func(w *world) {
			w.team("eng", 2)
			w.settle()
			users := []int64{w.userID("eng0")}
			w.desire("eng0", `state = 'suspended', strip = TRUE`)
			w.set(`UPDATE accounts SET status = 'suspended' WHERE user_id = ?`, users[0])
			w.same("leaving", w.planSome(users, nil), []string{"membership.remove eng0 eng unguarded"})
			w.same("leaving still", w.planSome(users, nil), []string{"membership.remove eng0 eng unguarded"})
			w.desire("eng0", `state = 'active', strip = FALSE`)
			w.same("back", w.planSome(users, nil), []string{"account.restore eng0 planned", "membership.add eng0 eng planned"})
		},
		"a name that a group may have been given is taken back": func(w *world) {
			w.team("eng", 1)
			w.settle()
			w.set(`UPDATE targets SET renames = TRUE`)
			groups := []int64{w.groupID("eng")}
			w.set(`UPDATE desired_groups SET name = 'Engineering', name_key = 'engineering'`)
			w.same("renamed", w.planSome(nil, groups), []string{"group.rename eng planned"})
			w.set(`UPDATE desired_groups SET name = 'eng', name_key = 'eng'`)
			w.same("and back", w.planSome(nil, groups), []string{"group.rename eng planned"})
			w.same("before and after", w.column(`SELECT before || ' > ' || after FROM changes WHERE run_id = ? AND kind = 'group.rename'`, w.claim.RunID), []string{"Engineering > eng"})
		},
		"attributes that may have been written are written again": func(w *world) {
			w.grown(1)
			users := []int64{w.userID("p0")}
			w.desire("p0", `attributes = '{"department":"Ops"}'`)
			w.same("changed", w.planSome(users, nil), []string{"account.update p0 planned"})
			w.desire("p0", `attributes = '{"department":"Eng"}'`)
			w.set(`UPDATE accounts SET attributes = '{"department":"Eng"}'`)
			w.same("changed back", w.planSome(users, nil), []string{"account.update p0 planned"})
		},
		"whoever waits for a licence is planned again, once": func(w *world) {
			w.staff(1)
			w.decide()
			users := []int64{w.userID("p0")}
			w.planSome(users, nil)
			w.record(store.Outcome{ChangeID: int64(w.number(`SELECT id FROM changes`)), UserID: users[0], State: directory.Waiting, Class: directory.ClassSeat})
			w.same("plan", w.planSome(users, nil), []string{"account.create p0 planned"})
		},
		"a member whom nobody knows is planned with the group, once": func(w *world) {
			w.team("eng", 1)
			w.settle()
			w.set(`UPDATE targets SET additive = FALSE`)
			w.set(`INSERT INTO foreign_members (target_id, group_id, remote_id) VALUES (?, ?, 'acc-stranger')`, w.target, w.groupID("eng"))
			groups := []int64{w.groupID("eng")}
			for range 2 {
				w.same("plan", w.planSome(nil, groups), []string{"membership.remove eng unguarded"})
			}
			changes, err := w.Store.SubjectChanges(w.ctx, w.claim.RunID, w.target, nil, groups, 0)
			w.ok(err)
			w.same("changes", len(changes), 1)
		},
	})
}

// set writes to the database what no call of the store is there for.
func (w *world) set(statement string, args ...any) {
	w.Helper()
	_, err := w.SQL.ExecContext(w.ctx, w.SQL.Rebind(statement), args...)
	w.ok(err)
}

// desire makes something else desired of somebody's account.
func (w *world) desire(name, assignments string) {
	w.Helper()
	w.set(`UPDATE desired_accounts SET `+assignments+` WHERE target_id = ? AND user_id = ?`, w.target, w.userID(name))
}

// planAll plans everything that is stored as desired, and nothing else.
func (w *world) planAll() []string {
	w.Helper()
	_, err := w.Store.PlanTarget(w.ctx, w.claim, w.target, true)
	w.ok(err)
	return w.changes()
}

// allow admits all removals.
func (w *world) allow() {
	w.Helper()
	w.guard(limits(func(l *store.Limits) { l.Override = true }))
}

func leaverPlans(t *testing.T, open Open) {
	cases(t, open, map[string]func(w *world){
		"each step of a ladder is planned from where the account stands": func(w *world) {
			w.grown(1)
			for _, step := range []struct{ state, status, want string }{
				{"suspended", "active", "account.suspend p0 unguarded"},
				{"suspended", "suspended", ""},
				{"deactivated", "active", "account.deactivate p0 unguarded"},
				{"deactivated", "suspended", "account.deactivate p0 unguarded"},
				{"deactivated", "deactivated", ""},
				{"deleted", "active", "account.delete p0 unguarded"},
				{"deleted", "deactivated", "account.delete p0 unguarded"},
				{"active", "deactivated", "account.restore p0 planned"},
				{"active", "suspended", "account.restore p0 planned"},
				{"kept", "suspended", ""},
			} {
				w.desire("p0", `state = '`+step.state+`'`)
				w.set(`UPDATE accounts SET status = ?`, step.status)
				var want []string
				if step.want != "" {
					want = []string{step.want}
				}
				w.same(step.state+" of "+step.status, w.planAll(), want)
			}
		},
		"what is protected or another system's is neither deactivated nor deleted": func(w *world) {
			w.grown(2)
			w.set(`UPDATE accounts SET protected = TRUE WHERE user_id = ?`, w.userID("p0"))
			w.set(`UPDATE accounts SET read_only = TRUE WHERE user_id = ?`, w.userID("p1"))
			w.desire("p0", `state = 'deleted'`)
			w.desire("p1", `state = 'deactivated'`)
			w.same("plan", w.planAll(), []string{"account.deactivate p1 skipped read-only", "account.delete p0 skipped protected"})
		},
		"a deleted account loses its link and its memberships, and the id that it had is recorded": func(w *world) {
			w.small()
			w.settle()
			w.desire("ada", `state = 'deleted', strip = TRUE`)
			w.same("plan", w.planAll(), []string{"account.delete ada unguarded"})
			w.same("id", w.column(`SELECT remote_id FROM changes WHERE run_id = ?`, w.claim.RunID), []string{"acc-ada"})
			w.allow()
			w.record(store.Outcome{ChangeID: int64(w.number(`SELECT id FROM changes WHERE run_id = ?`, w.claim.RunID)), UserID: w.userID("ada"), State: directory.Applied, Gone: true})
			w.same("links", w.number(`SELECT COUNT(*) FROM accounts WHERE user_id = ?`, w.userID("ada")), 0)
			w.same("memberships", w.number(`SELECT COUNT(*) FROM target_memberships WHERE user_id = ?`, w.userID("ada")), 0)
			w.same("plan", w.changes(), []string{"account.delete ada applied"})
		},
		"a step takes the memberships that we made, remembers them, and gives nothing to somebody who has none coming": func(w *world) {
			w.team("eng", 2)
			w.team("ops", 1)
			w.settle()
			w.set(`UPDATE target_memberships SET origin = 'adopted' WHERE user_id = ?`, w.userID("eng1"))
			for _, name := range []string{"eng0", "eng1"} {
				w.desire(name, `state = 'suspended', strip = TRUE, reason = 'deactivated'`)
				w.set(`UPDATE accounts SET status = 'suspended' WHERE user_id = ?`, w.userID(name))
			}
			w.same("plan", w.planAll(), []string{"membership.remove eng0 eng unguarded"})
			w.allow()
			w.apply()
			w.same("remembered", w.column(`SELECT origin FROM leaver_groups`), []string{"created"})
			w.desire("eng0", `state = 'active', strip = FALSE`)
			w.set(`UPDATE accounts SET status = 'active' WHERE user_id = ?`, w.userID("eng0"))
			w.next()
			w.same("plan once back", w.planAll(), []string{"membership.add eng0 eng planned"})
			w.apply()
			w.next()
			w.planAll()
			w.same("still remembered", w.number(`SELECT COUNT(*) FROM leaver_groups`), 0)
		},
		"what was not ours and was taken is given back, where memberships are added only": func(w *world) {
			w.team("eng", 2)
			w.settle()
			w.set(`UPDATE target_memberships SET origin = 'found' WHERE user_id = ?`, w.userID("eng0"))
			w.set(`DELETE FROM desired_memberships WHERE user_id = ?`, w.userID("eng0"))
			w.set(`UPDATE targets SET additive = FALSE`)
			w.desire("eng0", `state = 'suspended', strip = TRUE`)
			w.planAll()
			w.allow()
			w.apply()
			w.same("remembered", w.column(`SELECT origin FROM leaver_groups`), []string{"found"})
			w.desire("eng0", `state = 'active', strip = FALSE`)
			w.set(`UPDATE accounts SET status = 'active'`)
			w.next()
			w.same("plan in an authoritative target", w.planAll(), []string(nil))
			w.set(`UPDATE targets SET additive = TRUE`)
			w.same("plan in an additive one", w.planAll(), []string{"membership.add eng0 eng planned"})
			due, err := w.Store.DueBatch(w.ctx, w.claim.RunID, w.target, directory.StageJoins, store.Range{To: 1 << 40})
			w.ok(err)
			w.same("wanted", len(due) == 1 && due[0].Member, true)
		},
		"an account that is to be in no group is created into none": func(w *world) {
			w.small()
			w.settle()
			w.desire("ada", `strip = TRUE`)
			wanted, err := w.Store.WantedMemberships(w.ctx, w.target, []int64{w.userID("ada")})
			w.ok(err)
			w.same("wanted", len(wanted), 0)
		},
	})
}

func attributePlans(t *testing.T, open Open) {
	images := func(w *world) []string {
		return w.column(`SELECT before || ' > ' || after FROM changes WHERE run_id = ? AND kind = 'account.update'`, w.claim.RunID)
	}
	cases(t, open, map[string]func(w *world){
		"an update says what differs, before and after": func(w *world) {
			w.grown(1)
			w.desire("p0", `email = 'p.zero@example.com', email_key = 'p.zero@example.com', display_name = 'P "Zero"'`)
			w.same("plan", w.planAll(), []string{"account.update p0 planned"})
			w.same("images", images(w), []string{`{"display_name":"p0 Example","email":"p0@example.com"} > {"display_name":"P \"Zero\"","email":"p.zero@example.com"}`})
		},
		"an attribute that nobody knows is written, one that is known is compared, and an empty one clears": func(w *world) {
			w.grown(1)
			w.desire("p0", `attributes = '{"department":"Ops","job_title":"","locale":"de"}', user_name = 'zero'`)
			w.set(`UPDATE accounts SET attributes = '{"department":"Eng","locale":"de","location":"Bonn"}'`)
			w.planAll()
			w.same("images", images(w), []string{`{"department":"Eng","job_title":null,"user_name":""} > {"department":"Ops","job_title":"","user_name":"zero"}`})
			w.record(store.Outcome{ChangeID: int64(w.number(`SELECT id FROM changes WHERE run_id = ?`, w.claim.RunID)), UserID: w.userID("p0"), State: directory.Applied,
				Account: &directory.Account{ID: w.accountID("p0"), Email: "p0@example.com", DisplayName: "p0 Example", Status: directory.AccountActive, Managed: true, UserName: "zero",
					Attributes: map[string]string{"department": "Ops", "job_title": ""}}})
			w.same("known", w.column(`SELECT user_name || ' ' || attributes FROM accounts`), []string{`zero {"department":"Ops","job_title":"","locale":"de","location":"Bonn"}`})
			w.same("plan after that", w.planAll(), []string(nil))
		},
		"an outcome that tells no attributes leaves what is known": func(w *world) {
			w.grown(1)
			w.set(`UPDATE accounts SET attributes = '{"locale":"de"}', user_name = 'zero'`)
			w.record(store.Outcome{UserID: w.userID("p0"), State: directory.Applied,
				Account: &directory.Account{ID: w.accountID("p0"), Email: "p0@example.com", Status: directory.AccountSuspended, Managed: true}})
			w.same("known", w.column(`SELECT user_name || ' ' || attributes || ' ' || status FROM accounts`), []string{`zero {"locale":"de"} suspended`})
		},
		"many updates are planned in their order": func(w *world) {
			w.grown(1100)
			w.set(`UPDATE desired_accounts SET display_name = 'Somebody'`)
			w.same("planned", len(w.planAll()), 1100)
			w.same("order", w.number(`SELECT COUNT(*) FROM changes a JOIN changes b ON b.run_id = a.run_id AND b.stage = a.stage AND b.user_id > a.user_id AND b.ord < a.ord WHERE a.run_id = ?`, w.claim.RunID), 0)
		},
	})
}

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

func seatPlans(t *testing.T, open Open) {
	cases(t, open, map[string]func(w *world){
		"whoever waits for a licence goes first, in order, and keeps the place": func(w *world) {
			w.staff(4)
			w.decide()
			waits := func(name string) {
				w.record(store.Outcome{UserID: w.userID(name), State: directory.Waiting, Class: directory.ClassSeat})
				w.now = w.now.Add(time.Minute)
			}
			waits("p3")
			waits("p1")
			waits("p3")
			w.same("plan", w.planAll(), []string{"account.create p3 planned", "account.create p1 planned", "account.create p0 planned", "account.create p2 planned"})
			waiting, err := w.Store.Waiters(w.ctx, w.target, 10)
			w.ok(err)
			w.same("waiting", waiting, []int64{w.userID("p3"), w.userID("p1")})
			first, err := w.Store.Waiters(w.ctx, w.target, 1)
			w.ok(err)
			w.same("first", first, []int64{w.userID("p3")})
			w.apply()
			none, err := w.Store.Waiters(w.ctx, w.target, 10)
			w.ok(err)
			w.same("waiting once there are licences", none, []int64(nil))
		},
		"whoever is wanted no longer does not wait": func(w *world) {
			w.staff(2)
			w.decide()
			w.record(store.Outcome{UserID: w.userID("p0"), State: directory.Waiting, Class: directory.ClassSeat})
			w.desire("p0", `state = 'suspended'`)
			waiting, err := w.Store.Waiters(w.ctx, w.target, 10)
			w.ok(err)
			w.same("waiting", waiting, []int64(nil))
			w.planAll()
			w.same("kept", w.number(`SELECT COUNT(*) FROM seat_waits`), 0)
		},
		"whoever waits is looked at again by the next run": func(w *world) {
			w.staff(1)
			w.plan()
			w.record(store.Outcome{ChangeID: int64(w.number(`SELECT id FROM changes`)), UserID: w.userID("p0"), State: directory.Waiting, Class: directory.ClassSeat})
			w.next()
			w.same("dirty", w.dirty(), []string{"p0"})
		},
		"somebody whose link was taken away by hand is not given another": func(w *world) {
			w.staff(1)
			w.decide()
			w.set(`INSERT INTO unlinks (target_id, user_id) VALUES (?, ?)`, w.target, w.userID("p0"))
			w.same("plan", w.planAll(), []string{"account.create p0 refused unlinked-by-hand"})
		},
		"whom somebody skips is left out, and comes again": func(w *world) {
			w.staff(2)
			w.decide()
			w.set(`INSERT INTO run_skips (run_id, user_id) VALUES (?, ?)`, w.claim.RunID, w.userID("p0"))
			w.same("plan", w.planAll(), []string{"account.create p0 skipped skipped-by-hand", "account.create p1 planned"})
			w.apply()
			w.next()
			w.same("dirty", w.dirty(), []string{"p0"})
			w.same("next plan", w.planAll(), []string{"account.create p0 planned"})
		},
	})
}
