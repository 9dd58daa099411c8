package okta

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// request is one GET.
type request struct {
	// call is the method and path template, and what is asked for, for errors.
	call, what string
	// path has its ids escaped.
	path  string
	query url.Values
}

// get makes one call and returns its answer. Every error is one of package
// directory's, the context's, or a *budget.StoreError.
func (s *Source) get(ctx context.Context, r request) (*exchange, error) {
	x := &exchange{call: r.call, what: r.what}
	address := r.path
	if len(r.query) > 0 {
		address += "?" + r.query.Encode()
	}
	executor := *s.executor // a request changes the executor's fields
	req, err := executor.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		return nil, fmt.Errorf("%s: the request cannot be made", r.call) // the error's text holds the address
	}
	if strings.HasPrefix(r.path, "/api/v1/users") {
		// Less to compute for Okta and to read for us; the API takes it from
		// this header, on requests without a body too.
		req.Header.Set("Content-Type", `application/json; okta-response="omitCredentials,omitCredentialsLinks,omitTransitioningToStatus"`)
	}
	if _, err := executor.Do(context.WithValue(ctx, exchangeKey{}, x), req, nil); err != nil {
		return nil, s.typed(ctx, x, err)
	}
	return x, nil
}

// typed digs the transport's error out of what http.Client wraps around it,
// whose text holds the address and so perhaps somebody's login.
func (s *Source) typed(ctx context.Context, x *exchange, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", x.call, ctx.Err())
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	if directory.ClassOf(err) != directory.ClassInternal && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if isStoreError(err) {
		return err
	}
	return &directory.UnavailableError{Call: x.call, Detail: s.transport.scrub(err.Error())}
}

// keyed is a record with an id.
type keyed interface{ key() string }

// getList reads one page of a list that ends. A next link that leads back to
// the same page makes it unavailable.
func getList[T keyed](ctx context.Context, s *Source, r request, cursor string) ([]T, string, *exchange, error) {
	items, next, x, err := getPage[T](ctx, s, r, cursor)
	if err == nil && next != "" && next == cursor {
		err = x.malformed("the next link leads back to the same page")
	}
	if err != nil {
		return nil, "", nil, err
	}
	return items, next, x, nil
}

// getPage reads one page of a list. A body that is no list and items without
// an id make it unavailable: they are no sign of anybody's absence.
func getPage[T keyed](ctx context.Context, s *Source, r request, cursor string) ([]T, string, *exchange, error) {
	if len(cursor) > mostCursor {
		return nil, "", nil, fmt.Errorf("%s: the cursor is longer than 2 KB", r.call)
	}
	if cursor != "" {
		r.query.Set("after", cursor)
	}
	x, err := s.get(ctx, r)
	if err != nil {
		return nil, "", nil, err
	}
	items, err := decodeList[T](x)
	if err != nil {
		return nil, "", nil, err
	}
	for _, item := range items {
		if item.key() == "" {
			return nil, "", nil, x.malformed("an item of the list has no id")
		}
	}
	next, err := nextCursor(x.links)
	if err != nil {
		return nil, "", nil, x.malformed(err.Error())
	}
	return items, next, x, nil
}

// getOne reads one object.
func getOne[T keyed](ctx context.Context, s *Source, r request) (T, error) {
	var item T
	x, err := s.get(ctx, r)
	if err != nil {
		return item, err
	}
	if err := decode(x, &item); err != nil {
		return item, err
	}
	if item.key() == "" {
		return item, x.malformed("the object has no id")
	}
	return item, nil
}

// decodeList reads a list: of large records with a scanner, of others with
// encoding/json.
func decodeList[T any](x *exchange) ([]T, error) {
	if _, ok := any((*T)(nil)).(scannable); ok {
		items, err := scanList(x.body, func(item *T, s *scanner) error { return any(item).(scannable).scan(s) })
		if err != nil {
			return nil, x.malformed("the answer is not the JSON that was expected")
		}
		return items, nil
	}
	var items []T
	if err := decode(x, &items); err != nil {
		return nil, err
	}
	if items == nil {
		return nil, x.malformed("the answer is null where a list belongs")
	}
	return items, nil
}

// scannable is a record that a scanner reads.
type scannable interface {
	scan(s *scanner) error
}

func decode(x *exchange, into any) error {
	if err := json.Unmarshal(x.body, into); err != nil {
		// The error may quote what it found.
		return x.malformed("the answer is not the JSON that was expected")
	}
	return nil
}

// malformed is an answer that is none, in our own words.
func (x *exchange) malformed(detail string) error {
	return &directory.UnavailableError{Call: x.call, Status: http.StatusOK, Detail: detail}
}
