package notify

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// The headers of a webhook.
const (
	HeaderEvent     = "X-Rollcall-Event"
	HeaderDelivery  = "X-Rollcall-Delivery"
	HeaderTimestamp = "X-Rollcall-Timestamp"
	HeaderSignature = "X-Rollcall-Signature"
)

// Sign returns the signature header of a body that is sent at a time (Unix
// seconds, as in the timestamp header).
func Sign(secret, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(timestamp + "."))
	mac.Write(body)
	return "v1=" + hex.EncodeToString(mac.Sum(nil))
}

// webhook sends the payload as it is.
type webhook struct {
	name, url, secret string
	post              *poster
	now               func() time.Time
}

func (w webhook) send(ctx context.Context, m Message, payload []byte) error {
	timestamp := strconv.FormatInt(w.now().Unix(), 10)
	headers := map[string]string{HeaderEvent: string(m.Event), HeaderDelivery: m.ID, HeaderTimestamp: timestamp}
	if w.secret != "" {
		headers[HeaderSignature] = Sign(w.secret, timestamp, payload)
	}
	return w.post.do(ctx, "POST webhook "+w.name, w.url, payload, headers)
}

// slack sends a message as Slack's incoming webhooks take it, and what is
// compatible with them; docs.slack.dev/messaging/sending-messages-using-incoming-webhooks.
type slack struct {
	name, url string
	post      *poster
}

// slackEscape is what Slack asks for in text; docs.slack.dev/messaging/formatting-message-text.
var slackEscape = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

func (s slack) send(ctx context.Context, m Message, _ []byte) error {
	text := fmt.Sprintf("*%s*\n%s\n%s", slackEscape.Replace(m.Title), slackEscape.Replace(m.Text), slackEscape.Replace(m.Next))
	body, err := json.Marshal(struct {
		Text string `json:"text"`
	}{text})
	if err != nil {
		return fmt.Errorf("POST slack %s: encode: %w", s.name, err)
	}
	return s.post.do(ctx, "POST slack "+s.name, s.url, body, nil)
}

// maxRedirects is more than a receiver that moved behind the same host needs.
const maxRedirects = 3

// maxDetail bounds what is kept of an answer.
const maxDetail = 500

// poster sends JSON and types what comes back.
type poster struct {
	client *http.Client
	now    func() time.Time
}

func newPoster(o Options) *poster {
	return &poster{now: o.Now, client: &http.Client{Transport: o.Transport, CheckRedirect: func(next *http.Request, via []*http.Request) error {
		first := via[0]
		// Another host has no business with what we say, and a GET says nothing.
		if next.URL.Host != first.URL.Host || next.URL.Scheme != first.URL.Scheme || next.Method != first.Method || len(via) > maxRedirects {
			return http.ErrUseLastResponse
		}
		return nil
	}}}
}

// checkURL says what is wrong with a webhook's address, without showing it.
func checkURL(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return errors.New("its url is not an http or https address")
	}
	return nil
}

func (p *poster) do(ctx context.Context, call, address string, body []byte, headers map[string]string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return &directory.RefusedError{Call: call, Code: "bad-url"}
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "rollcall")
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	answer, err := p.client.Do(request)
	if err != nil {
		return &directory.UnavailableError{Call: call, Ambiguous: true, Detail: withoutURL(err)}
	}
	defer answer.Body.Close()
	said, err := io.ReadAll(io.LimitReader(answer.Body, maxDetail))
	detail := strings.ToValidUTF8(string(said), "")
	if err != nil {
		detail = "the answer broke off" // its status stands all the same
	}
	return p.typed(call, answer, detail)
}

// withoutURL is what went wrong, without the address that net/http puts before it.
func withoutURL(err error) string {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	return err.Error()
}

func (p *poster) typed(call string, answer *http.Response, detail string) error {
	status := answer.StatusCode
	switch {
	case status >= 200 && status < 300:
		return nil
	case status == http.StatusTooManyRequests:
		return &directory.RateLimitError{Call: call, RetryAfter: p.retryAfter(answer)}
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return &directory.AuthError{Call: call, Status: status, Detail: detail}
	case status == http.StatusRequestTimeout, status == http.StatusTooEarly, status >= 500:
		return &directory.UnavailableError{Call: call, Status: status, RetryAfter: p.retryAfter(answer), Detail: detail}
	case status >= 300 && status < 400:
		return &directory.RefusedError{Call: call, Status: status, Code: "redirect", Detail: detail}
	}
	return &directory.RefusedError{Call: call, Status: status, Detail: detail}
}

// retryAfter reads the header in both of its forms, RFC 9110 section 10.2.3.
func (p *poster) retryAfter(answer *http.Response) time.Duration {
	value := answer.Header.Get("Retry-After")
	if seconds, err := strconv.Atoi(value); err == nil {
		return time.Duration(max(seconds, 0)) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(at.Sub(p.now()), 0)
	}
	return 0
}
