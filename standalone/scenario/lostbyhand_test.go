package scenario

import (
	"net/http"
	"slices"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/app"
	"github.com/rollcall-sync/rollcall/internal/sandbox"
	"github.com/rollcall-sync/rollcall/workflows"
)

// Two are to be put in a group, one after the other. The answer for the first is
// lost, and the second is never sent: an administrator puts them there.
func TestWhatAnAdministratorDidInPlaceOfARunThatNeverCameToItStays(t *testing.T) {
	onBoth(t, func(t *testing.T, database string) {
		s := newScenario(t, settings{People: 12, Groups: 3, Memberships: 1, Uniform: true, Targets: sandbox.Kinds(), Target: "concurrency: 1", Database: database}).start()
		s.wantOutcome(s.sync(workflows.SyncInput{}), workflows.OutcomeDone)
		group := s.ownGroups()[0]
		emails := map[string]string{}
		var two []string
		for _, u := range s.active() {
			if emails[u.ID] = u.Email; !slices.Contains(group.Members, u.ID) && len(two) < 2 {
				two = append(two, u.ID)
				s.no(s.Box.Okta.AddMember(group.ID, u.ID))
			}
		}
		every := func([]string) bool { return true }
		writes := map[string]int{}
		for _, kind := range s.kinds() {
			writes[kind] = 1
		}
		o := s.lose(every, 1, http.StatusUnauthorized, writes)
		s.sync(workflows.SyncInput{})
		for _, kind := range s.kinds() {
			if !o.lost(s.Box.API(kind)) {
				t.Errorf("%s: no answer was lost", kind)
			}
		}
		o.rest()
		s.Box.Engine.Clear()

		connections, err := app.Connections(s.Config, nil)
		s.no(err)
		const sent, byHand = 0, 1
		is := func(kind string, who int) bool {
			state := s.Box.TargetState(kind)
			return isMember(state, groupNamed(state, group.Name).ID, accountOf(state, emails[two[who]]).ID)
		}
		for _, target := range connections[s.Name].Targets {
			if !is(target.Kind, sent) || is(target.Kind, byHand) {
				t.Fatalf("%s: the first is in the group: %t, the second: %t", target.Kind, is(target.Kind, sent), is(target.Kind, byHand))
			}
			state := s.Box.TargetState(target.Kind)
			s.no(target.AddMember(t.Context(), groupNamed(state, group.Name).ID, accountOf(state, emails[two[byHand]]).ID))
		}
		for _, id := range two {
			s.no(s.Box.Okta.RemoveMember(group.ID, id))
		}
		for range 2 {
			s.sync(workflows.SyncInput{Full: true, Drift: true, AllowRemovals: true})
		}
		for _, kind := range s.kinds() {
			if is(kind, sent) {
				t.Errorf("%s: who was put in the group by the run is still in it", kind)
			}
			if !is(kind, byHand) {
				t.Errorf("%s: who was put in the group by hand was taken out", kind)
			}
		}
	})
}
