// Package scimpush sends what Okta's catalogue applications send over SCIM:
// for the demonstration, and for tests that look at the gateway from outside.
// It shares no code with the gateway.
package scimpush

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// The schemas that Okta names in its bodies.
const (
	userSchema  = "urn:ietf:params:scim:schemas:core:2.0:User"
	groupSchema = "urn:ietf:params:scim:schemas:core:2.0:Group"
	patchSchema = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
)

// answerWithin is longer than a gateway may take; Okta itself gives up after
// 60 seconds.
const answerWithin = 30 * time.Second

// Client pushes to one connection of a gateway.
type Client struct {
	base, token string
	http        *http.Client
}

// New makes a client of the connection at a base URL,
// "https://rollcall.example.com/scim/v2/staff".
func New(base, token string) *Client {
	transport := &http.Transport{MaxIdleConnsPerHost: 64, IdleConnTimeout: time.Minute}
	return &Client{base: base, token: token, http: &http.Client{Transport: transport, Timeout: answerWithin}}
}

// Close closes idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// RefusedError is an answer that is not 2xx.
type RefusedError struct {
	Method, Path string
	Status       int
	// Body is the answer's, for tests and for people who watch.
	Body string
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("%s %s: HTTP %d: %s", e.Method, e.Path, e.Status, e.Body)
}

// User is a person as Okta pushes one.
type User struct {
	// UserName is the Okta login; Email and ExternalID are left out when empty.
	UserName, Email, GivenName, FamilyName string
	// ExternalID is the id of the Okta user.
	ExternalID string
	Active     bool
}

func (u User) body(id string) map[string]any {
	body := map[string]any{
		"schemas":  []string{userSchema},
		"userName": u.UserName,
		"name":     map[string]string{"givenName": u.GivenName, "familyName": u.FamilyName},
		// Okta sends these two with every new user.
		"displayName": u.GivenName + " " + u.FamilyName,
		"groups":      []string{},
		"active":      u.Active,
	}
	if u.Email != "" {
		body["emails"] = []map[string]any{{"primary": true, "value": u.Email, "type": "work"}}
	}
	if u.ExternalID != "" {
		body["externalId"] = u.ExternalID
	}
	if id != "" {
		body["id"] = id
		return body
	}
	// Always, even where Okta does not keep passwords in step.
	body["password"] = "1mz050nq"
	body["locale"] = "en-US"
	return body
}

// CreateUser pushes a new user and returns the id that it was given.
func (c *Client) CreateUser(ctx context.Context, u User) (id string, err error) {
	return c.create(ctx, "/Users", u.body(""))
}

// ReplaceUser pushes a whole profile, as Okta does for every change of one.
func (c *Client) ReplaceUser(ctx context.Context, id string, u User) error {
	return c.Do(ctx, http.MethodPut, "/Users/"+id, u.body(id), nil)
}

// SetActive deactivates somebody or lets them return.
func (c *Client) SetActive(ctx context.Context, id string, active bool) error {
	return c.patch(ctx, "/Users/"+id, map[string]any{"op": "replace", "value": map[string]any{"active": active}})
}

// DeleteUser deletes a user. Okta itself never does; others do.
func (c *Client) DeleteUser(ctx context.Context, id string) error {
	return c.Do(ctx, http.MethodDelete, "/Users/"+id, nil, nil)
}

// FindUser returns the id of the user of a name, empty when there is none.
func (c *Client) FindUser(ctx context.Context, userName string) (id string, err error) {
	return c.find(ctx, "/Users", "userName", userName)
}

// CreateGroup pushes a new group without members and returns its id.
func (c *Client) CreateGroup(ctx context.Context, name string, members ...string) (id string, err error) {
	return c.create(ctx, "/Groups", map[string]any{"schemas": []string{groupSchema}, "displayName": name, "members": values(members)})
}

// RenameGroup gives a group another name.
func (c *Client) RenameGroup(ctx context.Context, id, name string) error {
	return c.patch(ctx, "/Groups/"+id, map[string]any{"op": "replace", "value": map[string]string{"id": id, "displayName": name}})
}

// Members takes members out of a group and puts others into it, in one request.
func (c *Client) Members(ctx context.Context, id string, add, remove []string) error {
	var operations []map[string]any
	for _, member := range remove {
		operations = append(operations, map[string]any{"op": "remove", "path": fmt.Sprintf("members[value eq %q]", member)})
	}
	if len(add) > 0 {
		operations = append(operations, map[string]any{"op": "add", "path": "members", "value": values(add)})
	}
	return c.patch(ctx, "/Groups/"+id, operations...)
}

// DeleteGroup deletes a group.
func (c *Client) DeleteGroup(ctx context.Context, id string) error {
	return c.Do(ctx, http.MethodDelete, "/Groups/"+id, nil, nil)
}

// FindGroup returns the id of the group of a name, empty when there is none.
func (c *Client) FindGroup(ctx context.Context, name string) (id string, err error) {
	return c.find(ctx, "/Groups", "displayName", name)
}

// MembersOf returns the members' values as the gateway has them.
func (c *Client) MembersOf(ctx context.Context, id string) ([]string, error) {
	var group struct{ Members []struct{ Value string } }
	if err := c.Do(ctx, http.MethodGet, "/Groups/"+id, nil, &group); err != nil {
		return nil, err
	}
	members := make([]string, 0, len(group.Members))
	for _, m := range group.Members {
		members = append(members, m.Value)
	}
	return members, nil
}

func values(ids []string) []map[string]string {
	all := make([]map[string]string, 0, len(ids))
	for _, id := range ids {
		all = append(all, map[string]string{"value": id})
	}
	return all
}

func (c *Client) create(ctx context.Context, path string, body map[string]any) (string, error) {
	var made struct{ ID string }
	err := c.Do(ctx, http.MethodPost, path, body, &made)
	return made.ID, err
}

func (c *Client) patch(ctx context.Context, path string, operations ...map[string]any) error {
	return c.Do(ctx, http.MethodPatch, path, map[string]any{"schemas": []string{patchSchema}, "Operations": operations}, nil)
}

func (c *Client) find(ctx context.Context, path, attribute, value string) (string, error) {
	var list struct{ Resources []struct{ ID string } }
	query := url.Values{"filter": {fmt.Sprintf("%s eq %q", attribute, value)}, "startIndex": {"1"}, "count": {"100"}}
	if err := c.Do(ctx, http.MethodGet, path+"?"+query.Encode(), nil, &list); err != nil || len(list.Resources) == 0 {
		return "", err
	}
	return list.Resources[0].ID, nil
}

// Do makes one request with Okta's headers. An answer that is not 2xx is a
// *RefusedError.
func (c *Client) Do(ctx context.Context, method, path string, body, into any) (err error) {
	var content io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return fmt.Errorf("encode %s %s: %w", method, path, err)
		}
		content = bytes.NewReader(encoded)
	}
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, content)
	if err != nil {
		return fmt.Errorf("push: %w", err)
	}
	request.Header.Set("User-Agent", "Okta SCIM Client 1.0.0")
	request.Header.Set("Accept", "application/scim+json")
	request.Header.Set("Authorization", "Bearer "+c.token)
	if body != nil {
		request.Header.Set("Content-Type", "application/scim+json; charset=utf-8")
	}
	response, err := c.http.Do(request)
	if err != nil {
		return fmt.Errorf("push: %w", err)
	}
	defer response.Body.Close() // it has been read to its end
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return fmt.Errorf("read the answer to %s %s: %w", method, path, err)
	}
	if response.StatusCode/100 != 2 {
		return &RefusedError{Method: method, Path: path, Status: response.StatusCode, Body: string(text)}
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("decode the answer to %s %s: %w", method, path, err)
	}
	return nil
}
