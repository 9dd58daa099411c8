package bitbucketcloudsim

import (
	"net/http"
	"strconv"

	"github.com/rollcall-sync/rollcall/internal/sandbox/standin"
)

// The lengths of a page.
// https://developer.atlassian.com/cloud/bitbucket/rest/intro/#pagination
const (
	defaultPage = 10
	longestPage = 100
)

type listPage struct {
	Values  []map[string]any `json:"values"`
	PageLen int              `json:"pagelen"`
	Size    int              `json:"size"`
	Page    int              `json:"page"`
	Next    string           `json:"next,omitempty"`
}

// answerPage writes the page of a list that was asked for.
func answerPage[T any](s *Sim, w http.ResponseWriter, r *http.Request, all []T, fresh func(T) bool, show func(T) map[string]any) {
	length, ok := standin.Number(r, "pagelen", defaultPage)
	if !ok || length < 1 || length > longestPage {
		fail(w, r, http.StatusBadRequest, "Invalid pagelen")
		return
	}
	number, ok := standin.Number(r, "page", 1)
	if !ok || number < 1 {
		fail(w, r, http.StatusBadRequest, "Invalid page")
		return
	}
	all = standin.Spoil(all, s.opts.Engine.ListEffect(r), length, fresh)
	answer := listPage{Values: []map[string]any{}, PageLen: length, Size: len(all), Page: number}
	for _, one := range standin.Page(all, (number-1)*length, length) {
		answer.Values = append(answer.Values, show(one))
	}
	if number*length < len(all) {
		query := r.URL.Query()
		query.Set("page", strconv.Itoa(number+1))
		scheme := "http"
		if r.TLS != nil {
			scheme = "https"
		}
		answer.Next = scheme + "://" + r.Host + r.URL.EscapedPath() + "?" + query.Encode()
	}
	standin.Answer(w, http.StatusOK, answer)
}
