package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/store"
)

// asking is about what a request has to know of those whom it is about.
func asking(t *testing.T, open Open) {
	t.Run("members of a group are read in pages, those who were missing last time too", func(t *testing.T) {
		w := newWorld(t, open)
		w.team("eng", 5)
		w.settle()
		w.saveMembers("eng", "eng0", "eng1", "eng2", "eng3")
		group := w.groupID("eng")
		first, err := w.Store.MembersAfter(w.ctx, []int64{group}, 0, 3)
		w.ok(err)
		rest, err := w.Store.MembersAfter(w.ctx, []int64{group}, first[2], 3)
		w.ok(err)
		if len(first) != 3 || len(rest) != 2 {
			t.Errorf("got %v and then %v, want three and two", first, rest)
		}
		refs, err := w.Store.GroupRefs(w.ctx, []int64{group, group + 1000})
		w.ok(err)
		if len(refs) != 1 || refs[0].SourceID != "00g-eng" {
			t.Errorf("the group is known as %+v", refs)
		}
	})
	t.Run("who was found in a group by asking about them alone is missing in the next list that is as it was before", func(t *testing.T) {
		w := newWorld(t, open)
		w.team("eng", 3)
		w.saveUsers(person("ada"))
		w.settle()
		if same := w.saveMembers("eng", "eng0", "eng1", "eng2"); same != (store.MembersSaved{}) {
			t.Fatalf("the list is not the one that is stored: %+v", same)
		}
		_, err := w.Store.PullFound(w.ctx, w.claim, []store.FoundUser{{ResourceID: 7, User: person("ada"), GroupIDs: []string{"00g-eng"}}}, w.now)
		w.ok(err)
		if saved := w.saveMembers("eng", "eng0", "eng1", "eng2"); saved.Missing != 1 {
			t.Errorf("reading the members came to %+v, want one missing", saved)
		}
	})
	t.Run("who is not known yet is told from who is", func(t *testing.T) {
		w := newWorld(t, open)
		w.team("eng", 2)
		known := person("eng0").SourceID
		unknown, err := w.Store.UnknownUsers(w.ctx, w.conn.ID, []string{known, "00u-new"})
		w.ok(err)
		if diff := cmp.Diff([]string{"00u-new"}, unknown); diff != "" {
			t.Error(diff)
		}
		ids, err := w.Store.SourceIDs(w.ctx, []int64{w.userID("eng0")})
		w.ok(err)
		if diff := cmp.Diff(map[int64]string{w.userID("eng0"): known}, ids); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("a group without a counterpart is found by those who are to be in it", func(t *testing.T) {
		w := newWorld(t, open)
		w.team("eng", 3)
		w.decide()
		missing, err := w.Store.UnlinkedGroups(w.ctx, w.target, []int64{w.userID("eng0")})
		w.ok(err)
		if diff := cmp.Diff([]int64{w.groupID("eng")}, missing); diff != "" {
			t.Error(diff)
		}
		w.settle()
		missing, err = w.Store.UnlinkedGroups(w.ctx, w.target, []int64{w.userID("eng0")})
		w.ok(err)
		if len(missing) > 0 {
			t.Errorf("with its counterpart it is still among %v", missing)
		}
	})
	t.Run("requests that come together are one, until it begins", func(t *testing.T) {
		w := newWorld(t, open)
		w.team("eng", 3)
		ask := func(user string, at time.Time) int64 {
			id, err := w.Store.JoinRequest(w.ctx, store.Request{ConnectionID: w.conn.ID, Kind: store.RequestUsers, Name: "leaver", Users: []int64{w.userID(user)}}, at)
			w.ok(err)
			return id
		}
		first := ask("eng1", w.now)
		if again := ask("eng0", w.now.Add(time.Second)); again != first {
			t.Errorf("the second is request %d, want %d", again, first)
		}
		r, err := w.Store.Request(w.ctx, first)
		w.ok(err)
		if diff := cmp.Diff([]int64{w.userID("eng0"), w.userID("eng1")}, r.Users); diff != "" {
			t.Error(diff)
		}
		_, _, err = w.Store.BeginSubjects(w.ctx, store.SubjectsRequest{ConnectionID: w.conn.ID, WorkflowID: "subjects/staff/1", Execution: "e", RequestID: first, Trigger: "leaver"}, w.now)
		w.ok(err)
		if late := ask("eng2", w.now.Add(2*time.Second)); late == first {
			t.Error("somebody joined a request that had begun")
		}
	})
	t.Run("a connection is in step as of its last good run", func(t *testing.T) {
		w := newWorld(t, open)
		last, err := w.Store.LastGood(w.ctx, "staff")
		w.ok(err)
		if !last.Ended.IsZero() || last.First.IsZero() {
			t.Errorf("before a run has ended: %+v", last)
		}
		w.ok(w.Store.Finish(w.ctx, w.claim, "done", "", true, w.now))
		last, err = w.Store.LastGood(w.ctx, "staff")
		w.ok(err)
		if !last.Ended.Equal(w.now) {
			t.Errorf("it ended at %s, by the database at %s", w.now, last.Ended)
		}
		if last, err := w.Store.LastGood(w.ctx, "nowhere"); err != nil || last != (store.LastRun{}) {
			t.Errorf("of a connection that there is not: %+v, %v", last, err)
		}
	})
}

// askAll makes the statements that requests take.
func (w *world) askAll() {
	users := []int64{w.userID("eng0"), w.userID("eng1")}
	groups := []int64{w.groupID("eng")}
	for _, ask := range []func() error{
		func() error { _, err := w.Store.SourceIDs(w.ctx, users); return err },
		func() error { _, err := w.Store.UnknownUsers(w.ctx, w.conn.ID, []string{"00u-new"}); return err },
		func() error { _, err := w.Store.GroupRefs(w.ctx, groups); return err },
		func() error { _, err := w.Store.MembersAfter(w.ctx, groups, 0, 10); return err },
		func() error { _, err := w.Store.UnlinkedGroups(w.ctx, w.target, users); return err },
		func() error { _, err := w.Store.LastGood(w.ctx, "staff"); return err },
		func() error {
			_, err := w.Store.JoinRequest(w.ctx, store.Request{ConnectionID: w.conn.ID, Kind: store.RequestUsers, Name: "leaver", Users: users}, w.now)
			return err
		},
	} {
		w.ok(ask())
	}
}
