package atlassiansim

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

const workspaceList = "workspaces"

// productNames are what the workspaces endpoint calls the products.
var productNames = map[string]string{
	productJira: "Jira", productService: "Jira Service Management", productConfluence: "Confluence",
}

// workspaceQuery is SearchWorkspacesRequestV2.
type workspaceQuery struct {
	Cursor string             `json:"cursor,omitempty"`
	Limit  *int               `json:"limit,omitempty"`
	Query  *workspaceOperator `json:"query,omitempty"`
	Sort   []workspaceSort    `json:"sort,omitempty"`
}

type workspaceSort struct {
	Field string `json:"field"`
	Order string `json:"order"`
}

// workspaceOperator is one of QueryVariants: an operator over others, or an
// operand. An absent one changes nothing.
type workspaceOperator struct {
	And   []workspaceOperator `json:"and,omitempty"`
	Nor   []workspaceOperator `json:"nor,omitempty"`
	Field *struct {
		Name   string   `json:"name"`
		Values []string `json:"values"`
	} `json:"field,omitempty"`
	SearchWorkspaces string          `json:"searchWorkspaces,omitempty"`
	Value            string          `json:"value,omitempty"`
	Features         json.RawMessage `json:"features,omitempty"`
	Policies         json.RawMessage `json:"policies,omitempty"`
}

type workspaceDocument struct {
	ID         string              `json:"id"`
	Type       string              `json:"type"`
	Attributes workspaceAttributes `json:"attributes"`
	Links      selfLink            `json:"links"`
}

type workspaceAttributes struct {
	Name     string            `json:"name"`
	TypeKey  string            `json:"typeKey"`
	Type     string            `json:"type"`
	Owner    *string           `json:"owner"`
	Status   string            `json:"status"`
	Sandbox  map[string]string `json:"sandbox"`
	HostURL  string            `json:"hostUrl"`
	Realm    string            `json:"realm"`
	Regions  []string          `json:"regions"`
	Labels   []string          `json:"labels"`
	Capacity *int              `json:"capacity"`
}

func (d workspaceDocument) field(name string) (string, error) {
	switch strings.TrimPrefix(name, "attributes.") {
	case "id":
		return d.ID, nil
	case "name":
		return d.Attributes.Name, nil
	case "type":
		return d.Attributes.Type, nil
	case "typeKey":
		return d.Attributes.TypeKey, nil
	case "status":
		return d.Attributes.Status, nil
	case "hostUrl":
		return d.Attributes.HostURL, nil
	case "realm":
		return d.Attributes.Realm, nil
	}
	return "", fmt.Errorf("there is no field %q", name)
}

// keeps says whether a workspace matches. Features and policies are accepted
// and match everything: no workspace here has any.
func (q *workspaceOperator) keeps(d workspaceDocument) (bool, error) {
	if q == nil {
		return true, nil
	}
	if q.Field != nil && len(q.Field.Values) > 0 {
		value, err := d.field(q.Field.Name)
		if err != nil || !contains(q.Field.Values, value) {
			return false, err
		}
	}
	if term := fold(q.SearchWorkspaces); term != "" &&
		!strings.Contains(fold(d.Attributes.Name), term) && !strings.Contains(fold(d.Attributes.HostURL), term) {
		return false, nil
	}
	for i := range q.And {
		if kept, err := q.And[i].keeps(d); err != nil || !kept {
			return false, err
		}
	}
	for i := range q.Nor {
		if kept, err := q.Nor[i].keeps(d); err != nil || kept {
			return false, err
		}
	}
	return true, nil
}

func (s *Sim) workspaces(r *http.Request) []workspaceDocument {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var all []workspaceDocument
	for _, res := range s.resources {
		if !res.workspace() {
			continue
		}
		d := workspaceDocument{ID: res.ari, Type: "workspace", Links: selfLink{base(r) + "/v2/orgs/" + s.opts.OrgID + "/workspaces"}}
		d.Attributes = workspaceAttributes{
			Name: res.site.Name, TypeKey: res.owner, Type: productNames[res.owner], Status: "online",
			Sandbox: map[string]string{"type": "NONE"}, HostURL: "https://" + res.site.Name + ".atlassian.net",
			Realm: "global", Regions: []string{}, Labels: []string{},
		}
		if d.Attributes.Type == "" {
			d.Attributes.Type = res.owner
		}
		if s.seatLimit > 0 {
			limit := s.seatLimit
			d.Attributes.Capacity = &limit
		}
		all = append(all, d)
	}
	return all
}

// listWorkspaces pages with a token in the body; with it, nothing else may be
// there.
func (s *Sim) listWorkspaces(w http.ResponseWriter, r *http.Request) {
	var q workspaceQuery
	if err := decode(r, &q, "cursor", "sort", "query"); err != nil && !errors.Is(err, errNoBody) {
		s.badRequest(w, r, err)
		return
	}
	var after int64
	if q.Cursor != "" {
		var err error
		switch {
		case q.Limit != nil || q.Query != nil || q.Sort != nil:
			err = errors.New("with a cursor, no other property may be present")
		default:
			text := q.Cursor
			q = workspaceQuery{}
			after, err = resume(workspaceList, text, &q)
		}
		if err != nil {
			s.badRequest(w, r, err)
			return
		}
	}
	var c constraints
	limit := c.limit(q.Limit, 20, 1000)
	q.Limit = &limit
	var kept []workspaceDocument
	for _, d := range s.workspaces(r) {
		ok, err := q.Query.keeps(d)
		if err != nil {
			c.fail("query: %w", err)
		}
		if ok {
			kept = append(kept, d)
		}
	}
	if err := sortWorkspaces(kept, q.Sort); err != nil {
		c.fail("sort: %w", err)
	}
	if c.first != nil {
		s.badRequest(w, r, c.first)
		return
	}
	items, last, more := paginate(numbered(kept), after, limit, "")
	following, err := next(workspaceList, q, last, more)
	if err != nil {
		s.badRequest(w, r, err)
		return
	}
	write(w, http.StatusOK, struct {
		Data  []workspaceDocument `json:"data"`
		Links links               `json:"links"`
		Meta  map[string]int      `json:"meta"`
	}{items, links{Next: following}, map[string]int{"pageSize": len(items), "total": len(kept)}})
}

func sortWorkspaces(all []workspaceDocument, by []workspaceSort) error {
	for _, sort := range by {
		if sort.Order != "" && sort.Order != "asc" && sort.Order != "desc" {
			return fmt.Errorf("there is no order %q", sort.Order)
		}
		if _, err := (workspaceDocument{}).field(sort.Field); err != nil {
			return err
		}
	}
	slices.SortStableFunc(all, func(a, b workspaceDocument) int {
		for _, sort := range by {
			// The field was checked above, and empty without one.
			x, _ := a.field(sort.Field)
			y, _ := b.field(sort.Field)
			if order := strings.Compare(x, y); order != 0 {
				if sort.Order == "desc" {
					return -order
				}
				return order
			}
		}
		return 0
	})
	return nil
}

func contains(list []string, value string) bool {
	return slices.ContainsFunc(list, func(v string) bool { return strings.EqualFold(v, value) })
}
