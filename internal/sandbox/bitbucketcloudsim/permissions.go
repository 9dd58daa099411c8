package bitbucketcloudsim

import (
	"net/http"
	"slices"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/sandbox/standin"
)

// place is the project or repository that a request is about.
type place struct {
	kind, name string
	levels     []string
}

func (p place) scope() string { return p.kind + " " + p.name }

func placeOf(r *http.Request) place {
	if key := standin.Var(r, "project_key"); key != "" {
		return place{"project", key, []string{"read", "write", "create-repo", "admin"}}
	}
	return place{"repository", standin.Var(r, "repo_slug"), []string{"read", "write", "admin"}}
}

// there answers 404 and false unless the place exists.
func (s *Sim) there(w http.ResponseWriter, r *http.Request, p place) bool {
	s.mu.Lock()
	known := s.scopes[p.scope()]
	s.mu.Unlock()
	if !known {
		fail(w, r, http.StatusNotFound, "There is no "+p.scope()+".")
	}
	return known
}

// permission is what a group holds in a place, as the API shows it.
func (s *Sim) groupPermission(g roster.Group, p place) map[string]any {
	level := g.Permissions[p.scope()]
	if level == "" {
		level = "none"
	}
	d := map[string]any{
		"type": p.kind + "_group_permission", "permission": level,
		"group": map[string]any{"type": "group", "name": g.Name, "slug": g.ID, "full_slug": s.opts.Workspace + ":" + g.ID},
	}
	if p.kind == "project" {
		d["project"] = map[string]any{"type": "project", "key": p.name}
	} else {
		d["repository"] = map[string]any{"type": "repository", "full_name": s.opts.Workspace + "/" + p.name}
	}
	return d
}

func (s *Sim) listGroupPermissions(w http.ResponseWriter, r *http.Request) {
	p := placeOf(r)
	if !s.there(w, r, p) {
		return
	}
	holders := s.roster.Groups(func(g roster.Group) bool { return g.Permissions[p.scope()] != "" })
	answerPage(s, w, r, holders, func(roster.Group) bool { return false }, func(g roster.Group) map[string]any { return s.groupPermission(g, p) })
}

// holder is the group that a request is about.
func (s *Sim) holder(w http.ResponseWriter, r *http.Request) (roster.Group, bool) {
	g, there := s.roster.Group(standin.Var(r, "group_slug"))
	if !there {
		fail(w, r, http.StatusNotFound, "There is no such group.")
	}
	return g, there
}

func (s *Sim) getGroupPermission(w http.ResponseWriter, r *http.Request) {
	p := placeOf(r)
	if !s.there(w, r, p) {
		return
	}
	if g, there := s.holder(w, r); there {
		standin.Answer(w, http.StatusOK, s.groupPermission(g, p))
	}
}

// putGroupPermission refuses bearer tokens: "the only authentication method
// supported for this endpoint is via app passwords".
func (s *Sim) putGroupPermission(w http.ResponseWriter, r *http.Request) {
	p := placeOf(r)
	var body struct {
		Permission string `json:"permission"`
	}
	if !s.there(w, r, p) {
		return
	}
	g, there := s.holder(w, r)
	if !there {
		return
	}
	if !standin.Basic(s.opts.User, s.opts.Token)(r) {
		fail(w, r, http.StatusForbidden, "The authentication method was not via app password.")
		return
	}
	if err := standin.Decode(r, &body, true); err != nil || !slices.Contains(p.levels, body.Permission) {
		fail(w, r, http.StatusBadRequest, "No permission value was provided or the value is invalid.")
		return
	}
	if s.opts.SeatLimit > 0 && len(s.roster.Accounts(nil)) > s.opts.SeatLimit {
		fail(w, r, http.StatusPaymentRequired, "You have reached your plan's user limit.")
		return
	}
	s.set(r, g.ID, p, body.Permission)
	if g, there = s.holder(w, r); there {
		standin.Answer(w, http.StatusOK, s.groupPermission(g, p))
	}
}

// set gives a group a permission, "" takes it away, and notes what changed.
func (s *Sim) set(r *http.Request, slug string, p place, level string) {
	changed := false
	err := s.roster.ChangeGroup(slug, func(g *roster.Group) {
		changed = g.Permissions[p.scope()] != level
		if g.Permissions == nil {
			g.Permissions = map[string]string{}
		}
		if level == "" {
			delete(g.Permissions, p.scope())
			return
		}
		g.Permissions[p.scope()] = level
	})
	if err == nil && changed {
		fault.Applied(r, "permit:"+slug+":"+p.scope())
	}
}

func (s *Sim) deleteGroupPermission(w http.ResponseWriter, r *http.Request) {
	p := placeOf(r)
	if !s.there(w, r, p) {
		return
	}
	if g, there := s.holder(w, r); there {
		s.set(r, g.ID, p, "")
		w.WriteHeader(http.StatusNoContent)
	}
}
