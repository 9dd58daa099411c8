package bitbucketcloudsim

import (
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/sandbox/standin"
)

// profile is a user as 1.0 shows it.
func profile(a roster.Account) map[string]any {
	return map[string]any{
		"display_name": a.DisplayName, "account_id": a.Attributes["account_id"], "uuid": a.ID, "nickname": a.Attributes["nickname"],
		"is_team": false, "is_staff": false, "resource_uri": "/1.0/users/" + a.ID,
	}
}

func (s *Sim) group(g roster.Group, members []roster.Account) map[string]any {
	profiles := make([]map[string]any, 0, len(members))
	for _, a := range members {
		profiles = append(profiles, profile(a))
	}
	var permission any
	if level := g.Permissions[""]; level != "" {
		permission = level
	}
	return map[string]any{
		"name": g.Name, "slug": g.ID, "permission": permission, "auto_add": false, "email_forwarding_disabled": false,
		"resource_uri": "/1.0/groups/" + s.opts.Workspace + "/" + g.ID, "members": profiles, "owner": map[string]any{"uuid": s.uuid, "is_team": true},
	}
}

// listGroups gives all groups at once, members and all.
func (s *Sim) listGroups(w http.ResponseWriter, r *http.Request) {
	all, effect := s.roster.Groups(nil), s.opts.Engine.ListEffect(r)
	now := s.opts.Now()
	all = standin.Spoil(all, effect, defaultPage, func(g roster.Group) bool { return s.fresh.Is(g.ID, now) })
	documents := make([]map[string]any, 0, len(all))
	for _, g := range all {
		documents = append(documents, s.group(g, s.membersOf(g.ID, effect)))
	}
	standin.Answer(w, http.StatusOK, documents)
}

// membersOf is a group's members, as wrong as an effect wants.
func (s *Sim) membersOf(slug string, effect fault.Kind) []roster.Account {
	now := s.opts.Now()
	return standin.Spoil(s.roster.Members(slug), effect, defaultPage, func(a roster.Account) bool { return s.fresh.Is(slug+":"+a.ID, now) })
}

// createGroup takes the name as a form's field.
func (s *Sim) createGroup(w http.ResponseWriter, r *http.Request) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" || r.ParseForm() != nil {
		fail(w, r, http.StatusUnsupportedMediaType, "Expected a form.")
		return
	}
	name := strings.TrimSpace(r.PostFormValue("name"))
	g := s.NewGroup(name)
	if name == "" || g.ID == "" || len(name) > 255 {
		fail(w, r, http.StatusBadRequest, "Invalid group name.")
		return
	}
	if err := s.roster.AddGroup(g); err != nil {
		fail(w, r, http.StatusBadRequest, "A group with that name already exists.")
		return
	}
	s.fresh.Mark(g.ID, s.opts.Now())
	fault.Applied(r, "create-group:"+strings.ToLower(g.Name))
	standin.Answer(w, http.StatusOK, s.group(g, nil))
}

func (s *Sim) deleteGroup(w http.ResponseWriter, r *http.Request) {
	slug := standin.Var(r, "group_slug")
	if err := s.roster.RemoveGroup(slug); err != nil {
		fail(w, r, http.StatusNotFound, "Group not found.")
		return
	}
	fault.Applied(r, "remove-group:"+slug)
	w.WriteHeader(http.StatusNoContent)
}

func (s *Sim) listGroupMembers(w http.ResponseWriter, r *http.Request) {
	g, there := s.roster.Group(standin.Var(r, "group_slug"))
	if !there {
		fail(w, r, http.StatusNotFound, "Group not found.")
		return
	}
	profiles := []map[string]any{}
	for _, a := range s.membersOf(g.ID, s.opts.Engine.ListEffect(r)) {
		profiles = append(profiles, profile(a))
	}
	standin.Answer(w, http.StatusOK, profiles)
}

// addGroupMember wants a body, "{}", of the right type.
func (s *Sim) addGroupMember(w http.ResponseWriter, r *http.Request) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if body, readErr := io.ReadAll(r.Body); err != nil || kind != "application/json" || readErr != nil || strings.TrimSpace(string(body)) != "{}" {
		fail(w, r, http.StatusBadRequest, "Expected an empty JSON object.")
		return
	}
	slug := standin.Var(r, "group_slug")
	a, there := s.member(standin.Var(r, "uuid"))
	if !there {
		fail(w, r, http.StatusNotFound, "User not found.")
		return
	}
	changed, err := s.roster.Join(slug, a.ID)
	switch {
	case err != nil:
		fail(w, r, http.StatusNotFound, "Group not found.")
	case !changed:
		fail(w, r, http.StatusConflict, "The user is already a member of the group.")
	default:
		s.fresh.Mark(slug+":"+a.ID, s.opts.Now())
		fault.Applied(r, "add-member:"+slug+":"+a.ID)
		standin.Answer(w, http.StatusOK, profile(a))
	}
}

func (s *Sim) removeGroupMember(w http.ResponseWriter, r *http.Request) {
	slug := standin.Var(r, "group_slug")
	a, there := s.member(standin.Var(r, "uuid"))
	if !there {
		fail(w, r, http.StatusNotFound, "User not found.")
		return
	}
	changed, err := s.roster.Leave(slug, a.ID)
	switch {
	case err != nil:
		fail(w, r, http.StatusNotFound, "Group not found.")
	case !changed:
		fail(w, r, http.StatusNotFound, "The user is not a member of the group.")
	default:
		fault.Applied(r, "remove-member:"+slug+":"+a.ID)
		w.WriteHeader(http.StatusNoContent)
	}
}
