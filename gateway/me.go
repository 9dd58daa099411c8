package gateway

import "net/http"

// me answers /Me: a token belongs to an identity provider, which is no
// resource (RFC 7644, section 3.11, leaves 501 for that).
func (c *call) me() (answer, error) {
	return answer{}, &refusal{status: http.StatusNotImplemented, detail: "the caller is an identity provider and not a user, so there is no /Me"}
}
