package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// DefaultTimeout bounds one call, answer and all. The slowest there is, an
// invitation of 25 people, takes seconds, not half a minute.
const DefaultTimeout = 30 * time.Second

// maxAnswer bounds what is read of one answer. The longest, a page of 2,000
// accounts, is about 2 MB; more than this is not an answer of these APIs.
const maxAnswer = 16 << 20

// Config shapes a Client.
type Config struct {
	// Base is what templates are put behind (see ParseBase).
	Base *url.URL
	// Authorize adds the credential to a request: Bearer or Basic.
	Authorize Credential
	// Dialect is how the vendor writes errors.
	Dialect Dialect
	// Accept and ContentType are "application/json" when empty.
	Accept, ContentType string
	// Header is sent with every call.
	Header http.Header
	// Timeout bounds one call; DefaultTimeout when zero.
	Timeout time.Duration
	// UserAgent is sent with every call; "rollcall" when empty.
	UserAgent string
	// Transport carries the calls; NewTransport() when nil.
	Transport http.RoundTripper
	// Now is the clock; time.Now when nil.
	Now func() time.Time
}

// Client makes calls to one vendor with one credential. It is safe for
// concurrent use.
type Client struct {
	config Config
	http   *http.Client
}

// New returns a Client. It asks nothing.
func New(config Config) *Client {
	if config.Accept == "" {
		config.Accept = "application/json"
	}
	if config.ContentType == "" {
		config.ContentType = "application/json"
	}
	if config.Timeout == 0 {
		config.Timeout = DefaultTimeout
	}
	if config.UserAgent == "" {
		config.UserAgent = "rollcall"
	}
	if config.Transport == nil {
		config.Transport = NewTransport()
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	return &Client{config: config, http: &http.Client{
		Transport:     config.Transport,
		CheckRedirect: onlyASlash,
	}}
}

// onlyASlash follows a redirect to the same request with or without a slash at the
// end of its path. Any other would take the credential elsewhere, or turn a write
// into a read; the APIs have none.
func onlyASlash(next *http.Request, via []*http.Request) error {
	first := via[0]
	plain := func(u *url.URL) string { return strings.TrimSuffix(u.EscapedPath(), "/") }
	if len(via) == 1 && next.Method == first.Method && next.URL.Scheme == first.URL.Scheme && next.URL.Host == first.URL.Host &&
		next.URL.RawQuery == first.URL.RawQuery && plain(next.URL) == plain(first.URL) {
		return nil
	}
	return http.ErrUseLastResponse
}

// Answer is what came back with a 2xx.
type Answer struct {
	Status int
	Body   []byte
	Header http.Header
}

// Do performs a call. An answer other than 2xx, or none, is one of the
// directory package's errors; a context that ended is its own error.
func (c *Client) Do(ctx context.Context, call Call) (Answer, error) {
	if err := ctx.Err(); err != nil {
		return Answer{}, fmt.Errorf("%s: %w", call.Name(), err)
	}
	var handed, sent atomic.Bool
	limited, cancel := context.WithTimeout(withCall(ctx, call), c.config.Timeout)
	defer cancel()
	limited = httptrace.WithClientTrace(limited, &httptrace.ClientTrace{
		GetConn:      func(string) { handed.Store(true) },
		WroteHeaders: func() { sent.Store(true) },
	})
	// A write that never left was not done. Without net/http's own transport
	// underneath nobody says whether it left.
	mayBeDone := func() bool { return !call.reads() && (sent.Load() || !handed.Load()) }

	request, err := c.request(limited, call)
	if err != nil {
		return Answer{}, err
	}
	response, err := c.http.Do(request)
	if err != nil {
		return Answer{}, c.broken(ctx, call, 0, mayBeDone(), err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if response.StatusCode < 200 || response.StatusCode > 299 {
		// Whatever could be read of the body is good enough to say why.
		return Answer{}, c.refusal(call, response, body)
	}
	if err == nil && len(body) > maxAnswer {
		err = fmt.Errorf("the answer is longer than %d bytes", maxAnswer)
	}
	if err != nil {
		return Answer{}, c.broken(ctx, call, response.StatusCode, !call.reads(), err)
	}
	return Answer{Status: response.StatusCode, Body: body, Header: response.Header}, nil
}

func (c *Client) request(ctx context.Context, call Call) (*http.Request, error) {
	for _, arg := range call.Args {
		if arg == "" || arg == "." || arg == ".." {
			// The server would take it for a step, and the call for one about another object.
			return nil, &directory.RefusedError{
				Call: call.Name(), Code: codePath, Detail: "an id or a name in the address is empty or a step in it, and is not sent",
			}
		}
	}
	var payload io.Reader
	contentType := ""
	switch {
	case call.Form != nil:
		payload, contentType = strings.NewReader(call.Form.Encode()), "application/x-www-form-urlencoded"
	case call.Body != nil:
		encoded, err := json.Marshal(call.Body)
		if err != nil {
			return nil, fmt.Errorf("%s: encode the request: %w", call.Name(), err)
		}
		payload, contentType = bytes.NewReader(encoded), c.config.ContentType
	}
	address := c.config.Base.String() + call.path()
	if len(call.Query) > 0 {
		address += "?" + call.Query.Encode()
	}
	request, err := http.NewRequestWithContext(ctx, call.Method, address, payload)
	if err != nil {
		// The error would have the address in it, and with it ids.
		return nil, fmt.Errorf("%s: the request cannot be built", call.Name())
	}
	for name, values := range c.config.Header {
		request.Header[name] = values
	}
	request.Header.Set("Accept", c.config.Accept)
	request.Header.Set("User-Agent", c.config.UserAgent)
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	c.config.Authorize.authorize(request)
	return request, nil
}

// Get performs a call whose answer is JSON and decodes it into out. An empty
// body and one that is not JSON are no answer.
func (c *Client) Get(ctx context.Context, call Call, out any) error {
	answer, err := c.Do(ctx, call)
	if err != nil {
		return err
	}
	return c.Decode(call, answer, out)
}

// Decode decodes an answer's body into out.
func (c *Client) Decode(call Call, answer Answer, out any) error {
	if err := json.Unmarshal(answer.Body, out); err != nil {
		return &directory.UnavailableError{
			Call: call.Name(), Status: answer.Status, Ambiguous: !call.reads(),
			Detail: "the answer is not the JSON that was expected" + markup(answer.Body) + ": " + c.Scrub(call, err.Error()),
		}
	}
	return nil
}

// markup says what an answer that is a page or XML most likely comes of.
func markup(body []byte) string {
	if bytes.HasPrefix(bytes.TrimSpace(body), []byte("<")) {
		return " but a page or XML, such as a login page or a proxy's"
	}
	return ""
}

// Send performs a write whose answer nobody needs. A page of some proxy in its
// place, with status 200, says nothing about the write.
func (c *Client) Send(ctx context.Context, call Call) error {
	answer, err := c.Do(ctx, call)
	if err != nil {
		return err
	}
	if len(bytes.TrimSpace(answer.Body)) > 0 && !json.Valid(answer.Body) {
		return &directory.UnavailableError{
			Call: call.Name(), Status: answer.Status, Ambiguous: !call.reads(), Detail: "the answer is not this API's" + markup(answer.Body),
		}
	}
	return nil
}

// broken says what a call without a whole answer means.
func (c *Client) broken(ctx context.Context, call Call, status int, mayBeDone bool, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", call.Name(), ctx.Err())
	}
	// What a transport of ours has typed already (a spent budget) stays as it is.
	if typed := typedError(err); typed != nil {
		return typed
	}
	// net/http wraps errors with the address, which holds ids.
	var addressed *url.Error
	if errors.As(err, &addressed) {
		err = addressed.Err
	}
	return &directory.UnavailableError{
		Call: call.Name(), Status: status, Ambiguous: mayBeDone, Detail: c.Scrub(call, err.Error()),
	}
}

func typedError(err error) error {
	var (
		rate        *directory.RateLimitError
		unavailable *directory.UnavailableError
		auth        *directory.AuthError
	)
	switch {
	case errors.As(err, &rate):
		return rate
	case errors.As(err, &unavailable):
		return unavailable
	case errors.As(err, &auth):
		return auth
	}
	return nil
}
