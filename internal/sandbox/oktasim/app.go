package oktasim

import (
	"slices"
	"time"

	"github.com/rollcall-sync/rollcall/internal/sandbox/people"
)

// app is the application that people and groups are assigned to.
type app struct {
	id      string
	created time.Time
	// direct are the users assigned one by one, and since when; all members of
	// an assigned group are assigned besides.
	direct map[*user]time.Time
	groups []*assignedGroup // in order of the group's id
}

type assignedGroup struct {
	group    *group
	since    time.Time
	priority int
}

func compareAssigned(a *assignedGroup, id string) int { return compareIDs(a.group.id, id) }

func (a *app) assignment(g *group) *assignedGroup {
	if at, found := slices.BinarySearchFunc(a.groups, g.id, compareAssigned); found {
		return a.groups[at]
	}
	return nil
}

// assignGroup returns false if the group was assigned already.
func (a *app) assignGroup(g *group) bool {
	at, found := slices.BinarySearchFunc(a.groups, g.id, compareAssigned)
	if !found {
		a.groups = slices.Insert(a.groups, at, &assignedGroup{group: g, since: g.rec.Created, priority: len(a.groups)})
	}
	return !found
}

func (a *app) unassignGroup(g *group) bool {
	at, found := slices.BinarySearchFunc(a.groups, g.id, compareAssigned)
	if found {
		a.groups = slices.Delete(a.groups, at, at+1)
	}
	return found
}

// scope is how a user has the application: "USER", "GROUP", or "" for not at
// all. Nobody who is deprovisioned has it. The caller holds the lock.
func (s *Sim) scope(u *user) string {
	if u.rec.Status == people.Deprovisioned {
		return ""
	}
	if _, direct := s.app.direct[u]; direct {
		return "USER"
	}
	if s.app.assignment(s.everyone) != nil {
		return "GROUP"
	}
	for _, g := range u.groups {
		if s.app.assignment(g) != nil {
			return "GROUP"
		}
	}
	return ""
}

// object is the application as the API shows it.
func (a *app) object() map[string]any {
	return map[string]any{
		"id": a.id, "name": "atlassian", "label": "Atlassian", "status": "ACTIVE",
		"created": a.created.Format(timeLayout), "lastUpdated": a.created.Format(timeLayout),
		"signOnMode": "SAML_2_0", "features": []string{},
		"_links": map[string]any{
			"users": link("/api/v1/apps/" + a.id + "/users"), "groups": link("/api/v1/apps/" + a.id + "/groups"),
		},
	}
}

// appUser is a user's assignment as the API shows it.
func (s *Sim) appUser(u *user, scope string, expandUser bool) map[string]any {
	since := u.rec.Created
	if at, direct := s.app.direct[u]; direct {
		since = at
	}
	status := "ACTIVE"
	if u.rec.Status == people.Staged || u.rec.Status == people.Provisioned {
		status = "STAGED"
	}
	object := map[string]any{
		"id": u.id, "externalId": nil, "scope": scope, "status": status, "syncState": "DISABLED",
		"created": since.Format(timeLayout), "lastUpdated": u.rec.LastUpdated.Format(timeLayout),
		"statusChanged": since.Format(timeLayout), "passwordChanged": nil,
		"credentials": map[string]any{"userName": u.rec.Login},
		"profile": map[string]any{
			"email": u.rec.Email, "given_name": u.rec.FirstName, "family_name": u.rec.LastName,
		},
		"_links": map[string]any{
			"app": link("/api/v1/apps/" + s.app.id), "user": link("/api/v1/users/" + u.id),
		},
	}
	if expandUser {
		object["_embedded"] = map[string]any{"user": u.rec.object(u.id)}
	}
	return object
}

// appGroup is a group's assignment as the API shows it.
func (s *Sim) appGroup(a *assignedGroup, expandGroup bool) map[string]any {
	object := map[string]any{
		"id": a.group.id, "priority": a.priority, "profile": map[string]any{},
		"lastUpdated": a.since.Format(timeLayout),
		"_links": map[string]any{
			"app":   link("/api/v1/apps/" + s.app.id),
			"self":  link("/api/v1/apps/" + s.app.id + "/groups/" + a.group.id),
			"group": link("/api/v1/groups/" + a.group.id),
		},
	}
	if expandGroup {
		object["_embedded"] = map[string]any{"group": a.group.rec.object(a.group.id)}
	}
	return object
}
