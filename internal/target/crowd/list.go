package crowd

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/url"
	"strconv"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// named is an element of a list that was not expanded.
type named struct {
	Name string `json:"name"`
}

// within reads one page of 1,000 names of what is in a group: list is "users"
// or "groups", path the API's word for how.
//
// GET /group/{path}?groupname=…&start-index=…&max-results=…
// https://developer.atlassian.com/server/crowd/crowd-rest-resources/#group-resource
func (t *Target) within(ctx context.Context, groupID, path, list, cursor string) ([]string, string, error) {
	start, err := position(cursor)
	if err != nil {
		return nil, "", err
	}
	call := rest.Call{
		Method: "GET", Template: root + "/group/" + path, Object: "group",
		Query: url.Values{"groupname": {groupID}, "start-index": {strconv.Itoa(start)}, "max-results": {strconv.Itoa(pageSize)}},
	}
	answer, err := t.client.Do(ctx, call)
	if err != nil {
		return nil, "", err
	}
	names, err := t.namesIn(call, answer, list)
	if err != nil {
		return nil, "", err
	}
	next, err := t.further(ctx, call, list, start, len(names), func() string { return names[0] })
	return names, next, err
}

// further returns the cursor of the page after one of n elements that begins at
// start; first is the first of them. Crowd tells neither a total nor a next page:
// a page that is not full is the last, or as long as this server makes them,
// whatever is asked for. One that is shorter than another has been is the last;
// else the place behind it is looked at.
func (t *Target) further(ctx context.Context, call rest.Call, list string, start, n int, first func() string) (string, error) {
	longest := t.longest.Load()
	for int64(n) > longest && !t.longest.CompareAndSwap(longest, int64(n)) {
		longest = t.longest.Load()
	}
	if n == pageSize {
		return strconv.Itoa(start + n), nil
	}
	if n == 0 || int64(n) < longest {
		return "", nil
	}
	call.Query = maps.Clone(call.Query)
	call.Query.Del("expand")
	call.Query.Set("start-index", strconv.Itoa(start+n))
	call.Query.Set("max-results", "1")
	answer, err := t.client.Do(ctx, call)
	if err != nil {
		return "", err
	}
	more, err := t.namesIn(call, answer, list)
	if err != nil {
		return "", err
	}
	// Who says the same again knows no places in a list.
	if len(more) == 0 || more[0] == first() {
		return "", nil
	}
	return strconv.Itoa(start + n), nil
}

// namesIn reads the names of an answer's list.
func (t *Target) namesIn(call rest.Call, answer rest.Answer, list string) ([]string, error) {
	var got map[string]json.RawMessage
	if err := t.client.Decode(call, answer, &got); err != nil {
		return nil, err
	}
	var elements []named
	if err := json.Unmarshal(got[list], &elements); err != nil || elements == nil {
		return nil, noList(call)
	}
	names := make([]string, len(elements))
	for i, element := range elements {
		if element.Name == "" {
			return nil, noList(call)
		}
		names[i] = element.Name
	}
	return names, nil
}

// isIn asks whether one thing is in another, which Crowd answers with 404 for
// no, and for yes with the element itself [P] or with a list that it is in [K].
func (t *Target) isIn(ctx context.Context, call rest.Call, list, name string) (bool, error) {
	answer, err := t.client.Do(ctx, call)
	switch {
	case missing(err):
		return false, nil
	case err != nil:
		return false, err
	}
	var one named
	if err := t.client.Decode(call, answer, &one); err != nil {
		return false, err
	}
	switch {
	case one.Name == "":
	case fold(one.Name) == fold(name):
		return true, nil
	default:
		// About something else it says neither yes nor no, and no is what a removal
		// would be taken for done by.
		return false, &directory.UnavailableError{Call: call.Name(), Status: answer.Status, Detail: "the answer is about something else than was asked"}
	}
	several, err := t.namesIn(call, answer, list)
	if err != nil {
		return false, err
	}
	for _, other := range several {
		if fold(other) == fold(name) {
			return true, nil
		}
	}
	if next, err := t.further(ctx, call, list, 0, len(several), func() string { return several[0] }); err != nil || next != "" {
		if err == nil {
			err = &directory.UnavailableError{Call: call.Name(), Status: answer.Status, Detail: "the list that was answered goes on, and who was asked for may be in the rest"}
		}
		return false, err
	}
	return false, nil
}

// missing reports whether an error is a missing object.
func missing(err error) bool {
	var notFound *directory.NotFoundError
	return errors.As(err, &notFound)
}
