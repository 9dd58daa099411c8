package confluencedcsim

import (
	"maps"
	"net/http"
	"net/url"
	"strconv"

	"github.com/rollcall-sync/rollcall/internal/sandbox/standin"
)

// answerList answers with one page of a list, as wrong as a fault wants it.
func answerList[T any](s *Sim, w http.ResponseWriter, r *http.Request, all []T, fallback int, fresh func(T) bool, bean func(T) map[string]any) {
	start, ok := standin.Number(r, "start", 0)
	limit, limited := standin.Number(r, "limit", fallback)
	if !ok || !limited || limit == 0 {
		problem(w, http.StatusForbidden, "start or limit is wrong")
		return
	}
	limit = min(limit, s.opts.PageLimit)
	all = standin.Spoil(all, s.opts.Engine.ListEffect(r), limit, fresh)
	results := []any{}
	for _, one := range standin.Page(all, start, limit) {
		results = append(results, bean(one))
	}
	links := map[string]any{"base": "http://confluence.invalid", "context": "", "self": "http://confluence.invalid" + r.URL.Path}
	if end := start + len(results); end < len(all) {
		query := maps.Clone(r.URL.Query())
		query.Set("start", strconv.Itoa(end))
		query.Set("limit", strconv.Itoa(limit))
		links["next"] = (&url.URL{Path: r.URL.Path, RawQuery: query.Encode()}).String()
	}
	standin.Answer(w, http.StatusOK, map[string]any{
		"results": results, "start": start, "limit": limit, "size": len(results), "_links": links,
	})
}
