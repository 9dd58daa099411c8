package storetest

import (
	"fmt"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// decideAll does all that rules can ask for: ladders, shared groups and those
// that everybody is in, what was undone, groups that hold just the source's
// members, and accounts that are nobody's.
func (w *world) decideAll() {
	w.Helper()
	w.climbs(slowly)
	w.into("eng", "Builders", "ops", "Builders")
	w.defaults("everyone")
	w.want.Groups = true
	w.exec(`UPDATE groups SET presence = 'present' WHERE presence = 'unselected'`)
	w.undid("eng1", "", "state", "suspended", "active")
	w.undid("eng2", "", "attributes", `{"display_name":"Old"}`, `{"display_name":"eng2 Example B"}`)
	w.undid("eng3", "eng", "member", "in", "out")
	w.as("eng0", directory.StatusDeprovisioned)
	w.newRules()
	leaving := w.userID("eng0")
	w.ok(w.Store.HoldLeaver(w.ctx, "staff", leaving, "cloud", true, oscar, w.now))
	w.ok(w.Store.HoldLeaver(w.ctx, "staff", leaving, "cloud", false, oscar, w.now))
	_, err := w.Store.DueLeavers(w.ctx, w.now.Add(100*day), 10)
	w.ok(err)
	_, err = w.Store.LeaverStep(w.ctx, "staff", leaving, ofLeavers(), w.now.Add(8*day))
	w.ok(err)
	for _, err := range w.Store.Leavers(w.ctx, store.LeaverFilter{Connection: "staff"}) {
		w.ok(err)
	}
	for _, err := range w.Store.Overrides(w.ctx, store.OverrideFilter{Connection: "staff"}) {
		w.ok(err)
	}
	_, err = w.Store.ReleaseOverrides(w.ctx, store.OverrideFilter{Connection: "staff"}, oscar, w.now)
	w.ok(err)

	w.into("eng", "Makers", "ops", "Makers")
	users, groups := []int64{w.userID("eng1"), leaving}, []int64{w.groupID("eng"), w.groupID("ops")}
	w.ok(w.Store.DecideSubjects(w.ctx, w.claim, []store.TargetDecider{w.decider()}, users, groups, store.Want{InGroup: true, Groups: true}, w.now))
	_, err = w.Store.LeadsTo(w.ctx, w.target, users, groups)
	w.ok(err)
	w.spec.Groups.Table, w.spec.Groups.Default = nil, nil
	w.newRules()

	only := cloud
	only.Additive, only.Renames = false, true
	_, err = w.Store.EnsureConnection(w.ctx, "staff", "rules-2", "title", []store.TargetSpec{only})
	w.ok(err)
	linked, err := w.Store.LinkedGroupsAfter(w.ctx, w.target, 0, 10)
	w.ok(err)
	for _, l := range linked {
		w.ok(w.Store.ObserveMembers(w.ctx, w.claim, w.target, l.Subject, []string{w.accountID("eng1"), "stranger", "another"}))
		w.ok(w.Store.ObserveMembers(w.ctx, w.claim, w.target, l.Subject, []string{"stranger"}))
	}
	for _, ids := range [][]string{{"stranger", "another"}, {"stranger"}} {
		page := make([]directory.Account, len(ids))
		for i, id := range ids {
			page[i] = directory.Account{ID: id, DisplayName: fmt.Sprint(len(ids))}
		}
		_, err := w.Store.ObserveAccounts(w.ctx, w.claim, w.target, page, w.now)
		w.ok(err)
		_, err = w.Store.UnseenAccounts(w.ctx, w.claim, w.target)
		w.ok(err)
	}
	w.next()
	w.plan()
}
