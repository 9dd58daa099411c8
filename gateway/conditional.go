package gateway

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/store"
)

// etag is the entity tag of a version. It is weak: two bodies of one version
// may differ in what was asked to be shown (RFC 7644, section 3.14).
func etag(version int64) string { return `W/"` + strconv.FormatInt(version, 10) + `"` }

// conditions are what a request asks of the version of a resource.
type conditions struct{ match, noneMatch []string }

func conditionsOf(h http.Header) conditions {
	return conditions{match: h.Values("If-Match"), noneMatch: h.Values("If-None-Match")}
}

// check refuses a write whose conditions a resource does not meet.
func (w conditions) check(current store.ScimResource) error {
	if len(w.match) > 0 && !matches(w.match, current.Version) {
		return &refusal{status: http.StatusPreconditionFailed, detail: "the resource has changed: its version is " + etag(current.Version) + " now (If-Match)"}
	}
	if len(w.noneMatch) > 0 && matches(w.noneMatch, current.Version) {
		return &refusal{status: http.StatusPreconditionFailed, detail: "the resource has the version that it must not have (If-None-Match)"}
	}
	return nil
}

// matches compares entity tags weakly (RFC 9110, section 8.8.3.2): with or
// without W/, and for clients that forget them, without quotes. "*" is any.
func matches(headers []string, version int64) bool {
	number := strconv.FormatInt(version, 10)
	for _, header := range headers {
		for tag := range strings.SplitSeq(header, ",") {
			tag = strings.TrimSpace(tag)
			if tag == "*" {
				return true
			}
			tag = strings.TrimPrefix(strings.TrimPrefix(tag, "W/"), "w/")
			if strings.Trim(tag, `"`) == number {
				return true
			}
		}
	}
	return false
}
