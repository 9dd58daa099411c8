package gateway

import (
	"errors"
	"net/http"

	"github.com/rollcall-sync/rollcall/internal/scim"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// get answers GET /Users/{id} (RFC 7644, section 3.4.1).
func (c *call) get() (answer, error) {
	t, err := c.target("/{id}")
	if err != nil {
		return answer{}, err
	}
	c.summary = "read a " + t.noun
	p, err := c.project(t)
	if err != nil {
		return answer{}, err
	}
	r, err := c.g.store.ScimResource(c.r.Context(), c.caller.ConnectionID, t.ResourceType, c.variable("id"), p.parts)
	if err != nil {
		return answer{}, err
	}
	if none := c.r.Header.Values("If-None-Match"); len(none) > 0 && matches(none, r.Version) {
		return answer{status: http.StatusNotModified, version: r.Version}, nil
	}
	if match := c.r.Header.Values("If-Match"); len(match) > 0 && !matches(match, r.Version) {
		return answer{}, conditions{match: match}.check(r)
	}
	return c.shown(http.StatusOK, t, &r, p)
}

// post answers POST /Users (RFC 7644, section 3.3).
func (c *call) post() (answer, error) {
	t, p, body, err := c.writing("", "create")
	if err != nil {
		return answer{}, err
	}
	changed, err := c.create(write{t: t, body: body, status: http.StatusCreated, log: c.request()})
	if err != nil {
		return answer{}, err
	}
	return c.changed(http.StatusCreated, t, changed, p)
}

// writing is what every write of a resource begins with: its type, what of it
// is to be shown, and the body.
func (c *call) writing(path, verb string) (*resourceType, *projection, []byte, error) {
	t, err := c.target(path)
	if err != nil {
		return nil, nil, nil, err
	}
	c.summary = verb + " a " + t.noun
	p, err := c.project(t)
	if err != nil {
		return nil, nil, nil, err
	}
	body, err := c.readBody()
	return t, p, body, err
}

// put answers PUT /Users/{id} (RFC 7644, section 3.5.1). It never creates.
func (c *call) put() (answer, error) {
	t, p, body, err := c.writing("/{id}", "replace")
	if err != nil {
		return answer{}, err
	}
	changed, err := c.replace(write{t: t, id: c.variable("id"), body: body, conditions: conditionsOf(c.r.Header), status: http.StatusOK, log: c.request()})
	if err != nil {
		return answer{}, err
	}
	return c.changed(http.StatusOK, t, changed, p)
}

// patch answers PATCH /Users/{id} (RFC 7644, section 3.5.2).
func (c *call) patch() (answer, error) {
	t, p, body, err := c.writing("/{id}", "change")
	if err != nil {
		return answer{}, err
	}
	// Entra expects no body of a group (SCIM-CLIENTS.md, E14); whoever names
	// attributes gets one (RFC 7644, section 3.5.2).
	status := http.StatusOK
	if t.Members && !p.asked && c.entra() {
		status = http.StatusNoContent
	}
	c.summary = summaryOfPatch(t, body)
	changed, err := c.modify(write{t: t, id: c.variable("id"), body: body, conditions: conditionsOf(c.r.Header), status: status, log: c.request()})
	if err != nil {
		return answer{}, err
	}
	if status == http.StatusOK && t.Members && !p.asked && c.large(changed.Resource.ID) {
		status = http.StatusNoContent
	}
	if status == http.StatusNoContent {
		return answer{status: status, version: changed.Resource.Version}, nil
	}
	return c.changed(http.StatusOK, t, changed, p)
}

// shownMembers is up to how many members a group that was patched is shown with,
// about as many as clients add at a time. Beyond, the answer is 204, as RFC
// 7644, section 3.5.2, allows: adding one member to a group of 100,000 is not to
// cost the reading and sending of them all.
const shownMembers = 256

// large reports whether a group has more members than are shown. When that
// cannot be told, the short answer to what is durable already is the better one.
func (c *call) large(groupID int64) bool {
	exceeds, err := c.g.store.ScimMembersExceed(c.r.Context(), groupID, shownMembers)
	if err != nil {
		c.fails(err)
	}
	return exceeds || err != nil
}

// remove answers DELETE /Users/{id} (RFC 7644, section 3.6).
func (c *call) remove() (answer, error) {
	t, err := c.target("/{id}")
	if err != nil {
		return answer{}, err
	}
	c.summary = "delete a " + t.noun
	_, err = c.discard(write{t: t, id: c.variable("id"), conditions: conditionsOf(c.r.Header), status: http.StatusNoContent, log: c.request()})
	return answer{status: http.StatusNoContent}, err
}

// changed answers a write with the resource as it is now, groups and members
// included.
func (c *call) changed(status int, t *resourceType, w store.ScimChanged, p *projection) (answer, error) {
	r := w.Resource
	if p.parts.Members && r.Members == nil || p.parts.Groups && r.Groups == nil {
		whole, err := c.g.store.ScimResource(c.r.Context(), c.caller.ConnectionID, t.ResourceType, r.ScimID, p.parts)
		switch {
		case err == nil:
			r = whole
		case !errors.Is(err, store.ErrNotFound):
			// The write is durable; its answer must not say otherwise. It goes
			// without what could not be read.
			c.fails(err)
		}
	}
	return c.shown(status, t, &r, p)
}

// write is one write, by itself or within a Bulk.
type write struct {
	t          *resourceType
	id         string
	body       []byte
	conditions conditions
	status     int
	log        store.ScimRequest
}

func (c *call) scimWrite(w write) store.ScimWrite {
	w.log.Status = w.status
	return store.ScimWrite{ConnectionID: c.caller.ConnectionID, Type: w.t.ResourceType, Strict: c.door.settings.StrictMembers, Log: w.log}
}

// create makes a resource.
func (c *call) create(w write) (store.ScimChanged, error) {
	in, err := w.t.Decode(w.body)
	if err != nil {
		return store.ScimChanged{}, err
	}
	return c.written(c.g.store.CreateScim(c.r.Context(), c.scimWrite(w), in.Document, in.Members))
}

// replace gives a resource another document, and a group other members: those
// that stay are left alone.
func (c *call) replace(w write) (store.ScimChanged, error) {
	in, err := w.t.Decode(w.body)
	if err != nil {
		// Whether there is such a resource comes first.
		if missing := c.missing(w); missing != nil {
			return store.ScimChanged{}, missing
		}
		return store.ScimChanged{}, err
	}
	return c.written(c.g.store.ChangeScim(c.r.Context(), c.scimWrite(w), w.id, func(current store.ScimResource) (store.ScimEdit, error) {
		if err := w.conditions.check(current); err != nil {
			return store.ScimEdit{}, err
		}
		old, err := scim.ParseResource(current.Document)
		if err != nil {
			return store.ScimEdit{}, err
		}
		next, err := w.t.Replace(old, in.Document)
		if err != nil {
			return store.ScimEdit{}, err
		}
		edit := store.ScimEdit{Document: next}
		if w.t.Members {
			edit.Members = []scim.MemberChange{{Clear: true, Add: in.Members}}
		}
		return edit, nil
	}))
}

// modify applies a PATCH.
func (c *call) modify(w write) (store.ScimChanged, error) {
	p, err := w.t.ParsePatch(w.body)
	if err != nil {
		if missing := c.missing(w); missing != nil {
			return store.ScimChanged{}, missing
		}
		return store.ScimChanged{}, err
	}
	p.OwnID = w.id
	return c.written(c.g.store.ChangeScim(c.r.Context(), c.scimWrite(w), w.id, func(current store.ScimResource) (store.ScimEdit, error) {
		if err := w.conditions.check(current); err != nil {
			return store.ScimEdit{}, err
		}
		old, err := scim.ParseResource(current.Document)
		if err != nil {
			return store.ScimEdit{}, err
		}
		next, differs, members, err := p.Apply(old)
		if err != nil {
			return store.ScimEdit{}, err
		}
		edit := store.ScimEdit{Members: members}
		if differs {
			edit.Document = next
		}
		return edit, nil
	}))
}

// discard deletes a resource.
func (c *call) discard(w write) (store.ScimChanged, error) {
	return c.written(c.g.store.DeleteScim(c.r.Context(), c.scimWrite(w), w.id, w.conditions.check))
}

// missing returns the error of a resource that is not there. A body that is
// wrong, for a resource that is not there, is answered 404.
func (c *call) missing(w write) error {
	_, err := c.g.store.ScimResource(c.r.Context(), c.caller.ConnectionID, w.t.ResourceType, w.id, store.ScimParts{})
	return err
}

// written wakes who applies a change.
func (c *call) written(changed store.ScimChanged, err error) (store.ScimChanged, error) {
	if err == nil && len(changed.Shards) > 0 {
		c.g.wake(c.door.name, changed.Shards)
	}
	return changed, err
}
