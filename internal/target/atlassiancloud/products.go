package atlassiancloud

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// permissionRule grants one role on one product to the people of an
// invitation.
type permissionRule struct {
	// Resource is the product's resource identifier (an ARI).
	Resource string `json:"resource"`
	Role     string `json:"role"`
}

// productAccess turns the configured products into permission rules, once.
type productAccess struct {
	target   *Target
	products []Product
	// resolved holds the rules when they are known. It is a channel of one
	// element and not a mutex so that waiting for it ends with the context.
	resolved chan []permissionRule
}

func newProductAccess(target *Target, products []Product) *productAccess {
	access := &productAccess{target: target, products: products, resolved: make(chan []permissionRule, 1)}
	access.resolved <- nil
	return access
}

// rules returns one rule for each product. A product or site that the
// organisation does not have, or has more than once, is a
// *directory.RefusedError whose Detail lists what there is.
func (a *productAccess) rules(ctx context.Context) ([]permissionRule, error) {
	if len(a.products) == 0 {
		return nil, nil
	}
	var rules []permissionRule
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case rules = <-a.resolved:
	}
	defer func() { a.resolved <- rules }()
	if rules != nil {
		return rules, nil
	}
	found, err := a.target.workspaces(ctx)
	if err != nil {
		return nil, err
	}
	resolved := make([]permissionRule, 0, len(a.products))
	for _, product := range a.products {
		one, err := product.among(found)
		if err != nil {
			return nil, err
		}
		resolved = append(resolved, permissionRule{Resource: one.ID, Role: product.Role})
	}
	rules = resolved
	return rules, nil
}

// forget makes the next call resolve the products again: one of them turned out
// to be gone.
func (a *productAccess) forget() {
	<-a.resolved
	a.resolved <- nil
}

// workspace is one product on one site.
type workspace struct {
	ID         string `json:"id"`
	Attributes struct {
		Name    string `json:"name"`
		TypeKey string `json:"typeKey"`
		Status  string `json:"status"`
		HostURL string `json:"hostUrl"`
	} `json:"attributes"`
}

func (w workspace) String() string {
	return fmt.Sprintf("%s on %s", w.Attributes.TypeKey, hostOf(w.Attributes.HostURL))
}

// typeKeys are the vendor's words for a product that people call by another
// name, in order of preference.
func (p Product) typeKeys() []string {
	switch p.Name {
	case "jira":
		return []string{"jira", "jira-software"}
	case "jira-service-management":
		return []string{"jira-service-management", "jira-servicedesk"}
	case "jira-work-management":
		return []string{"jira-work-management", "jira-core"}
	}
	return []string{p.Name}
}

// among picks the product's workspace. The vendor's own filter compares the
// text of names and addresses in part, so that the choice is made here.
func (p Product) among(workspaces []workspace) (workspace, error) {
	call := "POST /admin/v2/orgs/{orgId}/workspaces"
	var there []string
	for _, w := range workspaces {
		there = append(there, w.String())
	}
	list := "the organisation has: " + strings.Join(slices.Compact(slices.Sorted(slices.Values(there))), ", ")
	for _, key := range p.typeKeys() {
		var matches []workspace
		for _, w := range workspaces {
			if strings.EqualFold(w.Attributes.TypeKey, key) && w.Attributes.Status != "offline" &&
				(p.Site == "" || p.Site == hostOf(w.Attributes.HostURL)) {
				matches = append(matches, w)
			}
		}
		switch len(matches) {
		case 0:
			continue
		case 1:
			return matches[0], nil
		}
		return workspace{}, &directory.RefusedError{
			Call: call, Status: 200, Code: "ambiguous-product",
			Detail: fmt.Sprintf("product %s is there %d times; name its site in the configuration; %s", p.Name, len(matches), list),
		}
	}
	where := ""
	if p.Site != "" {
		where = " on " + p.Site
	}
	return workspace{}, &directory.RefusedError{
		Call: call, Status: 200, Code: "unknown-product",
		Detail: fmt.Sprintf("there is no product %s%s; %s", p.Name, where, list),
	}
}

// workspaces lists the organisation's products.
//
// POST /v2/orgs/{orgId}/workspaces
// https://developer.atlassian.com/cloud/admin/organization/rest/api-group-workspaces/#api-v2-orgs-orgid-workspaces-post
func (t *Target) workspaces(ctx context.Context) ([]workspace, error) {
	type query struct {
		Limit  int    `json:"limit,omitempty"`
		Cursor string `json:"cursor,omitempty"`
	}
	var all []workspace
	progress := directory.NewProgress("list products", func(w workspace) string { return w.ID })
	// 1,000 is the largest page; with a cursor nothing else may be said.
	for next := (query{Limit: 1000}); ; {
		call := rest.Call{
			Method: "POST", Template: "/admin/v2/orgs/{orgId}/workspaces",
			Args: []string{t.organization}, Body: next, Read: true,
		}
		var got page[workspace]
		if err := t.client.Get(ctx, call, &got); err != nil {
			return nil, err
		}
		found, cursor, err := listed(call, got, next.Cursor)
		if err != nil {
			return nil, err
		}
		cursor = cursorOf(cursor)
		if err := progress.Page(found, cursor == ""); err != nil {
			return nil, err
		}
		all = append(all, found...)
		if cursor == "" {
			return all, nil
		}
		if cursor == next.Cursor {
			return nil, &directory.UnavailableError{
				Call: call.Name(), Status: 200, Detail: "the next page is the same page again",
			}
		}
		next = query{Cursor: cursor}
	}
}

// cursorOf takes the cursor out of a next link: this one list is documented to
// give an address, where all others give the cursor itself.
func cursorOf(next string) string {
	parsed, err := url.Parse(next)
	if err != nil || !parsed.IsAbs() && !strings.ContainsAny(next, "?") {
		return next
	}
	if cursor := parsed.Query().Get("cursor"); cursor != "" {
		return cursor
	}
	return next
}
