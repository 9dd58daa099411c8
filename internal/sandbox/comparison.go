package sandbox

import (
	"net/http"
	"strconv"

	"github.com/rollcall-sync/rollcall/internal/sandbox/compare"
	"github.com/rollcall-sync/rollcall/internal/sandbox/oktasim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/people"
)

// state is Okta's state as the comparison reads it.
func (s *Server) state() compare.OktaState {
	snapshot := s.Okta.State()
	state := compare.OktaState{
		Users:  make([]compare.OktaUser, 0, len(snapshot.Users)),
		Groups: make([]compare.OktaGroup, 0, len(snapshot.Groups)),
		App:    compare.OktaApp{ID: snapshot.App.ID, Users: snapshot.App.Users, Groups: snapshot.App.Groups},
	}
	for _, u := range snapshot.Users {
		state.Users = append(state.Users, compare.OktaUser{
			ID: u.ID, Login: u.Login, Email: u.Email, FirstName: u.FirstName, LastName: u.LastName, Status: u.Status,
		})
	}
	for _, g := range snapshot.Groups {
		state.Groups = append(state.Groups, compare.OktaGroup{ID: g.ID, Name: g.Name, Type: g.Type, Members: g.Members})
	}
	return state
}

// Mark remembers Okta's state as one that a run may have seen: the comparison
// needs it to tell who has been erased since, and which address or name an
// account or a group was given first.
func (s *Server) Mark() {
	state := s.state()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.earlier = append(s.earlier, state)
}

// OwnGroups are the types of the groups that an organisation made itself or
// imported: all but Everyone.
func OwnGroups() []string { return []string{people.OktaGroup, people.AppGroup} }

// Compare compares Okta with the sandbox's first target, object by object, as
// CompareWith does.
func (s *Server) Compare(scope compare.Options) compare.Report {
	return s.compareWith(s.targets[0], scope)
}

// CompareWith compares Okta with the target of a kind, object by object. Of
// scope, Initial and Earlier are filled in: how the target was at first, and the
// states that were marked; and so is Target, but for its Leavers, which are what
// the kind's default ladder makes of them where they say nothing. It is false
// for a kind that the sandbox has no target of.
func (s *Server) CompareWith(kind string, scope compare.Options) (compare.Report, bool) {
	t := s.target(kind)
	if t == nil {
		return compare.Report{}, false
	}
	return s.compareWith(t, scope), true
}

func (s *Server) compareWith(t *standIn, scope compare.Options) compare.Report {
	leavers := scope.Target.Leavers
	scope.Target = t.like
	if leavers != "" {
		scope.Target.Leavers = leavers
	}
	scope.Initial = t.initial
	s.mu.Lock()
	if t.kind == AtlassianCloud {
		scope.Initial = compare.Atlassian(s.Initial)
	}
	scope.Earlier = s.earlier
	s.mu.Unlock()
	return compare.Equal(s.state(), t.state(), scope)
}

// compareStates answers GET /_sandbox/compare. Parameters: target=kind is the
// target that is compared, the first when it is absent; leavers is what becomes
// of leavers' accounts where it is not the kind's default; app=true limits it
// to the application; group (a pattern) and group_type, any number of each,
// select groups, all but Everyone when there is no group_type;
// adopt_groups=true, adopted_group=name and ignore_names=true as in
// compare.Options.
func (s *Server) compareStates(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	scope := compare.Options{
		Target: compare.Target{Leavers: compare.Ending(query.Get("leavers"))},
		Groups: query["group"], GroupTypes: query["group_type"], AdoptedGroups: query["adopted_group"],
	}
	if len(scope.GroupTypes) == 0 {
		scope.GroupTypes = OwnGroups()
	}
	for name, flag := range map[string]*bool{
		"app": &scope.App, "adopt_groups": &scope.AdoptGroups, "ignore_names": &scope.IgnoreNames,
	} {
		if !query.Has(name) {
			continue
		}
		on, err := strconv.ParseBool(query.Get(name))
		if err != nil {
			http.Error(w, name+": true or false is expected", http.StatusBadRequest)
			return
		}
		*flag = on
	}
	kind := query.Get("target")
	if kind == "" {
		kind = s.targets[0].kind
	}
	report, there := s.CompareWith(kind, scope)
	if !there {
		http.Error(w, "target: the sandbox has none of that kind", http.StatusBadRequest)
		return
	}
	answer(w, struct {
		Equal bool `json:"equal"`
		compare.Report
	}{report.Equal(), report})
}

// The sandbox makes its changes through what any administrator could do.
var _ people.Store = (*oktasim.Sim)(nil)
