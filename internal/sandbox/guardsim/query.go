package guardsim

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/sandbox/standin"
)

const schemaList = "urn:ietf:params:scim:api:messages:2.0:ListResponse"

// listQuery is what a list may be asked for.
type listQuery struct {
	attribute, value string
	start, count     int
	only, without    []string
}

// single is the only kind of filter there is: one attribute, eq, one string.
var single = regexp.MustCompile(`^\s*([A-Za-z]+)\s+(?i:eq)\s+("(?:[^"\\]|\\.)*")\s*$`)

func (s *Sim) listQuery(r *http.Request, filters ...string) (listQuery, *refusal) {
	q := listQuery{start: 1, count: s.opts.Page}
	query := r.URL.Query()
	if filter := query.Get("filter"); filter != "" {
		match := single.FindStringSubmatch(filter)
		if match == nil {
			return q, refuse(http.StatusBadRequest, "invalidFilter", "a filter is one exact match (eq)")
		}
		i := slices.IndexFunc(filters, func(name string) bool { return strings.EqualFold(name, match[1]) })
		if i < 0 {
			return q, refuse(http.StatusBadRequest, "invalidFilter", "there is no filter by %s, only by %s", match[1], strings.Join(filters, " and "))
		}
		q.attribute = filters[i]
		if json.Unmarshal([]byte(match[2]), &q.value) != nil {
			return q, refuse(http.StatusBadRequest, "invalidFilter", "the filter's value is no string")
		}
	}
	if query.Has("sortBy") || query.Has("sortOrder") {
		return q, refuse(http.StatusBadRequest, "", "sorting is not supported")
	}
	var ok bool
	if q.start, ok = standin.Number(r, "startIndex", 1); !ok {
		return q, refuse(http.StatusBadRequest, "invalidValue", "startIndex is no number")
	}
	if q.count, ok = standin.Number(r, "count", s.opts.Page); !ok {
		return q, refuse(http.StatusBadRequest, "invalidValue", "count is no number")
	}
	// RFC 7644 section 3.4.2.4: a value below 1 is 1.
	q.start, q.count = max(1, q.start), min(q.count, s.opts.Page)
	var wrong *refusal
	q.only, q.without, wrong = selection(r)
	return q, wrong
}

// selection reads which attributes an answer has.
func selection(r *http.Request) (only, without []string, wrong *refusal) {
	query := r.URL.Query()
	split := func(name string) []string {
		return strings.FieldsFunc(query.Get(name), func(r rune) bool { return r == ',' || r == ' ' })
	}
	only, without = split("attributes"), split("excludedAttributes")
	if len(only) > 0 && len(without) > 0 {
		return nil, nil, refuse(http.StatusBadRequest, "invalidValue", "attributes and excludedAttributes exclude each other")
	}
	return only, without, nil
}

// selected leaves in a document what was asked for. The id and the schemas are
// always returned (RFC 7643 section 7).
func selected(document map[string]any, only, without []string) map[string]any {
	names := func(list []string, key string) bool {
		return slices.ContainsFunc(list, func(name string) bool {
			top, _, _ := strings.Cut(name, ".")
			return strings.EqualFold(name, key) || strings.EqualFold(top, key) && !strings.HasPrefix(key, "urn:")
		})
	}
	for key := range document {
		always := key == "id" || key == "schemas"
		dropped := len(only) > 0 && !names(only, key) || slices.ContainsFunc(without, func(name string) bool { return strings.EqualFold(name, key) })
		if !always && dropped {
			delete(document, key)
		}
	}
	return document
}

func answerList(w http.ResponseWriter, q listQuery, total int, resources []map[string]any) {
	standin.AnswerAs(w, http.StatusOK, mediaSCIM, map[string]any{
		"schemas": []string{schemaList}, "totalResults": total, "startIndex": q.start, "itemsPerPage": len(resources), "Resources": resources,
	})
}
