package rest

import (
	"context"
	"net/http"
	"net/url"
	"strings"
)

// Call is one request.
type Call struct {
	Method string
	// Template is the path with its parameters by name, such as
	// "/rest/api/2/group/user". It is what errors, metrics and budgets are named
	// by, so that no id is in them.
	Template string
	// Args fill the template's parameters in order.
	Args []string
	// Query is put behind the path unless empty.
	Query url.Values
	// Body is encoded as JSON unless nil.
	Body any
	// Form is sent as a form's fields in place of Body, unless nil.
	Form url.Values
	// Read is set for a request that changes nothing although its method is
	// neither GET nor HEAD.
	Read bool
	// Object is what a 404 means: "account", "group". It is empty where only the
	// place itself (organisation, directory, workspace) can be missing.
	Object string
	// Secrets are values in this request that must be in no error, such as a
	// password in its query.
	Secrets []string
}

// Name is method and template, such as "POST /rest/api/2/user".
func (c Call) Name() string { return c.Method + " " + c.Template }

func (c Call) reads() bool {
	return c.Read || c.Method == http.MethodGet || c.Method == http.MethodHead
}

// path fills the template.
func (c Call) path() string {
	var out strings.Builder
	rest, args := c.Template, c.Args
	for {
		before, after, found := strings.Cut(rest, "{")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		_, rest, _ = strings.Cut(after, "}")
		out.WriteString(url.PathEscape(args[0]))
		args = args[1:]
	}
}

type callKey struct{}

func withCall(ctx context.Context, call Call) context.Context {
	return context.WithValue(ctx, callKey{}, call.Name())
}

// NameOf is the name of the call that a request was made for, and "other" for
// a request that no Client made. A transport names its budget and its metrics
// by it.
func NameOf(request *http.Request) string {
	if name, ok := request.Context().Value(callKey{}).(string); ok {
		return name
	}
	return "other"
}
