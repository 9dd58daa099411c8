package oktasim

import (
	"maps"
	"slices"
	"time"

	"github.com/rollcall-sync/rollcall/internal/sandbox/people"
)

// Snapshot is the whole state, for those who compare.
type Snapshot struct {
	Users  []UserState  `json:"users"`
	Groups []GroupState `json:"groups"`
	App    AppState     `json:"app"`
}

// UserState is a user in a Snapshot.
type UserState struct {
	ID          string    `json:"id"`
	Login       string    `json:"login"`
	Email       string    `json:"email"`
	FirstName   string    `json:"first_name"`
	LastName    string    `json:"last_name"`
	Status      string    `json:"status"`
	LastUpdated time.Time `json:"last_updated"`
}

// GroupState is a group in a Snapshot; members are user ids in order.
type GroupState struct {
	ID                    string    `json:"id"`
	Name                  string    `json:"name"`
	Description           string    `json:"description"`
	Type                  string    `json:"type"`
	Members               []string  `json:"members"`
	LastUpdated           time.Time `json:"last_updated"`
	LastMembershipUpdated time.Time `json:"last_membership_updated"`
}

// AppState is who and what the application is assigned to in a Snapshot.
type AppState struct {
	ID string `json:"id"`
	// Users are those assigned, directly or by a group.
	Users  []string `json:"users"`
	Direct []string `json:"direct"`
	Groups []string `json:"groups"`
}

// State returns the whole state as it is now.
func (s *Sim) State() Snapshot {
	s.mu.RLock()
	defer s.mu.RUnlock()
	state := Snapshot{App: AppState{ID: s.app.id}}
	for _, u := range s.users {
		state.Users = append(state.Users, UserState{
			u.id, u.rec.Login, u.rec.Email, u.rec.FirstName, u.rec.LastName, u.rec.Status, u.rec.LastUpdated,
		})
		if s.scope(u) != "" {
			state.App.Users = append(state.App.Users, u.id)
		}
	}
	for _, g := range s.groups {
		members := make([]string, 0, len(s.members(g)))
		for _, u := range s.members(g) {
			members = append(members, u.id)
		}
		state.Groups = append(state.Groups, GroupState{
			g.id, g.rec.Name, g.rec.Description, g.rec.Type, members, g.rec.LastUpdated, g.rec.LastMembershipUpdated,
		})
	}
	for u := range maps.Keys(s.app.direct) {
		state.App.Direct = append(state.App.Direct, u.id)
	}
	slices.Sort(state.App.Direct)
	for _, a := range s.app.groups {
		state.App.Groups = append(state.App.Groups, a.group.id)
	}
	return state
}

// Known lists everybody and all groups but Everyone, for people.Change.
func (s *Sim) Known() ([]people.Known, []people.KnownGroup) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	known := make([]people.Known, 0, len(s.users))
	for _, u := range s.users {
		k := people.Known{
			ID: u.id, FirstName: u.rec.FirstName, LastName: u.rec.LastName,
			Login: u.rec.Login, Email: u.rec.Email, Status: u.rec.Status,
		}
		for _, g := range u.groups {
			k.GroupIDs = append(k.GroupIDs, g.id)
		}
		known = append(known, k)
	}
	groups := make([]people.KnownGroup, 0, len(s.groups)-1)
	for _, g := range s.groups {
		if g != s.everyone {
			groups = append(groups, people.KnownGroup{ID: g.id, Name: g.rec.Name, Type: g.rec.Type})
		}
	}
	return known, groups
}
