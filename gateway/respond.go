package gateway

import (
	"errors"
	"fmt"
	"strconv"
	"sync"

	"github.com/rollcall-sync/rollcall/internal/store"
)

// answer is what a request comes to when it is not refused.
type answer struct {
	status int
	// body is nil for none. It goes back to the pool once it is written.
	body *buffer
	// location is a resource's address, empty for none.
	location string
	// version is the resource's, 0 for none.
	version int64
}

// buffer is a body under construction.
type buffer struct{ b []byte }

// buffers are reused: a page of a hundred users is 100 KB.
type buffers struct{ pool sync.Pool }

// pooled is the most bytes of a buffer that is kept; a larger one was for a
// single large group.
const pooled = 1 << 20

func (p *buffers) get() *buffer {
	if b, ok := p.pool.Get().(*buffer); ok {
		b.b = b.b[:0]
		return b
	}
	return &buffer{b: make([]byte, 0, 2048)}
}

func (p *buffers) put(b *buffer) {
	if cap(b.b) <= pooled {
		p.pool.Put(b)
	}
}

// contentType has no charset: RFC 7644, section 3.1, registers none.
const contentType = "application/scim+json"

// respond writes the answer, or what became of the request instead.
func (c *call) respond(a answer, err error) {
	if err != nil {
		c.refuse(err)
		return
	}
	c.status = a.status
	h := c.Header()
	if a.location != "" {
		h.Set("Location", a.location)
		if a.body != nil {
			// RFC 7643, section 3.1: meta.location is the same.
			h.Set("Content-Location", a.location)
		}
	}
	if a.version != 0 {
		h.Set("Etag", etag(a.version))
	}
	if c.read {
		c.g.requests.read(c)
	}
	if a.body == nil {
		c.WriteHeader(a.status)
		return
	}
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(a.body.b)))
	c.WriteHeader(a.status)
	if _, err := c.Write(a.body.b); err != nil {
		c.err = errors.Join(c.err, fmt.Errorf("send the answer: %w", err))
	}
	c.g.buffers.put(a.body)
}

func (c *call) refuse(err error) {
	r := refusalOf(err)
	c.status, c.detail = r.status, r.detail
	if r.cause != nil {
		c.fails(r.cause)
	}
	h := c.Header()
	if r.authenticate {
		h.Set("Www-Authenticate", `Bearer realm="rollcall"`)
		if r.basic {
			h.Add("Www-Authenticate", `Basic realm="rollcall", charset="UTF-8"`)
		}
	}
	if r.allow != "" {
		h.Set("Allow", r.allow)
	}
	if r.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(r.retryAfter))
	}
	c.g.requests.refused(c)
	body := r.body()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	c.WriteHeader(r.status)
	if _, err := c.Write(body); err != nil {
		c.err = errors.Join(c.err, fmt.Errorf("send the answer: %w", err))
	}
}

// shown is a resource as it is answered.
func (c *call) shown(status int, t *resourceType, r *store.ScimResource, p *projection) (answer, error) {
	baseURL := c.baseURL()
	a := answer{status: status, body: c.g.buffers.get(), version: r.Version, location: location(baseURL, t, r.ScimID)}
	var err error
	if a.body.b, err = c.appendShown(a.body.b, baseURL, t, r, p); err != nil {
		return answer{}, err
	}
	return a, nil
}

// end counts and logs a request that was answered.
func (c *call) end() {
	took := c.g.now().Sub(c.started)
	c.g.metrics.answered(c, took)
	c.log(took)
}
