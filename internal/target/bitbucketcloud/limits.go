package bitbucketcloud

import (
	"net/http"
	"time"

	"github.com/rollcall-sync/rollcall/internal/budget"
)

// CallsPerHour is what the vendor publishes for calls with a credential, in any
// hour. Large workspaces are given more, up to 10,000. No answer states it.
// https://support.atlassian.com/bitbucket-cloud/docs/api-request-limits/
const CallsPerHour = 1000

// AssumedLimit is the limit to keep to; callsPerHour is CallsPerHour when zero.
func AssumedLimit(callsPerHour int) budget.Assumed {
	if callsPerHour == 0 {
		callsPerHour = CallsPerHour
	}
	return budget.Assumed{Limit: callsPerHour, Window: time.Hour}
}

// BucketOf puts all calls of a credential into one bucket. The vendor counts
// some resources apart and does not say of all which; counting them together
// never asks for more than is allowed.
func BucketOf(*http.Request) string { return "bitbucket cloud" }

// ReadLimits reads nothing: the headers that access tokens get (X-RateLimit-Limit,
// -Resource, -NearLimit) say neither what is left nor until when.
func ReadLimits(http.Header, time.Time) (budget.Limits, bool) { return budget.Limits{}, false }
