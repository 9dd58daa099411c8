package storetest

import (
	"slices"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/directory/rules"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// into maps groups of the source to groups of the target that several share.
func (w *world) into(entries ...string) {
	w.spec.Groups.Table = nil
	for i := 0; i < len(entries); i += 2 {
		w.spec.Groups.Table = append(w.spec.Groups.Table, rules.TableEntry{From: entries[i], To: entries[i+1]})
	}
}

func (w *world) defaults(names ...string) { w.spec.Groups.Default = defaultsOf(names...) }

func defaultsOf(names ...string) []rules.GroupName {
	groups := make([]rules.GroupName, len(names))
	for i, name := range names {
		groups[i].Text = name
	}
	return groups
}

// newRules decides about everything again, as the rules are now.
func (w *world) newRules() {
	w.Helper()
	w.exec(`UPDATE users SET dirty = TRUE`)
	w.exec(`UPDATE groups SET dirty = TRUE`)
	w.decide()
}

// groupsWanted are the names of the groups that the target is to have.
func (w *world) groupsWanted() []string {
	w.Helper()
	return w.column(`SELECT name FROM desired_groups`)
}

func routes(t *testing.T, open Open) {
	cases(t, open, map[string]func(w *world){
		"a group leads to one of its own name": func(w *world) {
			w.team("eng", 1)
			w.decide()
			w.same("routes", w.column(`SELECT g.name || ' ' || i.source_id || ' ' || r.rule FROM group_routes r JOIN groups g ON g.id = r.group_id JOIN groups i ON i.id = r.into_id`),
				[]string{"eng 00g-eng same name"})
		},
		"several groups lead to one, in which each member is once": func(w *world) {
			w.saveUsers(person("ada"), person("bob"))
			w.saveGroups(team("eng"), team("ops"))
			w.saveMembers("eng", "ada")
			w.saveMembers("ops", "ada", "bob")
			w.into("eng", "Builders", "OPS", "builders")
			w.plan()
			w.same("groups", w.groupsWanted(), []string{"Builders"})
			w.same("plan", w.changes(), []string{"group.create Builders planned", "account.create ada planned", "account.create bob planned",
				"membership.add ada Builders planned", "membership.add bob Builders planned"})
			w.apply()
			w.next()
			w.saveMembers("eng")
			w.look(func(s *store.Settled) { s.Confirmed = true })
			w.plan()
			w.same("plan while ada is in the other one", w.changes(), []string(nil))
			w.next()
			w.exec(`DELETE FROM memberships WHERE group_id = ? AND user_id = ?`, w.groupID("ops"), w.userID("ada"))
			w.newRules()
			w.same("ada once in neither", w.wanted("ada"), []string{})
		},
		"a member of a shared group who leaves one of two stays in it": func(w *world) {
			w.saveUsers(person("ada"))
			w.saveGroups(team("eng"), team("ops"))
			w.saveMembers("eng", "ada")
			w.saveMembers("ops", "ada")
			w.into("eng", "Builders", "ops", "Builders")
			w.settle()
			w.ok(w.Store.MarkUnselected(w.ctx, w.claim, []string{"00g-ops"}))
			w.plan()
			w.same("plan", w.changes(), []string(nil))
			w.same("wanted", w.wanted("ada"), []string{"Builders"})
		},
		"a shared name is spelled as the group with the least id of the source says, in whatever order and company they are decided": func(w *world) {
			w.saveUsers(person("ada"))
			w.saveGroups(team("ops"))
			w.into("eng", "Builders", "ops", "BUILDERS")
			w.decide()
			w.same("alone", w.groupsWanted(), []string{"BUILDERS"})
			w.saveGroups(team("eng"))
			w.decide()
			w.same("name", w.groupsWanted(), []string{"Builders"})
			w.ok(w.Store.DecideSubjects(w.ctx, w.claim, []store.TargetDecider{w.decider()}, nil, []int64{w.groupID("ops")}, store.Want{}, w.now))
			w.same("after one of them", w.groupsWanted(), []string{"Builders"})
			w.into("eng", "BUILDERS", "ops", "BUILDERS")
			w.newRules()
			w.same("after both changed", w.groupsWanted(), []string{"BUILDERS"})
			w.into("eng", "Builders", "ops", "BUILDERS")
			w.newRules()
			w.same("as at first", w.groupsWanted(), []string{"Builders"})
			w.ok(w.Store.MarkUnselected(w.ctx, w.claim, []string{"00g-eng"}))
			w.decide()
			w.same("once the first is gone", w.groupsWanted(), []string{"BUILDERS"})
		},
		"everybody in scope is in the default groups, and nobody else": func(w *world) {
			w.team("eng", 2)
			w.as("eng1", directory.StatusDeprovisioned)
			w.defaults("jira-users", "everyone")
			w.plan()
			w.same("wanted", w.wanted("eng0"), []string{"eng", "everyone", "jira-users"})
			w.same("wanted of a leaver", w.wanted("eng1"), []string{})
			w.apply()
			w.next()
			w.defaults("everyone")
			w.newRules()
			w.same("wanted then", w.wanted("eng0"), []string{"eng", "everyone"})
			w.same("groups", w.groupsWanted(), []string{"eng", "everyone"})
		},
		"default groups that stay write nothing": func(w *world) {
			w.team("eng", 2)
			w.defaults("everyone")
			w.settle()
			w.watch()
			w.same("plan", w.plan(), store.PlanCounts{})
			w.same("rows written", w.written(), map[string]int{})
		},
		"default groups come to a source without groups": func(w *world) {
			w.saveUsers(person("ada"))
			w.defaults("everyone")
			w.plan()
			w.same("plan", w.changes(), []string{"group.create everyone planned", "account.create ada planned", "membership.add ada everyone planned"})
		},
		"a source's group that is called like a default group is that group": func(w *world) {
			w.team("everyone", 1)
			w.settle()
			w.defaults("Everyone")
			w.newRules()
			w.same("groups", w.number(`SELECT COUNT(*) FROM desired_groups`), 1)
			w.same("links", w.column(`SELECT g.presence FROM target_groups t JOIN groups g ON g.id = t.group_id`), []string{"derived"})
			w.same("members known", w.column(`SELECT g.presence FROM target_memberships t JOIN groups g ON g.id = t.group_id`), []string{"derived"})
		},
		"a leaver keeps the default groups until the step that takes the groups": func(w *world) {
			w.defaults("everyone")
			w.leaving(slowly)
			w.same("at first", w.wanted("eng0"), []string{"eng", "everyone"})
			w.after(7*day, "eng0")
			w.same("stripped", w.wanted("eng0"), []string{})
		},
		"a shared name that changes takes the group and its members along": func(w *world) {
			w.team("eng", 2)
			w.team("ops", 1)
			w.into("eng", "Builders", "ops", "Builders")
			w.settle()
			w.into("eng", "Makers", "ops", "Makers")
			w.newRules()
			w.same("link", w.column(`SELECT g.name || ' was ' || t.name FROM target_groups t JOIN groups g ON g.id = t.group_id`), []string{"Makers was Builders"})
			w.plan()
			w.same("plan", w.changes(), []string{"group.rename Makers skipped cannot-rename"})
		},
		"a group that comes to be shared takes its link along where nobody else's members come in": func(w *world) {
			w.team("eng", 2)
			w.settle()
			w.into("eng", "Engineering")
			w.newRules()
			w.plan()
			w.same("plan", w.changes(), []string{"group.rename Engineering skipped cannot-rename"})
			w.into()
			w.newRules()
			w.same("and back", w.column(`SELECT g.presence FROM target_groups t JOIN groups g ON g.id = t.group_id`), []string{"present"})
		},
		"a group keeps its link when others' members would come into it": func(w *world) {
			w.team("eng", 1)
			w.team("ops", 1)
			w.settle()
			w.into("eng", "Builders", "ops", "Builders")
			w.newRules()
			w.same("links", w.column(`SELECT g.source_id FROM target_groups t JOIN groups g ON g.id = t.group_id`), []string{"00g-eng", "00g-ops"})
			w.same("new group", slices.Contains(w.changesOf(), "group.create Builders planned"), true)
		},
		"a group keeps its link when others that will lead to the same are not decided yet": func(w *world) {
			w.team("eng", 1)
			w.team("ops", 1)
			w.settle()
			w.into("eng", "Builders", "ops", "Builders")
			w.ok(w.Store.DecideSubjects(w.ctx, w.claim, []store.TargetDecider{w.decider()}, nil, []int64{w.groupID("eng")}, store.Want{}, w.now))
			w.same("links", w.column(`SELECT g.source_id FROM target_groups t JOIN groups g ON g.id = t.group_id`), []string{"00g-eng", "00g-ops"})
			w.newRules()
			w.same("links once both are", w.column(`SELECT g.source_id FROM target_groups t JOIN groups g ON g.id = t.group_id`), []string{"00g-eng", "00g-ops"})
		},
		"a group keeps its link when everybody would come into it": func(w *world) {
			w.team("eng", 1)
			w.saveUsers(person("ada"))
			w.settle()
			w.into("eng", "everyone")
			w.defaults("everyone")
			w.newRules()
			w.same("links", w.column(`SELECT g.source_id FROM target_groups t JOIN groups g ON g.id = t.group_id`), []string{"00g-eng"})
			w.same("new group", slices.Contains(w.changesOf(), "group.create everyone planned"), true)
		},
		"what is kept of a membership in both groups is kept once when a link is handed over": func(w *world) {
			w.team("eng", 1)
			w.settle()
			w.into("eng", "Engineering")
			w.newRules()
			own, shared := w.groupID("eng"), w.number(`SELECT id FROM groups WHERE source_id = 'rollcall:engineering'`)
			for _, group := range []int64{own, int64(shared)} {
				w.exec(`INSERT INTO leaver_groups (target_id, user_id, group_id, origin) VALUES (?, ?, ?, 'created')`, w.target, w.userID("eng0"), group)
				w.exec(`INSERT INTO overrides (target_id, user_id, group_id, what, value, basis, run_id, created_at) VALUES (?, ?, ?, 'member', 'in', 'in', 7, 0)`, w.target, w.userID("eng0"), group)
			}
			w.into()
			w.newRules()
			w.same("link", w.column(`SELECT g.source_id FROM target_groups t JOIN groups g ON g.id = t.group_id`), []string{"00g-eng"})
			w.same("memberships to give back", w.number(`SELECT COUNT(*) FROM leaver_groups WHERE group_id = ?`, own), 1)
			w.same("undone", w.number(`SELECT COUNT(*) FROM overrides WHERE group_id = ?`, own), 1)
		},
		"of groups that come to be shared, the one that has the name already is the one": func(w *world) {
			w.team("eng", 1)
			w.team("ops", 1)
			w.settle()
			w.into("eng", "Eng", "ops", "Eng")
			w.newRules()
			w.same("links", w.column(`SELECT g.source_id FROM target_groups t JOIN groups g ON g.id = t.group_id`), []string{"00g-ops", "rollcall:eng"})
		},
		"a group that leads elsewhere makes its members dirty, and one that leads nowhere takes them out": func(w *world) {
			w.team("eng", 1)
			w.team("ops", 1)
			w.settle()
			w.spec.Groups.Exclude = []rules.Pattern{{Text: "eng"}}
			w.exec(`UPDATE groups SET dirty = TRUE WHERE source_id = '00g-eng'`)
			w.ok(w.Store.DecideGroups(w.ctx, w.claim, w.decider()))
			w.same("dirty", w.dirty(), []string{"eng0"})
			w.decide()
			w.same("wanted", w.wanted("eng0"), []string{})
			w.same("groups", w.groupsWanted(), []string{"ops"})
		},
		"a group that is only missing from a list leads where it led, and is not wanted": func(w *world) {
			w.team("eng", 1)
			w.settle()
			w.exec(`UPDATE groups SET presence = 'absent', dirty = TRUE`)
			w.exec(`UPDATE users SET dirty = TRUE`)
			w.decide()
			w.same("routes", w.number(`SELECT COUNT(*) FROM group_routes`), 1)
			w.same("groups", w.groupsWanted(), []string{})
			w.same("memberships", w.wanted("eng0"), []string{})
		},
		"a problem with a group's name is stored with what is wrong": func(w *world) {
			w.team("eng", 1)
			decider := w.decider()
			decider.Group = func(g directory.Group) directory.DesiredGroup {
				return directory.DesiredGroup{Name: g.Name, Rule: "same name", Problem: directory.ClassBadName, Detail: "too long"}
			}
			w.decideAs(decider)
			w.same("problem", w.column(`SELECT problem || ': ' || detail FROM desired_groups`), []string{"bad-name: too long"})
			w.newRules()
			w.same("then", w.column(`SELECT problem || detail FROM desired_groups`), []string{""})
		},
		"users are decided with groups that nobody has decided about": func(w *world) {
			w.team("eng", 1)
			w.ok(w.Store.DecideSubjects(w.ctx, w.claim, []store.TargetDecider{w.decider()}, []int64{w.userID("eng0")}, nil, store.Want{}, w.now))
			w.same("wanted", w.wanted("eng0"), []string{"eng"})
		},
		"the groups that the rules make and that are not linked yet are named to who plans some": func(w *world) {
			w.team("eng", 1)
			w.team("ops", 1)
			w.into("eng", "Builders")
			w.defaults("everyone")
			w.decide()
			leads := func(users, groups []int64) []string {
				w.Helper()
				ids, err := w.Store.LeadsTo(w.ctx, w.target, users, groups)
				w.ok(err)
				var names []string
				for _, id := range ids {
					names = append(names, w.column(`SELECT name FROM groups WHERE id = ?`, id)...)
				}
				slices.Sort(names)
				return names
			}
			w.same("of a user", leads([]int64{w.userID("eng0")}, nil), []string{"Builders", "everyone"})
			w.same("of a group", leads(nil, []int64{w.groupID("eng")}), []string{"Builders"})
			w.same("of a group of its own name", leads(nil, []int64{w.groupID("ops")}), []string(nil))
			w.same("of nothing", leads(nil, nil), []string(nil))
			w.plan()
			w.apply()
			w.same("once linked", leads([]int64{w.userID("eng0")}, []int64{w.groupID("eng")}), []string(nil))
		},
		"somebody's groups are named to the rules, and their names when they change": func(w *world) {
			w.team("eng", 1)
			w.saveGroups(team("ops"))
			w.saveMembers("ops", "eng0")
			w.want.Groups = true
			groups := func() []string {
				w.Helper()
				subjects, err := w.Store.DirtyUsers(w.ctx, w.conn.ID, 0, 10, store.Want{Groups: true})
				w.ok(err)
				if len(subjects) == 0 {
					return nil
				}
				return subjects[0].Groups
			}
			w.same("groups", groups(), []string{"eng", "ops"})
			w.settle()
			w.same("settled", groups(), []string(nil))
			w.saveGroups(directory.Group{SourceID: "00g-ops", Name: "operations", Type: "OKTA_GROUP", Assigned: true})
			w.same("renamed", groups(), []string{"eng", "operations"})
		},
	})
}

// changesOf plans what is dirty and lists it.
func (w *world) changesOf() []string {
	w.Helper()
	w.plan()
	return w.changes()
}
