package jiradcsim

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/standin"
)

// project has a lead, and components that may have one.
type project struct {
	key, name, lead string
	components      []*component
}

type component struct{ id, name, lead string }

// SeedProject adds a project that somebody leads. A key that is taken, or an
// unknown account, is an error.
func (s *Sim) SeedProject(key, name, leadID string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, there := s.roster.Account(leadID); !there || s.project(key) != nil {
		return fmt.Errorf("seed project %s: its key is taken or its lead unknown", key)
	}
	s.projects = append(s.projects, &project{key: key, name: name, lead: leadID})
	return nil
}

// SeedComponent adds a component to a project and returns its id.
func (s *Sim) SeedComponent(projectKey, name, leadID string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.project(projectKey)
	if _, there := s.roster.Account(leadID); !there || p == nil {
		return "", fmt.Errorf("seed component %s: its project or its lead is unknown", name)
	}
	count := 0
	for _, one := range s.projects {
		count += len(one.components)
	}
	c := &component{id: strconv.Itoa(10000 + count), name: name, lead: leadID}
	p.components = append(p.components, c)
	return c.id, nil
}

// Lead returns the key of the account that leads "project KEY" or "component
// ID"; it is empty when there is no such thing.
func (s *Sim) Lead(what string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	kind, id, _ := strings.Cut(what, " ")
	if p := s.project(id); kind == "project" && p != nil {
		return p.lead
	}
	if c := s.component(id); kind == "component" && c != nil {
		return c.lead
	}
	return ""
}

func (s *Sim) project(key string) *project {
	for _, p := range s.projects {
		if strings.EqualFold(p.key, key) {
			return p
		}
	}
	return nil
}

func (s *Sim) component(id string) *component {
	for _, p := range s.projects {
		for _, c := range p.components {
			if c.id == id {
				return c
			}
		}
	}
	return nil
}

// ledBy returns what an account leads.
func (s *Sim) ledBy(accountID string) []string {
	var led []string
	for _, p := range s.projects {
		if p.lead == accountID {
			led = append(led, "project "+p.key)
		}
		for _, c := range p.components {
			if c.lead == accountID {
				led = append(led, "component "+c.name)
			}
		}
	}
	return led
}

// leadBean is a lead; what was led by an account that is gone has none.
func (s *Sim) leadBean(accountID string) any {
	a, there := s.roster.Account(accountID)
	if !there {
		return nil
	}
	return s.short(a)
}

func (s *Sim) projectBean(p *project, withLead bool) map[string]any {
	bean := map[string]any{"id": p.key, "key": p.key, "name": p.name, "self": "http://jira.invalid/rest/api/2/project/" + p.key}
	if withLead {
		bean["lead"] = s.leadBean(p.lead)
	}
	return bean
}

func (s *Sim) componentBean(p *project, c *component) map[string]any {
	return map[string]any{
		"id": c.id, "name": c.name, "project": p.key, "lead": s.leadBean(c.lead), "self": "http://jira.invalid/rest/api/2/component/" + c.id,
	}
}

func (s *Sim) listProjects(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := []any{}
	for _, p := range s.projects {
		all = append(all, s.projectBean(p, strings.Contains(r.URL.Query().Get("expand"), "lead")))
	}
	standin.Answer(w, http.StatusOK, all)
}

func (s *Sim) getProject(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.project(standin.Var(r, "key")); p != nil {
		standin.Answer(w, http.StatusOK, s.projectBean(p, true))
		return
	}
	problem(w, http.StatusNotFound, "No project could be found with that key.")
}

func (s *Sim) listComponents(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.project(standin.Var(r, "key"))
	if p == nil {
		problem(w, http.StatusNotFound, "No project could be found with that key.")
		return
	}
	all := []any{}
	for _, c := range p.components {
		all = append(all, s.componentBean(p, c))
	}
	standin.Answer(w, http.StatusOK, all)
}

func (s *Sim) getComponent(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.projects {
		for _, c := range p.components {
			if c.id == standin.Var(r, "id") {
				standin.Answer(w, http.StatusOK, s.componentBean(p, c))
				return
			}
		}
	}
	problem(w, http.StatusNotFound, "The component does not exist.")
}

// successor is the active user of a name; without one it answers.
func (s *Sim) successor(w http.ResponseWriter, field, name string) (string, bool) {
	a, there := s.roster.AccountNamed(name)
	if !there || !a.Active {
		wrong(w, map[string]string{field: "You must specify a valid lead."})
		return "", false
	}
	return a.ID, true
}

func (s *Sim) updateProject(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Lead string `json:"lead"`
	}
	if err := standin.Decode(r, &body, true); err != nil {
		problem(w, http.StatusBadRequest, err.Error())
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.project(standin.Var(r, "key"))
	if p == nil {
		problem(w, http.StatusNotFound, "No project could be found with that key.")
		return
	}
	lead, ok := s.successor(w, "projectLead", body.Lead)
	if !ok {
		return
	}
	if p.lead != lead {
		p.lead = lead
		fault.Applied(r, "lead-project:"+p.key+":"+lead)
	}
	standin.Answer(w, http.StatusOK, s.projectBean(p, true))
}

func (s *Sim) updateComponent(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Lead string `json:"leadUserName"`
	}
	if err := standin.Decode(r, &body, true); err != nil {
		problem(w, http.StatusBadRequest, err.Error())
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.projects {
		for _, c := range p.components {
			if c.id != standin.Var(r, "id") {
				continue
			}
			lead, ok := s.successor(w, "leadUserName", body.Lead)
			if !ok {
				return
			}
			if c.lead != lead {
				c.lead = lead
				fault.Applied(r, "lead-component:"+c.id+":"+lead)
			}
			standin.Answer(w, http.StatusOK, s.componentBean(p, c))
			return
		}
	}
	problem(w, http.StatusNotFound, "The component does not exist.")
}
