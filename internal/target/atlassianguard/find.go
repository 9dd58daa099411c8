package atlassianguard

import (
	"context"
	"net/url"

	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// listFrom is from how many values on the first page of the list is read to
// see whether reading the whole list takes fewer calls than one filter each.
// Where it does not, that page was one call in six at most.
const listFrom = 5

// lookup finds elements of a list by a value each, ignoring case. The API
// filters by one exact value a call and by no address, so that a list which is
// shorter than what is looked for is read instead.
type lookup[T element] struct {
	list rest.Call
	// filter is the attribute that the API filters by; with key it is compared
	// once more here.
	filter string
	key    func(T) string
}

// find returns the elements whose key is one of the values. whole reads the
// whole list whatever it costs.
func (l lookup[T]) find(ctx context.Context, t *Target, values []string, whole bool) ([]T, error) {
	asked := make(map[string]string, len(values))
	var distinct []string
	for _, value := range values {
		if _, twice := asked[fold(value)]; !twice && value != "" {
			asked[fold(value)] = value
			distinct = append(distinct, value)
		}
	}
	if len(distinct) == 0 {
		return nil, ctx.Err()
	}
	var found []T
	keep := func(item T) {
		if _, wanted := asked[fold(l.key(item))]; wanted {
			found = append(found, item)
		}
	}
	if whole || len(distinct) >= listFrom {
		first, err := page[T](ctx, t, l.call(""), 1)
		if err != nil {
			return nil, err
		}
		if whole || first.pages() <= len(distinct) {
			err := every(ctx, t, l.call(""), first, keep)
			return found, err
		}
	}
	answers, err := rest.Gather(ctx, distinct, func(ctx context.Context, value string) ([]T, error) {
		call := l.call(l.filter + " eq " + literal(value))
		first, err := page[T](ctx, t, call, 1)
		if err != nil {
			return nil, err
		}
		var answer []T
		err = every(ctx, t, call, first, func(item T) { answer = append(answer, item) })
		return answer, err
	})
	if err != nil {
		return nil, err
	}
	for _, item := range answers {
		keep(item)
	}
	return found, nil
}

func (l lookup[T]) call(filter string) rest.Call {
	call := l.list
	query := url.Values{}
	for name, values := range l.list.Query {
		query[name] = values
	}
	if filter != "" {
		query.Set("filter", filter)
	}
	call.Query = query
	return call
}
