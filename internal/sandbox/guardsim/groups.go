package guardsim

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/sandbox/standin"
)

const (
	schemaGroup = "urn:ietf:params:scim:schemas:core:2.0:Group"
	// shownAfterChange is how many members the answer to a change shows at most.
	// The vendor's shows them all; the stand-in's own bound keeps filling a large
	// group from taking the square of its size.
	shownAfterChange = 1000
)

type member struct {
	Type    string `json:"type"`
	Value   string `json:"value"`
	Display string `json:"display"`
	Ref     string `json:"$ref"`
}

// group is a group as the API shows it, with at most so many members.
func (s *Sim) group(g roster.Group, atMost int) map[string]any {
	members := []member{}
	s.roster.EachMember(g.ID, func(a roster.Account) {
		if atMost <= 0 || len(members) < atMost {
			members = append(members, member{Type: "User", Value: a.ID, Display: a.UserName, Ref: s.location("User", a.ID)})
		}
	})
	return map[string]any{
		"schemas": []string{schemaGroup}, "id": g.ID, "displayName": g.Name, "members": members, "meta": s.meta("Group", g.ID),
	}
}

func (s *Sim) listGroups(w http.ResponseWriter, r *http.Request) {
	q, wrong := s.listQuery(r, "displayName")
	if wrong != nil {
		wrong.answer(w)
		return
	}
	all := s.roster.Groups(func(g roster.Group) bool { return q.attribute == "" || strings.EqualFold(g.Name, q.value) })
	all = spoil(s, all, s.opts.Engine.ListEffect(r), q.count, func(g roster.Group) string { return g.ID })
	resources := []map[string]any{}
	for _, g := range standin.Page(all, q.start-1, q.count) {
		resources = append(resources, s.group(g, 0))
	}
	answerList(w, q, len(all), resources)
}

func (s *Sim) getGroup(w http.ResponseWriter, r *http.Request) {
	g, there := s.roster.Group(standin.Var(r, "id"))
	if !there {
		fail(w, http.StatusNotFound, "", "there is no such group")
		return
	}
	shown := s.group(g, 0)
	if effect := s.opts.Engine.ListEffect(r); effect != "" {
		members, _ := shown["members"].([]member)
		shown["members"] = spoil(s, members, effect, s.opts.Page, func(m member) string { return g.ID + ":" + m.Value })
	}
	standin.AnswerAs(w, http.StatusOK, mediaSCIM, shown)
}

type groupBody struct {
	Schemas     []string `json:"schemas"`
	ID          string   `json:"id"`
	ExternalID  string   `json:"externalId"`
	DisplayName string   `json:"displayName"`
	Members     []struct {
		Type    string `json:"type"`
		Value   string `json:"value"`
		Display string `json:"display"`
		Ref     string `json:"$ref"`
	} `json:"members"`
	Meta json.RawMessage `json:"meta"`
}

func readGroup(r *http.Request) (groupBody, *refusal) {
	var body groupBody
	if err := standin.Decode(r, &body, true, mediaSCIM, "application/json"); err != nil {
		return body, refuse(http.StatusBadRequest, "invalidSyntax", "%s", err)
	}
	if !slices.Contains(body.Schemas, schemaGroup) {
		return body, refuse(http.StatusBadRequest, "invalidSyntax", "schemas is required and has %s", schemaGroup)
	}
	if strings.TrimSpace(body.DisplayName) == "" {
		return body, refuse(http.StatusBadRequest, "invalidValue", "displayName is required")
	}
	return body, nil
}

func (b groupBody) members() []string {
	ids := make([]string, len(b.Members))
	for i, m := range b.Members {
		ids[i] = m.Value
	}
	return ids
}

func (s *Sim) createGroup(w http.ResponseWriter, r *http.Request) {
	body, wrong := readGroup(r)
	if wrong != nil {
		wrong.answer(w)
		return
	}
	s.mu.Lock()
	if wrong := s.users(body.members()); wrong != nil {
		s.mu.Unlock()
		wrong.answer(w)
		return
	}
	g := roster.Group{ID: s.roster.NewID(), Name: body.DisplayName}
	if err := s.roster.AddGroup(g); err != nil {
		s.mu.Unlock()
		fail(w, http.StatusConflict, "uniqueness", "a group of that name exists already")
		return
	}
	s.touch(g.ID)
	if slices.ContainsFunc(s.sites, func(site SiteGroup) bool { return strings.EqualFold(site.Name, g.Name) }) {
		// The trap: nothing says so.
		s.hidden = append(s.hidden, g.Name)
	}
	fault.Applied(r, "create-group:"+strings.ToLower(g.Name))
	s.join(r, g.ID, body.members())
	s.mu.Unlock()
	standin.AnswerAs(w, http.StatusCreated, mediaSCIM, s.group(g, shownAfterChange))
}

// users refuses ids that are no users'.
func (s *Sim) users(ids []string) *refusal {
	for _, id := range ids {
		if a, there := s.roster.Account(id); !there || hiddenUser(a) {
			return refuse(http.StatusBadRequest, "invalidValue", "there is no user %s", id)
		}
	}
	return nil
}

// strangers is users for a PATCH, to which they are missing, and not an invalid
// value.
func (s *Sim) strangers(ids []string) *refusal {
	wrong := s.users(ids)
	if wrong != nil {
		wrong.status, wrong.scimType = http.StatusNotFound, ""
	}
	return wrong
}

// join and leave change members who were looked at already; s.mu is held.
func (s *Sim) join(r *http.Request, groupID string, ids []string) {
	for _, id := range ids {
		if changed, err := s.roster.Join(groupID, id); err == nil && changed {
			s.touch(groupID)
			s.fresh.Mark(groupID+":"+id, s.opts.Now().UTC())
			fault.Applied(r, "add-member:"+groupID+":"+id)
		}
	}
}

func (s *Sim) leave(r *http.Request, groupID string, ids []string) {
	for _, id := range ids {
		if changed, err := s.roster.Leave(groupID, id); err == nil && changed {
			s.touch(groupID)
			fault.Applied(r, "remove-member:"+groupID+":"+id)
		}
	}
}

func (s *Sim) putGroup(w http.ResponseWriter, r *http.Request) {
	body, wrong := readGroup(r)
	if wrong != nil {
		wrong.answer(w)
		return
	}
	s.changeGroup(w, r, func(g roster.Group) *refusal {
		if body.DisplayName != g.Name {
			return refuse(http.StatusBadRequest, "mutability", "displayName cannot change")
		}
		return s.setMembers(r, g.ID, body.members())
	})
}

// setMembers makes a group's members those given.
func (s *Sim) setMembers(r *http.Request, groupID string, ids []string) *refusal {
	if wrong := s.users(ids); wrong != nil {
		return wrong
	}
	var gone []string
	for _, a := range s.roster.Members(groupID) {
		if !slices.Contains(ids, a.ID) {
			gone = append(gone, a.ID)
		}
	}
	s.leave(r, groupID, gone)
	s.join(r, groupID, ids)
	return nil
}

func (s *Sim) changeGroup(w http.ResponseWriter, r *http.Request, change func(roster.Group) *refusal) {
	s.mu.Lock()
	g, there := s.roster.Group(standin.Var(r, "id"))
	wrong := refuse(http.StatusNotFound, "", "there is no such group")
	if there {
		wrong = change(g)
	}
	s.mu.Unlock()
	if wrong != nil {
		wrong.answer(w)
		return
	}
	standin.AnswerAs(w, http.StatusOK, mediaSCIM, s.group(g, shownAfterChange))
}

// oneMember is the path of one member (RFC 7644 section 3.5.2.2).
var oneMember = regexp.MustCompile(`^members\[\s*value\s+(?i:eq)\s+"([^"\\]*)"\s*\]$`)

func (s *Sim) patchGroup(w http.ResponseWriter, r *http.Request) {
	operations, wrong := readPatch(r)
	if wrong != nil {
		wrong.answer(w)
		return
	}
	s.changeGroup(w, r, func(g roster.Group) *refusal {
		// All or nothing: every operation is looked at before the first is done.
		for _, change := range []bool{false, true} {
			for _, op := range operations {
				if wrong := s.patchOne(r, g, op, change); wrong != nil {
					return wrong
				}
			}
		}
		return nil
	})
}

func (s *Sim) patchOne(r *http.Request, g roster.Group, op operation, change bool) *refusal {
	if match := oneMember.FindStringSubmatch(op.Path); match != nil && op.Op == "remove" {
		if change {
			s.leave(r, g.ID, match[1:])
		}
		return nil
	}
	switch path := strings.ToLower(op.Path); {
	case path == "displayname":
		var name string
		if json.Unmarshal(op.Value, &name) != nil || name != g.Name {
			return refuse(http.StatusBadRequest, "mutability", "displayName cannot change")
		}
		return nil
	case path != "members":
		return refuse(http.StatusBadRequest, "invalidPath", "a group's path is members, not %s", op.Path)
	case op.Op == "remove" && len(op.Value) > 0:
		return refuse(http.StatusBadRequest, "invalidValue", "remove takes a path such as members[value eq \"id\"] and no value")
	case op.Op == "remove":
		// RFC 7644 section 3.5.2.2: without a filter, all of them.
		if !change {
			return nil
		}
		return s.setMembers(r, g.ID, nil)
	}
	var members []struct {
		Value string `json:"value"`
	}
	if json.Unmarshal(op.Value, &members) != nil {
		return refuse(http.StatusBadRequest, "invalidValue", "members is a list")
	}
	ids := make([]string, len(members))
	for i, m := range members {
		ids[i] = m.Value
	}
	switch {
	case !change:
		return s.strangers(ids)
	case op.Op == "replace":
		return s.setMembers(r, g.ID, ids)
	}
	s.join(r, g.ID, ids)
	return nil
}

func (s *Sim) deleteGroup(w http.ResponseWriter, r *http.Request) {
	id := standin.Var(r, "id")
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.roster.RemoveGroup(id); err != nil {
		fail(w, http.StatusNotFound, "", "there is no such group")
		return
	}
	fault.Applied(r, "remove-group:"+id)
	w.WriteHeader(http.StatusNoContent)
}
