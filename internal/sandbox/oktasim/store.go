package oktasim

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rollcall-sync/rollcall/internal/sandbox/people"
)

func compareIDs(a, b string) int { return strings.Compare(a, b) }

// newID makes an id of Okta's shape: the kind's prefix and 17 characters.
// Later ids sort after earlier ones, so that lists stay in order by appending.
func (s *Sim) newID(prefix string) string {
	s.ids++
	return prefix + "1sbx" + leftPad(strconv.FormatInt(s.ids, 36), 13)
}

func leftPad(text string, width int) string {
	return strings.Repeat("0", max(0, width-len(text))) + text
}

// findUser finds a user by id, login, or a login's part before the @ if only
// one user has it. Logins ignore case. The caller holds the lock.
func (s *Sim) findUser(idOrLogin string) (*user, error) {
	if u := s.byID[idOrLogin]; u != nil {
		return u, nil
	}
	login := strings.ToLower(idOrLogin)
	if u := s.byLogin[login]; u != nil {
		return u, nil
	}
	if !strings.Contains(login, "@") && !strings.HasPrefix(idOrLogin, "00u") {
		var found *user
		for _, u := range s.users {
			if short, _, _ := strings.Cut(strings.ToLower(u.rec.Login), "@"); short == login {
				if found != nil {
					return nil, notFound("User", idOrLogin)
				}
				found = u
			}
		}
		if found != nil {
			return found, nil
		}
	}
	return nil, notFound("User", idOrLogin)
}

func (s *Sim) findGroup(id string) (*group, error) {
	if g := s.groupID[id]; g != nil {
		return g, nil
	}
	return nil, notFound("UserGroup", id)
}

// put gives a user a new version. The caller holds the lock.
func (s *Sim) put(u *user, rec *userRecord) {
	s.remember(entry{user: u, beforeUser: u.rec})
	u.rec = rec
}

func (s *Sim) putGroup(g *group, rec groupRecord) {
	s.remember(entry{group: g, beforeGroup: g.rec})
	g.rec = &rec
}

// addUser puts a new user in. The caller holds the lock, and has checked that
// the login is free.
func (s *Sim) addUser(rec *userRecord) *user {
	u := &user{id: s.newID("00u")}
	s.put(u, rec)
	s.users = append(s.users, u)
	s.byID[u.id] = u
	s.byLogin[strings.ToLower(rec.Login)] = u
	s.touch(s.everyone)
	return u
}

// eraseUser forgets a user. The caller holds the lock.
func (s *Sim) eraseUser(u *user) {
	for _, g := range slices.Clone(u.groups) {
		s.leave(g, u)
	}
	delete(s.app.direct, u)
	s.remember(entry{user: u, beforeUser: u.rec})
	s.users, _ = without(s.users, u)
	delete(s.byID, u.id)
	delete(s.byLogin, strings.ToLower(u.rec.Login))
	s.touch(s.everyone)
}

func (s *Sim) addGroup(rec groupRecord) *group {
	g := &group{id: s.newID("00g")}
	s.putGroup(g, rec)
	s.groups = append(s.groups, g)
	s.groupID[g.id] = g
	return g
}

func (s *Sim) removeGroup(g *group) {
	for _, u := range slices.Clone(g.members) {
		s.leave(g, u)
	}
	s.remember(entry{group: g, beforeGroup: g.rec})
	at, _ := slices.BinarySearchFunc(s.groups, g.id, func(g *group, id string) int { return compareIDs(g.id, id) })
	s.groups = slices.Delete(s.groups, at, at+1)
	delete(s.groupID, g.id)
	s.app.unassignGroup(g)
}

// touch moves the time of a group's last change of members; nothing else of
// the group or of its members moves with it.
func (s *Sim) touch(g *group) {
	rec := *g.rec
	rec.LastMembershipUpdated = s.now()
	s.putGroup(g, rec)
}

// join puts a user in a group; false if there already.
func (s *Sim) join(g *group, u *user) bool {
	var added bool
	if g.members, added = insert(g.members, u); !added {
		return false
	}
	u.groups = append(u.groups, g)
	s.remember(entry{user: u, group: g, joined: true})
	s.touch(g)
	return true
}

// leave takes a user out of a group; false if not in it.
func (s *Sim) leave(g *group, u *user) bool {
	var removed bool
	if g.members, removed = without(g.members, u); !removed {
		return false
	}
	u.groups = slices.DeleteFunc(u.groups, func(of *group) bool { return of == g })
	s.remember(entry{user: u, group: g})
	s.touch(g)
	return true
}

// Load puts an organisation in, as it was at the times that it states: nothing
// of it appears in the system log, in the log of calls, or as a recent write.
// It returns an error if a login is taken or a group's index is out of range.
func (s *Sim) Load(org people.Organisation) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	groups := make([]*group, 0, len(org.Groups))
	for _, of := range org.Groups {
		created := of.Created.UTC().Truncate(time.Millisecond)
		g := &group{id: s.newID("00g"), rec: &groupRecord{
			Name: of.Name, Description: of.Description, Type: of.Type,
			Created: created, LastUpdated: created, LastMembershipUpdated: created,
		}}
		s.groups = append(s.groups, g)
		s.groupID[g.id] = g
		groups = append(groups, g)
		if of.Assigned {
			s.app.assignGroup(g)
		}
	}
	for _, p := range org.People {
		if s.byLogin[strings.ToLower(p.Login)] != nil {
			return fmt.Errorf("load organisation: login %s is taken", p.Login)
		}
		u := &user{id: s.newID("00u"), rec: recordOf(p)}
		s.users = append(s.users, u)
		s.byID[u.id] = u
		s.byLogin[strings.ToLower(p.Login)] = u
		for _, at := range p.Groups {
			if at < 0 || at >= len(groups) {
				return fmt.Errorf("load organisation: there is no group %d", at)
			}
			// Later users have later ids, so that appending keeps the order.
			groups[at].members = append(groups[at].members, u)
			u.groups = append(u.groups, groups[at])
		}
		if p.AppUser {
			s.app.direct[u] = p.LastUpdated
		}
	}
	return nil
}

func recordOf(p people.Person) *userRecord {
	rec := &userRecord{
		Login: p.Login, Email: p.Email, FirstName: p.FirstName, LastName: p.LastName,
		Other:  map[string]any{"department": p.Department, "title": p.Title},
		Status: p.Status, HasPassword: p.Status != people.Provisioned && p.Status != people.Deprovisioned,
		Created: p.Created.UTC().Truncate(time.Millisecond), LastUpdated: p.LastUpdated.UTC().Truncate(time.Millisecond),
	}
	rec.StatusChanged = rec.LastUpdated
	if p.Status != people.Staged {
		rec.Activated = rec.Created
	}
	if p.Status != people.Staged && p.Status != people.Provisioned {
		rec.LastLogin = rec.LastUpdated
	}
	return rec
}
