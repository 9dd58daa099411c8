package okta

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/rollcall-sync/rollcall/internal/budget"
	"github.com/rollcall-sync/rollcall/internal/directory"
)

// mostBody bounds an answer: 1,000 users of 16 KB each.
const mostBody = 16 << 20

// exchange is one call and its answer. The transport fills it in, so that the
// SDK handles neither body nor Link headers: it copies every body three times,
// takes an empty one for an empty list, retries io.EOF without end or delay,
// dereferences nil on a link that it cannot parse, and goes round in circles
// on links in one header.
type exchange struct {
	// call is method and path template, for errors.
	call string
	// what is looked up, for a 404.
	what string

	body  []byte
	links []string
	// askedAt is when the request left, by Okta's clock where it tells.
	askedAt time.Time
}

type exchangeKey struct{}

// transport turns every answer but a well-formed 200 into a typed error.
type transport struct {
	base  http.RoundTripper
	token string
	now   func() time.Time
}

// RoundTrip sends the request. The response that it returns has no body: that
// is in the exchange.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	x, ok := req.Context().Value(exchangeKey{}).(*exchange)
	if !ok {
		return nil, errors.New("okta: a request without its exchange")
	}
	sent := t.now()
	resp, err := t.base.RoundTrip(req)
	if err != nil {
		return nil, t.noAnswer(req.Context(), x, err)
	}
	body, err := readBody(resp)
	if closeErr := resp.Body.Close(); err == nil {
		err = closeErr
	}
	received := t.now()
	if err != nil {
		return nil, t.noAnswer(req.Context(), x, err)
	}
	if err := t.judge(x, resp, body, received); err != nil {
		return nil, err
	}
	x.body, x.links = body, resp.Header.Values("Link")
	x.askedAt = sent
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		// Date is when the answer was made, rounded down: the request left no
		// earlier than the whole call before that.
		x.askedAt = date.Add(-received.Sub(sent))
	}
	x.askedAt = x.askedAt.UTC()
	resp.Header.Del("Link")
	resp.Body, resp.ContentLength = http.NoBody, 0
	return resp, nil
}

// readBody reads a body up to one byte more than mostBody.
func readBody(resp *http.Response) ([]byte, error) {
	var body bytes.Buffer
	if n := resp.ContentLength; n > 0 && n <= mostBody {
		body.Grow(int(n) + bytes.MinRead)
	}
	_, err := body.ReadFrom(io.LimitReader(resp.Body, mostBody+1))
	return body.Bytes(), err
}

// noAnswer types an error of the transport below. A *directory.RateLimitError
// and a *budget.StoreError of the budget pass as they are.
func (t *transport) noAnswer(ctx context.Context, x *exchange, err error) error {
	var (
		limited *directory.RateLimitError
		local   *budget.StoreError
	)
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("%s: %w", x.call, ctx.Err())
	case errors.As(err, &limited):
		return &directory.RateLimitError{Call: x.call, RetryAfter: limited.RetryAfter}
	case errors.As(err, &local):
		return fmt.Errorf("%s: %w", x.call, local)
	}
	return &directory.UnavailableError{Call: x.call, Detail: t.scrub(err.Error())}
}

// scrub takes the token out of a text.
func (t *transport) scrub(text string) string {
	return strings.ReplaceAll(text, t.token, "[secret]")
}

// judge returns nil for a 200 with a body of JSON, and a typed error for
// everything else.
func (t *transport) judge(x *exchange, resp *http.Response, body []byte, now time.Time) error {
	unavailable := func(detail string) error {
		return &directory.UnavailableError{
			Call: x.call, Status: resp.StatusCode, RetryAfter: retryAfter(resp.Header, now), Detail: t.scrub(detail),
		}
	}
	if resp.StatusCode == http.StatusOK {
		switch {
		case len(body) > mostBody:
			return unavailable(fmt.Sprintf("the answer is larger than %d bytes", mostBody))
		case len(bytes.TrimSpace(body)) == 0:
			return unavailable("the answer is empty")
		case !isJSON(resp.Header.Get("Content-Type")):
			return unavailable("the answer is not JSON but " + resp.Header.Get("Content-Type"))
		}
		return nil
	}
	problem := readProblem(body)
	detail := t.scrub(problem.text())
	switch status := resp.StatusCode; {
	case status == http.StatusTooManyRequests:
		return &directory.RateLimitError{Call: x.call, RetryAfter: retryAfter(resp.Header, now)}
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return &directory.AuthError{Call: x.call, Status: status, Code: problem.code(), Detail: detail}
	case status == http.StatusNotFound && problem.Code == codeNotFound:
		return &directory.NotFoundError{Call: x.call, What: x.what, Detail: detail}
	case status == http.StatusNotFound, status == http.StatusRequestTimeout, status >= 500, status < 300:
		// A 404 that is not Okta's own is a proxy's, and no sign that anybody left.
		return unavailable(detail)
	default:
		return &directory.RefusedError{Call: x.call, Status: status, Code: problem.code(), Detail: detail}
	}
}

// isJSON accepts application/json with any parameters, and no type at all: the
// decoder has the last word.
func isJSON(contentType string) bool {
	if contentType == "" {
		return true
	}
	media, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		media, _, _ = strings.Cut(contentType, ";")
		media = strings.ToLower(strings.TrimSpace(media))
	}
	return media == "application/json" || strings.HasSuffix(media, "+json")
}
