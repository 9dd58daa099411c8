package storetest

import (
	"slices"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/directory/rules"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// permit configures what groups are to hold, each as "group: scope: level".
func (w *nestWorld) permit(lines ...string) {
	w.Helper()
	w.settings.Permissions = nil
	for _, line := range lines {
		words := strings.Split(line, ": ")
		w.settings.Permissions = append(w.settings.Permissions, directory.GroupPermission{Group: words[0], Permission: directory.Permission{Scope: words[1], Level: words[2]}})
	}
	w.configure()
}

// holdsThere is what groups hold in the target.
func (w *nestWorld) holdsThere() []string {
	w.Helper()
	return w.texts(`SELECT g.name || ': ' || p.scope || ': ' || p.level FROM target_permissions p JOIN groups g ON g.id = p.group_id`)
}

// seenHolding begins a run in which a group was seen to hold something.
func (w *nestWorld) seenHolding(group string, held ...directory.Permission) {
	w.Helper()
	w.later(1)
	w.claim = w.sync()
	id := w.groupOf(group)
	scopes, err := w.Store.PermittedScopes(w.ctx, w.target, []int64{id})
	w.ok(err)
	w.ok(w.Store.ObservePermissions(w.ctx, w.claim, w.target, id, scopes[id], held))
}

func permissions(t *testing.T, open Open) {
	nestCases(t, open, map[string]func(w *nestWorld){
		"a group is given what the configuration says, once it is there, whatever the case of its name": func(w *nestWorld) {
			w.team("Builders")
			w.team("Others")
			w.permit("builders: project ABC: write", "BUILDERS: project ABC: read", "nobody: project ABC: admin")
			w.same("planned", w.planAll(), []string{"group.create Builders planned", "group.create Others planned", "group.permit Builders project ABC planned"})
			w.carryOut(standard)
			w.end()
			w.same("holds", w.holdsThere(), []string{"Builders: project ABC: write"})
			w.same("then", w.planAll(), []string(nil))
		},
		"one that comes before its group says whether that is still to be made": func(w *nestWorld) {
			w.team("Builders")
			w.permit("Builders: project ABC: write")
			w.planAll()
			due, err := w.Store.DueBatch(w.ctx, w.claim.RunID, w.target, directory.StageGroups, store.Range{To: 1 << 40})
			w.ok(err)
			making := func() bool {
				permission, err := w.Store.DuePermission(w.ctx, due[1].ID)
				w.ok(err)
				return permission.Making
			}
			w.same("planned", making(), true)
			w.exec(`UPDATE changes SET state = 'retry' WHERE id = ?`, due[0].ID)
			w.same("tried again", making(), true)
			w.exec(`UPDATE changes SET state = 'refused' WHERE id = ?`, due[0].ID)
			w.same("refused", making(), false)
		},
		"who has more keeps it, who has less is given what is missing": func(w *nestWorld) {
			w.team("Builders")
			w.permit("Builders: project ABC: write")
			w.settle()
			for level, want := range map[string][]string{"admin": nil, "read": {"group.permit Builders project ABC planned"}, "": {"group.permit Builders project ABC planned"},
				"a word of its own": nil} {
				var held []directory.Permission
				if level != "" {
					held = []directory.Permission{{Scope: "project ABC", Level: level}}
				}
				w.seenHolding("Builders", held...)
				w.same("of one with "+level, w.planRun(), want)
				w.end()
			}
		},
		"what the configuration does not give any more stays": func(w *nestWorld) {
			w.team("Builders")
			w.permit("Builders: project ABC: write")
			w.settle()
			w.permit()
			w.same("planned", w.planAll(), []string(nil))
			w.same("holds", w.holdsThere(), []string{"Builders: project ABC: write"})
		},
		"a group that cannot be made is given nothing": func(w *nestWorld) {
			w.team("Builders")
			w.team("Makers")
			apart := false
			w.spec.Groups.Table, w.spec.Groups.Merge = []rules.TableEntry{{From: "Makers", To: "Builders"}}, &apart
			w.permit("Builders: project ABC: write")
			planned := w.planAll()
			slices.Sort(planned)
			w.same("planned", planned, []string{"group.create Builders planned", "group.create Makers refused duplicate",
				"group.permit Builders project ABC planned", "group.permit Makers project ABC blocked waits-for-link"})
		},
		"an undo sets back what a group had, and the configuration's next word is the end of it": func(w *nestWorld) {
			w.team("Builders")
			w.settle()
			w.permit("Builders: project ABC: read", "Builders: repository tools: write")
			w.settle()
			w.permit("Builders: project ABC: admin", "Builders: repository tools: write")
			w.planAll()
			w.carryOut(standard)
			run := w.claim.RunID
			w.end()
			w.same("preview", w.couldUndo(run), []string{"group.permit Builders project ABC group.permit"})
			w.same("undone", w.takeBack(run), []string{"group.permit Builders project ABC applied"})
			w.same("holds", w.holdsThere(), []string{"Builders: project ABC: read", "Builders: repository tools: write"})
			w.same("then", w.planAll(), []string(nil))
			w.end()
			w.permit("Builders: project ABC: write", "Builders: repository tools: write")
			w.same("another word", w.planAll(), []string{"group.permit Builders project ABC planned"})
		},
		"what was undone does not come back once the configuration has said something else": func(w *nestWorld) {
			w.team("Builders")
			w.settle()
			w.permit("Builders: project ABC: read")
			w.settle()
			w.permit("Builders: project ABC: write")
			w.planAll()
			w.carryOut(standard)
			run := w.claim.RunID
			w.end()
			w.same("undone", w.takeBack(run), []string{"group.permit Builders project ABC applied"})
			w.permit("Builders: project ABC: admin")
			w.settle()
			w.permit("Builders: project ABC: write")
			w.same("planned", w.planAll(), []string(nil))
			w.same("holds", w.holdsThere(), []string{"Builders: project ABC: admin"})
		},
		"there is no way back to none": func(w *nestWorld) {
			w.team("Builders")
			w.settle()
			w.permit("Builders: project ABC: read")
			w.planAll()
			w.carryOut(standard)
			run := w.claim.RunID
			w.end()
			w.same("preview", w.couldUndo(run), []string{"group.permit Builders project ABC irreversible"})
			w.same("undone", w.takeBack(run), []string(nil))
		},
	})
}
