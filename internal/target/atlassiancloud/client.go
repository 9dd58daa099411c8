package atlassiancloud

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

// maxAnswer bounds what is read of one answer. A page of 100 accounts is about
// 100 KB; more than this is not an answer of this API.
const maxAnswer = 16 << 20

// maxDetail bounds the vendor's text that is kept.
const maxDetail = 2000

// client is the HTTP side of both APIs: it authenticates, encodes, decodes,
// and turns whatever goes wrong into one of the directory package's errors.
type client struct {
	base      *url.URL
	key       string
	userAgent string
	timeout   time.Duration
	http      *http.Client
	now       func() time.Time
}

// BaseTransport returns a transport that keeps enough connections open for 64
// and more calls at once; net/http's default keeps two a host and would open
// a new one for nearly every call.
func BaseTransport() *http.Transport {
	transport := &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		ForceAttemptHTTP2:   true,
		MaxIdleConns:        256,
		MaxIdleConnsPerHost: 256,
		IdleConnTimeout:     90 * time.Second,
		TLSHandshakeTimeout: 10 * time.Second,
	}
	return transport
}

func newClient(base *url.URL, config Config) *client {
	c := &client{
		base: base, key: config.APIKey, userAgent: config.UserAgent, timeout: config.Timeout,
		http: &http.Client{
			Transport: config.Transport,
			// A redirect would take the key elsewhere, or turn a write into a
			// read; the APIs have none.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		now: time.Now,
	}
	if c.userAgent == "" {
		c.userAgent = "rollcall"
	}
	if c.timeout == 0 {
		c.timeout = DefaultTimeout
	}
	if c.http.Transport == nil {
		c.http.Transport = BaseTransport()
	}
	return c
}

// call is one request.
type call struct {
	method string
	// template is the path with its parameters by name. It is what errors are
	// named by, so that no id is in them.
	template string
	// args fill the template's parameters in order.
	args []string
	// query is put behind the path unless empty.
	query url.Values
	// body is encoded as JSON unless nil.
	body any
	// read is set for a request that changes nothing, whatever its method.
	read bool
	// object is what a 404 without a telling code means: "account", "group".
	// It is empty where only the organisation or directory can be missing.
	object string
}

func (c call) name() string { return c.method + " " + c.template }

// path fills the template.
func (c call) path() string {
	var out strings.Builder
	rest, args := c.template, c.args
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

// answer is what came back with a 2xx.
type answer struct {
	status int
	body   []byte
	header http.Header
}

// do performs a call. An answer other than 2xx, or none, is one of the
// directory package's errors; a context that ended is its own error.
func (c *client) do(ctx context.Context, call call) (answer, error) {
	if err := ctx.Err(); err != nil {
		return answer{}, fmt.Errorf("%s: %w", call.name(), err)
	}
	var payload io.Reader
	if call.body != nil {
		encoded, err := json.Marshal(call.body)
		if err != nil {
			return answer{}, fmt.Errorf("%s: encode the request: %w", call.name(), err)
		}
		payload = bytes.NewReader(encoded)
	}

	var handed, sent atomic.Bool
	limited, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	limited = httptrace.WithClientTrace(limited, &httptrace.ClientTrace{
		GetConn:      func(string) { handed.Store(true) },
		WroteHeaders: func() { sent.Store(true) },
	})
	// A write that never left was not done. Without net/http's own transport
	// underneath nobody says whether it left.
	mayBeDone := func() bool { return !call.read && (sent.Load() || !handed.Load()) }

	address := c.base.String() + call.path()
	if len(call.query) > 0 {
		address += "?" + call.query.Encode()
	}
	request, err := http.NewRequestWithContext(limited, call.method, address, payload)
	if err != nil {
		return answer{}, fmt.Errorf("%s: the request cannot be built", call.name())
	}
	request.Header.Set("Authorization", "Bearer "+c.key)
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", c.userAgent)
	if call.body != nil {
		request.Header.Set("Content-Type", "application/json")
	}

	response, err := c.http.Do(request)
	if err != nil {
		return answer{}, c.broken(ctx, call, 0, mayBeDone(), err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if response.StatusCode < 200 || response.StatusCode > 299 {
		// Whatever could be read of the body is good enough to say why.
		return answer{}, c.refusal(call, response, body)
	}
	if err == nil && len(body) > maxAnswer {
		err = fmt.Errorf("the answer is longer than %d bytes", maxAnswer)
	}
	if err != nil {
		return answer{}, c.broken(ctx, call, response.StatusCode, !call.read, err)
	}
	return answer{status: response.StatusCode, body: body, header: response.Header}, nil
}

// broken says what a call without a whole answer means.
func (c *client) broken(ctx context.Context, call call, status int, mayBeDone bool, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", call.name(), ctx.Err())
	}
	// What a transport of ours has typed already (a spent budget) stays as it
	// is; net/http wraps it with the address, which holds ids.
	if typed := typedError(err); typed != nil {
		return typed
	}
	return &directory.UnavailableError{
		Call: call.name(), Status: status, Ambiguous: mayBeDone, Detail: c.scrub(err.Error()),
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

// get performs a call whose answer is a JSON object and decodes it into out.
// An empty body and one that is not JSON are no answer.
func (c *client) get(ctx context.Context, call call, out any) error {
	answer, err := c.do(ctx, call)
	if err != nil {
		return err
	}
	return c.decode(call, answer, out)
}

func (c *client) decode(call call, answer answer, out any) error {
	if err := json.Unmarshal(answer.body, out); err != nil {
		return &directory.UnavailableError{
			Call: call.name(), Status: answer.status, Ambiguous: !call.read,
			Detail: "the answer is not the JSON that was expected: " + c.scrub(err.Error()),
		}
	}
	return nil
}

// send performs a write that is answered without content. A page of some
// proxy in its place, with status 200, says nothing about the write.
func (c *client) send(ctx context.Context, call call) error {
	answer, err := c.do(ctx, call)
	if err != nil {
		return err
	}
	if len(bytes.TrimSpace(answer.body)) > 0 && !json.Valid(answer.body) {
		return &directory.UnavailableError{
			Call: call.name(), Status: answer.status, Ambiguous: true,
			Detail: "the answer is not this API's",
		}
	}
	return nil
}

// scrub takes the key out of a text and bounds its length.
func (c *client) scrub(text string) string {
	text = strings.ReplaceAll(text, c.key, "[secret]")
	if len(text) > maxDetail {
		text = strings.ToValidUTF8(text[:maxDetail], "") + " …"
	}
	return text
}
