package jiradc

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// leadsFor is how long it is remembered who leads what: as long as the leavers
// of one batch take, since to read it costs a call for each project.
const leadsFor = 30 * time.Second

// leadIndex is who leads what.
type leadIndex struct {
	// to is who is configured to get what leavers lead; empty is nobody.
	to string

	// turn is held while leads are read and handed over, which takes a call for
	// each project: whoever waits for it can go away.
	turn      chan struct{}
	until     time.Time
	successor directory.Account
	by        map[string][]lead
}

// lead is a project, or a component of it, that somebody leads.
type lead struct{ project, component string }

// String is the lead in Jira's own keys.
func (l lead) String() string {
	if l.component != "" {
		return "component " + l.component
	}
	return "project " + l.project
}

type wireLead struct {
	Key  string `json:"key"`
	Name string `json:"name"`
}

// HandOver gives the projects and components that an account leads to whom the
// configuration names. One that Jira refuses to hand over does not keep the
// others: it is the error that is returned with what was handed over. Only
// projects that the credential may browse are seen.
func (t *Target) HandOver(ctx context.Context, accountID string) ([]string, error) {
	if t.leads.to == "" {
		return nil, nil
	}
	select {
	case t.leads.turn <- struct{}{}:
		defer func() { <-t.leads.turn }()
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for the leads: %w", ctx.Err())
	}
	if err := t.readLeads(ctx); err != nil {
		return nil, err
	}
	led := t.leads.by[accountID]
	if len(led) == 0 {
		return nil, nil
	}
	if accountID == t.leads.successor.ID {
		return nil, &directory.RefusedError{
			Call: putProject, Code: "leads-to", Detail: "the leaver is who the configuration gives leads to: set leads_to to somebody else",
		}
	}
	var handed []string
	var first error
	var kept []lead
	for i, one := range led {
		err := t.handOver(ctx, one)
		switch {
		case err == nil:
			handed = append(handed, one.String())
			continue
		case !rest.Answered(err):
			t.leads.by[accountID] = append(kept, led[i:]...)
			return handed, err
		}
		kept = append(kept, one)
		if first == nil {
			first = err
		}
	}
	t.leads.by[accountID] = kept
	return handed, first
}

const (
	putProject   = "PUT /rest/api/2/project/{key}"
	putComponent = "PUT /rest/api/2/component/{id}"
)

// handOver gives one project or component to the successor. After a refusal
// the lead is read: somebody may have changed it meanwhile.
//
// PUT /rest/api/2/project/{projectIdOrKey}, PUT /rest/api/2/component/{id}
// https://docs.atlassian.com/software/jira/docs/api/REST/9.17.0/#api/2/project-updateProject
// https://docs.atlassian.com/software/jira/docs/api/REST/9.17.0/#api/2/component-updateComponent
func (t *Target) handOver(ctx context.Context, one lead) error {
	to := t.leads.successor
	read := rest.Call{Method: http.MethodGet, Template: "/rest/api/2/project/{key}", Args: []string{one.project}, Object: "project"}
	write := rest.Call{Method: http.MethodPut, Template: read.Template, Args: read.Args, Object: "project", Body: struct {
		Lead string `json:"lead"`
	}{to.UserName}}
	if one.component != "" {
		read = rest.Call{Method: http.MethodGet, Template: "/rest/api/2/component/{id}", Args: []string{one.component}, Object: "component"}
		write = rest.Call{Method: http.MethodPut, Template: read.Template, Args: read.Args, Object: "component", Body: struct {
			Lead string `json:"leadUserName"`
		}{to.UserName}}
	}
	err := t.client.Send(ctx, write)
	if err == nil || !rest.Answered(err) {
		return err
	}
	var now struct {
		ID   string   `json:"id"`
		Lead wireLead `json:"lead"`
	}
	readErr := t.client.Get(ctx, read, &now)
	switch {
	case directory.ClassOf(readErr) == directory.ClassNotFound:
		// What is gone is led by nobody, and the write's own answer says it.
	case readErr != nil:
		return rest.Unclear(write, readErr)
	case now.Lead.Key == to.ID:
		return nil
	case now.ID == "":
		return rest.Unclear(write, incomplete(read, "a project or a component without its id"))
	}
	return t.explained(ctx, write, err)
}

// readLeads reads who leads what, and who is to get it, unless that was done a
// moment ago. It is the caller's turn.
func (t *Target) readLeads(ctx context.Context) error {
	if t.now().Before(t.leads.until) {
		return nil
	}
	successor, err := t.successor(ctx)
	if err != nil {
		return err
	}
	projects, err := t.projects(ctx)
	if err != nil {
		return err
	}
	by := make(map[string][]lead)
	type part struct {
		lead
		by string
	}
	var keys []string
	for _, project := range projects {
		keys = append(keys, project.Key)
		by[project.Lead.Key] = append(by[project.Lead.Key], lead{project: project.Key})
	}
	parts, err := rest.Gather(ctx, keys, func(ctx context.Context, key string) ([]part, error) {
		components, err := t.components(ctx, key)
		var found []part
		for _, component := range components {
			found = append(found, part{lead{project: key, component: component.ID}, component.Lead.Key})
		}
		return found, err
	})
	if err != nil {
		return err
	}
	for _, one := range parts {
		by[one.by] = append(by[one.by], one.lead)
	}
	t.leads.by, t.leads.successor, t.leads.until = by, successor, t.now().Add(leadsFor)
	return nil
}

type wireProject struct {
	Key  string   `json:"key"`
	Lead wireLead `json:"lead"`
}

// projects returns the projects that the credential may browse.
//
// GET /rest/api/2/project
// https://docs.atlassian.com/software/jira/docs/api/REST/9.17.0/#api/2/project-getAllProjects
func (t *Target) projects(ctx context.Context) ([]wireProject, error) {
	call := rest.Call{Method: http.MethodGet, Template: "/rest/api/2/project", Query: url.Values{"expand": {"lead"}}}
	var got *[]wireProject
	if err := t.client.Get(ctx, call, &got); err != nil {
		return nil, err
	}
	if got == nil || slices.ContainsFunc(*got, func(p wireProject) bool { return p.Key == "" }) {
		return nil, incomplete(call, "no list of projects")
	}
	return *got, nil
}

type wireComponent struct {
	ID   string   `json:"id"`
	Lead wireLead `json:"lead"`
}

// components returns the components of a project; one that is gone meanwhile
// has none.
//
// GET /rest/api/2/project/{projectIdOrKey}/components
// https://docs.atlassian.com/software/jira/docs/api/REST/9.17.0/#api/2/project-getProjectComponents
func (t *Target) components(ctx context.Context, project string) ([]wireComponent, error) {
	call := rest.Call{Method: http.MethodGet, Template: "/rest/api/2/project/{key}/components", Args: []string{project}, Object: "project"}
	var got *[]wireComponent
	err := t.client.Get(ctx, call, &got)
	var missing *directory.NotFoundError
	switch {
	case errors.As(err, &missing):
		return nil, nil
	case err != nil:
		return nil, err
	case got == nil || slices.ContainsFunc(*got, func(c wireComponent) bool { return c.ID == "" }):
		return nil, incomplete(call, "no list of components")
	}
	return *got, nil
}

// successor returns the active account that the configuration gives leads to.
func (t *Target) successor(ctx context.Context) (directory.Account, error) {
	refuse := func(why string) error {
		return &directory.RefusedError{Call: putProject, Code: "leads-to", Detail: "leads_to: " + why}
	}
	account, err := t.named(ctx, t.leads.to)
	var missing *directory.NotFoundError
	if errors.As(err, &missing) && strings.Contains(t.leads.to, "@") {
		found, findErr := t.FindAccounts(ctx, []string{t.leads.to})
		var auth *directory.AuthError
		switch {
		case errors.As(findErr, &auth) && auth.Code == codeHidden:
			return directory.Account{}, refuse("Jira shows no addresses; give a user name")
		case findErr != nil:
			return directory.Account{}, findErr
		case len(found) > 1:
			return directory.Account{}, refuse("several accounts have that address")
		case len(found) == 1:
			account = found[0]
		}
	}
	switch {
	case err != nil && !errors.As(err, &missing):
		return directory.Account{}, err
	case account.ID == "":
		return directory.Account{}, refuse("there is no such account")
	case account.Status != directory.AccountActive:
		return directory.Account{}, refuse("the account is not active")
	}
	return account, nil
}
