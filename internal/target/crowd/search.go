package crowd

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// searchValues and searchLength bound one look-up: so many values, and so many
// bytes of restriction, which escaped is about three times as long and has to
// fit in the 8 KB that Tomcat takes of a request's head.
const (
	searchValues = 20
	searchLength = 1800
)

// search asks for one page of users with their attributes, or of groups. How
// attributes are asked for in a list is what the vendor's own client does. [P]
//
// GET /search?entity-type=user&restriction=…&start-index=…&max-results=…&expand=user,attributes
// https://developer.atlassian.com/server/crowd/crowd-rest-resources/#search-resource
func search(entity, restriction string, start int) rest.Call {
	query := url.Values{
		"entity-type": {entity}, "expand": {entity},
		"start-index": {strconv.Itoa(start)}, "max-results": {strconv.Itoa(pageSize)},
	}
	if entity == "user" {
		query.Set("expand", "user,attributes")
	}
	if restriction != "" {
		query.Set("restriction", restriction)
	}
	return rest.Call{Method: "GET", Template: root + "/search", Query: query}
}

// anyOf makes restrictions of the form property="a" or property="b", each for
// at most so many values. A value is a string of the Crowd query
// language; "*" in one stands for anything, so that what is found has to be
// compared again.
// https://developer.atlassian.com/server/crowd/crowd-query-language/
func anyOf(property string, values []string, most int) []string {
	var restrictions []string
	var terms []string
	length := 0
	for _, value := range distinct(values) {
		term := property + `="` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value) + `"`
		if len(terms) == most || length+len(term) > searchLength && len(terms) > 0 {
			restrictions = append(restrictions, strings.Join(terms, " or "))
			terms, length = nil, 0
		}
		terms = append(terms, term)
		length += len(term) + len(" or ")
	}
	if len(terms) > 0 {
		restrictions = append(restrictions, strings.Join(terms, " or "))
	}
	return restrictions
}

// searched asks for many values, searchValues a call. Where that is refused each is
// asked for alone: not everything that serves this API joins conditions. [K]
func searched[R any](ctx context.Context, property string, values []string, ask func(ctx context.Context, restriction string) ([]R, error)) ([]R, error) {
	joined := anyOf(property, values, searchValues)
	found, err := rest.Gather(ctx, joined, ask)
	single := anyOf(property, values, 1)
	if directory.ClassOf(err) == directory.ClassRefused && len(single) > len(joined) {
		return rest.Gather(ctx, single, ask)
	}
	return found, err
}

// distinct returns the values folded, without blanks and each once.
func distinct(values []string) []string {
	var folded []string
	for _, value := range values {
		if value = fold(value); value != "" && !slices.Contains(folded, value) {
			folded = append(folded, value)
		}
	}
	return folded
}

func fold(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// position reads a cursor: the index that a page begins at.
func position(cursor string) (int, error) {
	if cursor == "" {
		return 0, nil
	}
	start, err := strconv.Atoi(cursor)
	if err != nil || start <= 0 {
		return 0, &directory.RefusedError{Call: "read a page", Code: "cursor", Detail: "the place to go on from is not one of this list"}
	}
	return start, nil
}

// following is the cursor of the page after one of what a few names or addresses
// fit, which begins at start: far fewer than any server would hold back, so that
// a page that is not full is the last (see further).
func following(start, n int) string {
	if n < pageSize {
		return ""
	}
	return strconv.Itoa(start + n)
}

// noList is the outcome of an answer without the list that was asked for.
func noList(call rest.Call) error {
	return &directory.UnavailableError{Call: call.Name(), Status: 200, Detail: "the answer holds no list"}
}

// everything follows the pages of one question to their end; id tells elements
// apart.
func everything[T any](ctx context.Context, id func(T) string, page func(ctx context.Context, cursor string) ([]T, string, error)) ([]T, error) {
	var all []T
	progress := directory.NewProgress("read a list", id)
	for cursor := ""; ; {
		some, next, err := page(ctx, cursor)
		if err == nil {
			err = progress.Page(some, next == "")
		}
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
		if next == "" {
			return all, nil
		}
		cursor = next
	}
}
