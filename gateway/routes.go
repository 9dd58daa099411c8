package gateway

import (
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/gorilla/mux"
)

// operation answers a request of a caller who has been recognised. The answer
// counts when the error is nil.
type operation func(c *call) (answer, error)

// idPattern matches an id; none begins with a dot, unlike .search.
const idPattern = "{id:[^/.][^/]*}"

// routes are few and flat. The endpoints of resource types come first: they
// are asked for most, and the router tries one route after another.
func (g *Gateway) routes() *mux.Router {
	segments := map[string]bool{}
	for _, d := range g.doors {
		for _, t := range d.types {
			segments[regexp.QuoteMeta(t.segment)] = true
		}
	}
	resources := "/{endpoint:" + strings.Join(slices.Sorted(maps.Keys(segments)), "|") + "}"

	router := mux.NewRouter().SkipClean(true).UseEncodedPath()
	router.NotFoundHandler = g.handle("unknown", nil)
	at := func(path string, methods map[string]operation) {
		name := strings.Replace(path, resources, "/{type}", 1)
		name = strings.Replace(name, idPattern, "{id}", 1)
		if path == "" {
			name = "/"
		}
		router.Handle(root+"/{connection}"+path, g.handle(name, methods))
	}
	at(resources+"/"+idPattern, map[string]operation{
		http.MethodGet: (*call).get, http.MethodPut: (*call).put, http.MethodPatch: (*call).patch, http.MethodDelete: (*call).remove,
	})
	at(resources, map[string]operation{http.MethodGet: (*call).list, http.MethodPost: (*call).post})
	at(resources+"/.search", map[string]operation{http.MethodPost: (*call).search})
	at("/Bulk", map[string]operation{http.MethodPost: (*call).bulk})
	at("/ServiceProviderConfig", map[string]operation{http.MethodGet: (*call).serviceProviderConfig})
	at("/ResourceTypes", map[string]operation{http.MethodGet: (*call).resourceTypes})
	at("/ResourceTypes/{id}", map[string]operation{http.MethodGet: (*call).resourceType})
	at("/Schemas", map[string]operation{http.MethodGet: (*call).schemas})
	at("/Schemas/{id}", map[string]operation{http.MethodGet: (*call).schema})
	me := map[string]operation{}
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		me[method] = (*call).me
	}
	at("/Me", me)
	at("/.search", map[string]operation{http.MethodPost: (*call).searchAll})
	at("", map[string]operation{http.MethodGet: (*call).listAll})
	return router
}

// handle answers a route: who asks is settled before anything else, so that
// nobody learns what there is without a token.
func (g *Gateway) handle(route string, methods map[string]operation) http.Handler {
	allow := strings.Join(slices.Sorted(maps.Keys(methods)), ", ")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := w.(*call)
		c.r, c.route = r, route
		method := r.Method
		if method == http.MethodHead {
			method = http.MethodGet
		}
		c.read = method == http.MethodGet || strings.HasSuffix(c.path, "/.search")
		if c.connection == "" {
			c.respond(answer{}, unknownPath())
			return
		}
		ctx, cancel := c.limited()
		defer cancel()
		c.r = r.WithContext(ctx)
		if err := c.authenticate(); err != nil {
			c.respond(answer{}, err)
			return
		}
		run, ok := methods[method]
		switch {
		case ok:
			c.respond(run(c))
		case len(methods) == 0:
			c.respond(answer{}, unknownPath())
		default:
			c.respond(answer{}, &refusal{status: http.StatusMethodNotAllowed, allow: allow,
				detail: "this endpoint does not know the method; it knows " + allow})
		}
	})
}

func unknownPath() error {
	return &refusal{status: http.StatusNotFound, detail: "there is no such path; a base URL ends in " + root + "/CONNECTION"}
}

// variable is a part of the path, decoded.
func (c *call) variable(name string) string {
	escaped := mux.Vars(c.r)[name]
	value, err := url.PathUnescape(escaped)
	if err != nil {
		return escaped
	}
	return value
}

// target is the resource type in the path. The route is named after it, with
// what follows the endpoint.
func (c *call) target(rest string) (*resourceType, error) {
	t, ok := c.door.byEndpoint(mux.Vars(c.r)["endpoint"])
	if !ok {
		return nil, unknownPath()
	}
	switch rest {
	case "":
		c.route = t.all
	case "/{id}":
		c.route = t.one
	default:
		c.route = t.all + rest
	}
	return t, nil
}
