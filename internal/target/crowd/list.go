package crowd

import (
	"context"
	"encoding/json"
	"errors"
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
	return names, following(start, len(names)), nil
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
	return false, nil
}

// missing reports whether an error is a missing object.
func missing(err error) bool {
	var notFound *directory.NotFoundError
	return errors.As(err, &notFound)
}
