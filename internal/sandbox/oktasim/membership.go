package oktasim

import (
	"unicode/utf8"

	"github.com/rollcall-sync/rollcall/internal/sandbox/people"
)

// CreateGroup puts a new group in. The name must be free, where case counts,
// and have 1 to 255 characters.
func (s *Sim) CreateGroup(of people.Group) (string, error) {
	g, err := s.createGroup(of)
	if err != nil {
		return "", err
	}
	return g.id, nil
}

func (s *Sim) createGroup(of people.Group) (*group, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.checkName(of.Name, nil); err != nil {
		return nil, err
	}
	if of.Type == "" {
		of.Type = people.OktaGroup
	}
	now := s.now()
	g := s.addGroup(groupRecord{
		Name: of.Name, Description: of.Description, Type: of.Type,
		Created: now, LastUpdated: now, LastMembershipUpdated: now,
	})
	s.record("group.lifecycle.create", "Create Okta group", groupTarget(g))
	if of.Assigned {
		s.app.assignGroup(g)
	}
	return g, nil
}

func (s *Sim) checkName(name string, except *group) error {
	if n := utf8.RuneCountInString(name); n < 1 || n > 255 {
		return invalid("name", "name: The field cannot be left blank, and has at most 255 characters")
	}
	for _, g := range s.groups {
		if g != except && g.rec.Name == name {
			return invalid("name", "name: An object with this field already exists in the current organization")
		}
	}
	return nil
}

// RenameGroup replaces the name and description of an OKTA_GROUP.
func (s *Sim) RenameGroup(id, name, description string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.findGroup(id)
	if err != nil {
		return err
	}
	if g.rec.Type != people.OktaGroup {
		return forbidden()
	}
	if err := s.checkName(name, g); err != nil {
		return err
	}
	rec := *g.rec
	rec.Name, rec.Description, rec.LastUpdated = name, description, s.now()
	s.putGroup(g, rec)
	s.record("group.profile.update", "Update Okta group", groupTarget(g))
	return nil
}

// DeleteGroup deletes a group that is not built in.
func (s *Sim) DeleteGroup(id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.findGroup(id)
	if err != nil {
		return err
	}
	if g.rec.Type == builtIn {
		return forbidden()
	}
	target := groupTarget(g)
	s.removeGroup(g)
	s.record("group.lifecycle.delete", "Delete Okta group", target)
	return nil
}

// AddMember puts a user in an OKTA_GROUP; doing it again changes nothing.
func (s *Sim) AddMember(groupID, userID string) error {
	_, err := s.setMember(groupID, userID, true)
	return err
}

// RemoveMember takes a user out of an OKTA_GROUP; that the user is not in it
// is no error.
func (s *Sim) RemoveMember(groupID, userID string) error {
	_, err := s.setMember(groupID, userID, false)
	return err
}

func (s *Sim) setMember(groupID, userID string, member bool) (changed bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.findGroup(groupID)
	if err != nil {
		return false, err
	}
	u, err := s.findUser(userID)
	if err != nil {
		return false, err
	}
	if g.rec.Type != people.OktaGroup {
		return false, forbidden()
	}
	if member {
		if changed = s.join(g, u); changed {
			s.record("group.user_membership.add", "Add user to group membership", userTarget(u), groupTarget(g))
		}
		return changed, nil
	}
	if changed = s.leave(g, u); changed {
		s.record("group.user_membership.remove", "Remove user from group membership", userTarget(u), groupTarget(g))
	}
	return changed, nil
}

// AssignUser assigns the application to a user directly.
func (s *Sim) AssignUser(userID string) error {
	_, err := s.setAssigned(userID, true)
	return err
}

// UnassignUser takes a direct assignment away. Somebody who has the
// application by a group keeps it, and this is refused.
func (s *Sim) UnassignUser(userID string) error {
	_, err := s.setAssigned(userID, false)
	return err
}

func (s *Sim) setAssigned(userID string, assigned bool) (changed bool, err error) {
	err = s.withUser(userID, func(u *user) error {
		_, direct := s.app.direct[u]
		switch {
		case assigned && u.rec.Status == people.Deprovisioned:
			return wrongStatus()
		case assigned && !direct:
			changed = true
			s.app.direct[u] = s.now()
			s.record("application.user_membership.add", "Add user to application membership", userTarget(u), s.appTarget())
		case !assigned && direct:
			changed = true
			delete(s.app.direct, u)
			s.record("application.user_membership.remove", "Remove user's application membership", userTarget(u), s.appTarget())
		case !assigned && s.scope(u) == "GROUP":
			return forbidden()
		case !assigned:
			return notFound("AppUser", userID)
		}
		return nil
	})
	return changed, err
}

// AssignGroup assigns the application to all members of a group.
func (s *Sim) AssignGroup(groupID string) error {
	_, err := s.setGroupAssigned(groupID, true)
	return err
}

// UnassignGroup takes a group's assignment away.
func (s *Sim) UnassignGroup(groupID string) error {
	_, err := s.setGroupAssigned(groupID, false)
	return err
}

func (s *Sim) setGroupAssigned(groupID string, assigned bool) (changed bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.findGroup(groupID)
	if err != nil {
		return false, err
	}
	if assigned {
		if changed = s.app.assignGroup(g); changed {
			s.app.assignment(g).since = s.now()
			s.record("group.application_assignment.add", "Add assigned application to group", groupTarget(g), s.appTarget())
		}
		return changed, nil
	}
	if changed = s.app.unassignGroup(g); !changed {
		return false, notFound("ApplicationGroupAssignment", groupID)
	}
	s.record("group.application_assignment.remove", "Remove assigned application from group", groupTarget(g), s.appTarget())
	return true, nil
}
