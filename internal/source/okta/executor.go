package okta

import (
	"net/http"

	"github.com/okta/okta-sdk-golang/v2/okta"
	"github.com/okta/okta-sdk-golang/v2/okta/cache"
)

// newExecutor returns the SDK's request executor with every option of ours.
//
// okta.NewClient is not used: before it looks at any option it reads
// ~/.okta/okta.yaml, .okta.yaml and OKTA_CLIENT_* from the environment, and
// prints to standard output when one of them cannot be parsed. There is no
// switch for that. The executor's own constructor reads nothing.
//
// The options: no cache, as the SDK caches lists too and served somebody as
// active who had just been suspended; no retries, as its 429 answer loses the
// headers that say when to come back; no timeout of its own, as it would bound
// all retries together (http.Client bounds each call).
func newExecutor(c Config, client *http.Client) *okta.RequestExecutor {
	return configure(okta.NewRequestExecutor, client,
		okta.WithOrgUrl(c.URL),
		okta.WithAuthorizationMode("SSWS"),
		okta.WithToken(c.Token),
		okta.WithCache(false),
		okta.WithRateLimitMaxRetries(0),
		okta.WithRateLimitMaxBackOff(0),
		okta.WithRequestTimeout(0),
		okta.WithUserAgentExtra(c.UserAgent),
		// The address was checked: plain http is a loopback one.
		okta.WithTestingDisableHttpsCheck(true),
	)
}

// configure makes an executor from a configuration of the SDK's own unexported
// type, which only inference can name.
func configure[C any](
	construct func(*http.Client, cache.Cache, *C) *okta.RequestExecutor, client *http.Client, options ...func(*C),
) *okta.RequestExecutor {
	config := new(C)
	for _, option := range options {
		option(config)
	}
	return construct(client, cache.NewNoOpCache(), config)
}
