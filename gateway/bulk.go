package gateway

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/scim"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// bulk answers POST /Bulk (RFC 7644, section 3.7). Each operation is a
// transaction of its own, in an order in which every bulkId is known before it
// is used.
func (c *call) bulk() (answer, error) {
	c.summary = "bulk"
	body, err := c.readBody()
	if err != nil {
		return answer{}, err
	}
	request, err := scim.ParseBulk(body, c.g.settings.BulkOperations)
	if err != nil {
		return answer{}, err
	}
	c.summary = fmt.Sprintf("bulk of %d operations", len(request.Operations))
	steps, err := request.Order()
	if err != nil {
		return answer{}, err
	}
	run := &bulkRun{call: c, request: request, ids: map[string]string{}, results: make([]*bulkResult, len(request.Operations))}
	for _, step := range steps {
		// What was begun is brought to its end.
		if step.Again || !run.stopped() {
			run.take(step)
		}
	}
	// Its operations have their own lines in the log of requests.
	return run.answer()
}

// bulkRun is a Bulk request under way.
type bulkRun struct {
	call    *call
	request scim.BulkRequest
	// ids are the resources that were created, by bulkId.
	ids     map[string]string
	results []*bulkResult
}

// bulkResult is what an operation came to.
type bulkResult struct {
	Method   string `json:"method"`
	BulkID   string `json:"bulkId,omitempty"`
	Version  string `json:"version,omitempty"`
	Location string `json:"location,omitempty"`
	Status   string `json:"status"`
	// Response is the error of one that failed.
	Response rawJSON `json:"response,omitempty"`

	failed bool
}

// rawJSON is JSON already.
type rawJSON []byte

func (r rawJSON) MarshalJSON() ([]byte, error) { return r, nil }

// stopped reports whether as many operations failed as the client bears.
func (b *bulkRun) stopped() bool {
	if b.request.FailOnErrors <= 0 {
		return false
	}
	failed := 0
	for _, r := range b.results {
		if r != nil && r.failed {
			failed++
		}
	}
	return failed >= b.request.FailOnErrors
}

// take makes one step. The second step of an operation that is part of a
// circle gives the resource the references that it could not have at first.
func (b *bulkRun) take(step scim.BulkStep) {
	o := b.request.Operations[step.Index]
	if step.Again && (b.results[step.Index] == nil || b.results[step.Index].failed) {
		return
	}
	result := &bulkResult{Method: o.Method, BulkID: o.BulkID}
	if before := b.results[step.Index]; before != nil {
		*result = *before
	}
	b.results[step.Index] = result
	if err := b.perform(o, step, result); err != nil {
		if step.Again {
			err = b.undo(o, err)
		}
		r := refusalOf(err)
		if r.cause != nil {
			b.call.fails(r.cause)
		}
		result.failed, result.Status, result.Response = true, strconv.Itoa(r.status), r.body()
		log := b.log(o)
		log.Status, log.Detail = r.status, r.detail
		b.call.g.requests.note(b.call.door.name, log)
	}
}

// undo deletes what an operation made that could not be given its references,
// so that what is answered as failed is not there.
func (b *bulkRun) undo(o scim.BulkOperation, cause error) error {
	made := b.ids[o.BulkID]
	delete(b.ids, o.BulkID)
	o.Method, o.Version, o.Path = http.MethodDelete, "", o.Path+"/"+made
	endpoint, id, err := o.Target()
	if err != nil {
		return err
	}
	if t, ok := b.call.door.byEndpoint(strings.TrimPrefix(endpoint, "/")); ok {
		if _, _, err := b.write(t, id, o); err != nil {
			return errors.Join(cause, err)
		}
	}
	return cause
}

// log is the line of an operation in the log of requests.
func (b *bulkRun) log(o scim.BulkOperation) store.ScimRequest {
	log := b.call.request()
	// The time of the push: that of the whole request may be long ago.
	log.At, log.Took = b.call.g.now(), 0
	log.Method, log.Path = o.Method, printable(o.Path, 300)
	log.Summary = "in a bulk: " + strings.ToLower(o.Method)
	return log
}

func (b *bulkRun) perform(o scim.BulkOperation, step scim.BulkStep, result *bulkResult) error {
	if err := o.Check(); err != nil {
		return err
	}
	c := b.call
	var err error
	if o.Data, o.Path, err = scim.ResolveBulkIDs(o.Data, o.Path, b.ids, step.Unresolved); err != nil {
		return err
	}
	endpoint, id, err := o.Target()
	if err != nil {
		return err
	}
	t, ok := c.door.byEndpoint(strings.TrimPrefix(endpoint, "/"))
	if !ok {
		return &refusal{status: http.StatusNotFound, detail: "path: there is no such endpoint for operations of a bulk"}
	}
	if unescaped, err := url.PathUnescape(id); err == nil {
		id = unescaped
	}
	if step.Again {
		o.Method, o.Version, id = http.MethodPut, "", b.ids[o.BulkID]
	}
	changed, status, err := b.write(t, id, o)
	if o.Method == http.MethodPost {
		id = changed.Resource.ScimID
	}
	if id != "" {
		result.Location = location(c.baseURL(), t, id)
	}
	if err != nil {
		return err
	}
	if o.Method == http.MethodPost {
		b.ids[o.BulkID] = id
	}
	if o.Method != http.MethodDelete {
		result.Version = etag(changed.Resource.Version)
	}
	if !step.Again {
		result.Status = strconv.Itoa(status)
	}
	return nil
}

// write does what an operation asks for and returns the status of success.
func (b *bulkRun) write(t *resourceType, id string, o scim.BulkOperation) (changed store.ScimChanged, status int, err error) {
	w := write{t: t, id: id, body: o.Data, status: http.StatusOK, log: b.log(o)}
	if o.Version != "" {
		w.conditions.match = []string{o.Version}
	}
	switch o.Method {
	case http.MethodPost:
		w.status, w.log.Summary = http.StatusCreated, "in a bulk: create a "+t.noun
		changed, err = b.call.create(w)
	case http.MethodPut:
		w.log.Summary = "in a bulk: replace a " + t.noun
		changed, err = b.call.replace(w)
	case http.MethodPatch:
		w.log.Summary = "in a bulk: " + summaryOfPatch(t, o.Data)
		changed, err = b.call.modify(w)
	case http.MethodDelete:
		w.status, w.log.Summary = http.StatusNoContent, "in a bulk: delete a "+t.noun
		changed, err = b.call.discard(w)
	}
	return changed, w.status, err
}

func (b *bulkRun) answer() (answer, error) {
	// What was not tried, because too much failed before, has no result.
	results := make([]*bulkResult, 0, len(b.results))
	for _, r := range b.results {
		if r != nil {
			results = append(results, r)
		}
	}
	return b.call.answerJSON(map[string]any{"schemas": []string{scim.BulkResponseSchema}, "Operations": results})
}
