package rest

import (
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// maxDetail bounds the vendor's text that is kept.
const maxDetail = 2000

// Said is what a vendor's error body says.
type Said struct {
	// Code is the vendor's own error code, empty where it has none. Only what
	// looks like a code gets through (see CodeWord).
	Code string
	// Detail is the vendor's text, for the administrator.
	Detail string
	// Outside is an answer of what stands before the API (a gateway), which is
	// about the credential and not about an object.
	Outside bool
}

// Dialect is how a vendor writes errors.
type Dialect struct {
	// Read reads an error body; it returns a zero Said for a body that is not the
	// vendor's. The whole body is the detail then.
	Read func(body []byte) Said
	// Type types an answer other than 2xx where Typed would be wrong; nil leaves
	// it to Typed. It is not asked about 429 and what is at least 500.
	Type func(call Call, status int, said Said) error
}

// refusal turns an answer other than 2xx into a typed error.
func (c *Client) refusal(call Call, response *http.Response, body []byte) error {
	var said Said
	if c.config.Dialect.Read != nil {
		said = c.config.Dialect.Read(body)
	}
	if said.Detail == "" {
		said.Detail = strconv.Quote(strings.ToValidUTF8(string(body), ""))
	}
	if to := redirect(response); to != "" {
		said.Detail = "redirected to " + to + ", such as a login page or the address that url should be: " + said.Detail
	}
	said.Code, said.Detail = CodeWord(c.Scrub(call, said.Code)), c.Scrub(call, said.Detail)
	status, now := response.StatusCode, c.config.Now()
	switch {
	case status == http.StatusTooManyRequests:
		return &directory.RateLimitError{Call: call.Name(), RetryAfter: RetryAfter(response.Header, now)}
	case status >= 500, status == http.StatusRequestTimeout, status < 400:
		return &directory.UnavailableError{
			Call: call.Name(), Status: status, Detail: said.Detail, Ambiguous: !call.reads(),
			RetryAfter: RetryAfter(response.Header, now),
		}
	}
	if c.config.Dialect.Type != nil {
		if err := c.config.Dialect.Type(call, status, said); err != nil {
			return err
		}
	}
	return Typed(call, status, said)
}

// redirect is where an answer redirects to, without its query, which repeats what
// was asked; empty for one that does not.
func redirect(response *http.Response) string {
	if response.StatusCode >= 400 {
		return ""
	}
	to, err := response.Location()
	if err != nil {
		return ""
	}
	return (&url.URL{Scheme: to.Scheme, Host: to.Host, Path: to.Path}).String()
}

// Typed is what a refusal means by its status alone: 401 is the credential;
// 403 is the credential where the call is about no object; 404 is the object,
// or, without one, a place that is not this credential's; 409 is a conflict;
// all others are refusals of this request.
func Typed(call Call, status int, said Said) error {
	auth := &directory.AuthError{Call: call.Name(), Status: status, Code: said.Code, Detail: said.Detail}
	switch {
	case status == http.StatusUnauthorized, said.Outside && status == http.StatusForbidden,
		(status == http.StatusForbidden || status == http.StatusNotFound) && call.Object == "":
		return auth
	case status == http.StatusNotFound:
		return &directory.NotFoundError{Call: call.Name(), What: call.Object, Detail: said.Detail}
	case status == http.StatusConflict:
		return &directory.ConflictError{Call: call.Name(), Detail: said.Detail}
	}
	return &directory.RefusedError{Call: call.Name(), Status: status, Code: said.Code, Detail: said.Detail}
}

// codePath is the code of a request that is not sent because of its address.
const codePath = "path"

// Answered reports whether an error is an answer about the object of a call,
// which is to be compared with what the object is: a refusal, a conflict, a
// missing object or licence, and not an outage, a limit or the credential. A
// request that was not sent has no answer.
func Answered(err error) bool {
	var refused *directory.RefusedError
	if errors.As(err, &refused) && refused.Code == codePath && refused.Status == 0 {
		return false
	}
	switch directory.ClassOf(err) {
	case directory.ClassRefused, directory.ClassConflict, directory.ClassNotFound, directory.ClassSeat, directory.ClassUnmanaged:
		return true
	}
	return false
}

// CodeWord lets only what looks like a code through: it goes to places where
// free text must not.
func CodeWord(code string) string {
	if len(code) > 64 {
		return ""
	}
	for _, r := range code {
		if (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && r != '-' && r != '.' && r != '_' {
			return ""
		}
	}
	return code
}

// Scrub takes the credential, and what a call names as secret, out of a text
// and bounds its length.
func (c *Client) Scrub(call Call, text string) string {
	credential := c.config.Authorize
	secrets := append([]string{credential.secret}, call.Secrets...)
	if credential.basic {
		secrets = append(secrets, base64.StdEncoding.EncodeToString([]byte(credential.user+":"+credential.secret)))
	}
	for _, secret := range secrets {
		if secret == "" {
			continue
		}
		for _, form := range []string{secret, url.QueryEscape(secret), url.PathEscape(secret)} {
			text = strings.ReplaceAll(text, form, "[secret]")
		}
	}
	if len(text) > maxDetail {
		text = strings.ToValidUTF8(text[:maxDetail], "") + " …"
	}
	return text
}
