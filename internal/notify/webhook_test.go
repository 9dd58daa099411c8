package notify_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/notify"
)

// received is a request as a receiver got it.
type received struct {
	Method, Path, ContentType, Event, Delivery, Timestamp, Signature, Body string
}

// receiver answers requests by a function and keeps them in a channel.
func receiver(t *testing.T, answer http.HandlerFunc) (*httptest.Server, chan received) {
	t.Helper()
	requests := make(chan received, 10)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		requests <- received{r.Method, r.URL.Path, r.Header.Get("Content-Type"), r.Header.Get(notify.HeaderEvent), r.Header.Get(notify.HeaderDelivery),
			r.Header.Get(notify.HeaderTimestamp), r.Header.Get(notify.HeaderSignature), string(body)}
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	return server, requests
}

func to(t *testing.T, d notify.Destination) *notify.Notifier {
	t.Helper()
	d.Name = "oncall"
	n, err := notify.New([]notify.Destination{d}, notify.Options{Now: func() time.Time { return noon }, Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func ok(http.ResponseWriter, *http.Request) {}

func TestAWebhookGetsTheMessageSigned(t *testing.T) {
	t.Parallel()
	server, requests := receiver(t, ok)
	payload := encoded(t, notify.Failure("staff", 42, directory.ClassAuth, noon))
	if err := to(t, notify.Destination{Kind: notify.Webhook, URL: server.URL + "/hook", Secret: "key"}).Deliver(t.Context(), "oncall", payload); err != nil {
		t.Fatal(err)
	}
	got := <-requests
	m, err := notify.Decode([]byte(got.Body))
	if err != nil {
		t.Fatal(err)
	}
	want := received{Method: "POST", Path: "/hook", ContentType: "application/json", Event: "failure", Delivery: m.ID, Timestamp: "1801396800",
		Signature: notify.Sign("key", "1801396800", payload), Body: string(payload)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("received (-want +got):\n%s", diff)
	}
}

// The signature of a known text, as openssl computes it:
// printf '1801396800.{"a":1}' | openssl dgst -sha256 -hmac key
func TestTheSignatureIsThatOfTheDocumentation(t *testing.T) {
	t.Parallel()
	if got, want := notify.Sign("key", "1801396800", []byte(`{"a":1}`)), "v1=dfe360d08d4572ff04a386bc218958c40153ba19999434178bad3037efda7851"; got != want {
		t.Errorf("the signature is %s, want %s", got, want)
	}
	if notify.Sign("key", "1801396801", []byte(`{"a":1}`)) == notify.Sign("key", "1801396800", []byte(`{"a":1}`)) {
		t.Error("the time is not signed along: an old message could be sent again")
	}
}

func TestAWebhookWithoutASecretIsNotSigned(t *testing.T) {
	t.Parallel()
	server, requests := receiver(t, ok)
	if err := to(t, notify.Destination{Kind: notify.Webhook, URL: server.URL}).Deliver(t.Context(), "oncall", encoded(t, notify.Test(noon))); err != nil {
		t.Fatal(err)
	}
	if got := <-requests; got.Signature != "" {
		t.Errorf("it is signed with nothing: %s", got.Signature)
	}
}

func TestSlackGetsTextWithoutMarkup(t *testing.T) {
	t.Parallel()
	server, requests := receiver(t, ok)
	m := notify.Message{Event: notify.EventFailure, Key: "k", At: noon, Title: "a <b> & c", Text: "see <https://example.com|here>", Next: "1 > 0"}
	if err := to(t, notify.Destination{Kind: notify.Slack, URL: server.URL, Secret: "ignored"}).Deliver(t.Context(), "oncall", encoded(t, m)); err != nil {
		t.Fatal(err)
	}
	var got map[string]string
	if err := json.Unmarshal([]byte((<-requests).Body), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"text": "*a &lt;b&gt; &amp; c*\nsee &lt;https://example.com|here&gt;\n1 &gt; 0"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Slack got (-want +got):\n%s", diff)
	}
}

func TestAReceiverThatDoesNotTakeAMessageIsToldApart(t *testing.T) {
	t.Parallel()
	status := func(code int, retryAfter string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			if retryAfter != "" {
				w.Header().Set("Retry-After", retryAfter)
			}
			w.WriteHeader(code)
			_, _ = io.WriteString(w, "no such hook") // the client may not wait for it
		}
	}
	const call = "POST webhook oncall"
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		want   error
	}{
		"too many messages, for so many seconds": {status(429, "7"), &directory.RateLimitError{Call: call, RetryAfter: 7 * time.Second}},
		"too many messages, until a time": {status(429, noon.Add(time.Minute).Format(http.TimeFormat)),
			&directory.RateLimitError{Call: call, RetryAfter: time.Minute}},
		"too many messages, until a time that is past": {status(429, noon.Add(-time.Minute).Format(http.TimeFormat)), &directory.RateLimitError{Call: call}},
		"an outage":                               {status(503, "3"), &directory.UnavailableError{Call: call, Status: 503, RetryAfter: 3 * time.Second, Detail: "no such hook"}},
		"a mistake of the receiver's":             {status(500, ""), &directory.UnavailableError{Call: call, Status: 500, Detail: "no such hook"}},
		"a receiver that waited for too long":     {status(408, ""), &directory.UnavailableError{Call: call, Status: 408, Detail: "no such hook"}},
		"an address that is not valid any more":   {status(401, ""), &directory.AuthError{Call: call, Status: 401, Detail: "no such hook"}},
		"a receiver that forbids it":              {status(403, ""), &directory.AuthError{Call: call, Status: 403, Detail: "no such hook"}},
		"an address that is gone":                 {status(410, ""), &directory.RefusedError{Call: call, Status: 410, Detail: "no such hook"}},
		"a message that is not understood":        {status(400, ""), &directory.RefusedError{Call: call, Status: 400, Detail: "no such hook"}},
		"a redirect to nowhere":                   {status(302, ""), &directory.RefusedError{Call: call, Status: 302, Code: "redirect", Detail: "no such hook"}},
		"a redirect that would make it a GET":     {http.RedirectHandler("/elsewhere", http.StatusFound).ServeHTTP, &directory.RefusedError{Call: call, Status: 302, Code: "redirect"}},
		"a redirect that never ends":              {http.RedirectHandler("/", http.StatusTemporaryRedirect).ServeHTTP, &directory.RefusedError{Call: call, Status: 307, Code: "redirect"}},
		"a redirect to another host is refused":   {http.RedirectHandler("http://127.0.0.2:1/", http.StatusTemporaryRedirect).ServeHTTP, &directory.RefusedError{Call: call, Status: 307, Code: "redirect"}},
		"a redirect to the same host without TLS": {http.RedirectHandler("https://127.0.0.1/", http.StatusPermanentRedirect).ServeHTTP, &directory.RefusedError{Call: call, Status: 308, Code: "redirect"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, _ := receiver(t, c.answer)
			err := to(t, notify.Destination{Kind: notify.Webhook, URL: server.URL + "/s3cr3t"}).Deliver(t.Context(), "oncall", encoded(t, notify.Test(noon)))
			if diff := cmp.Diff(c.want, err); diff != "" {
				t.Errorf("the error (-want +got):\n%s", diff)
			}
		})
	}
}

func TestARedirectWithinTheHostIsFollowedAsAPost(t *testing.T) {
	t.Parallel()
	server, requests := receiver(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/old" {
			http.Redirect(w, r, "/new", http.StatusPermanentRedirect)
		}
	})
	payload := encoded(t, notify.Test(noon))
	if err := to(t, notify.Destination{Kind: notify.Webhook, URL: server.URL + "/old", Secret: "key"}).Deliver(t.Context(), "oncall", payload); err != nil {
		t.Fatal(err)
	}
	first, second := <-requests, <-requests
	first.Path = "/new"
	if diff := cmp.Diff(first, second); diff != "" || second.Body != string(payload) {
		t.Errorf("the redirected request (-first +second):\n%s", diff)
	}
}

func TestASlowReceiverOrNoneIsUnavailableAndItsAddressStaysSecret(t *testing.T) {
	t.Parallel()
	released := make(chan struct{})
	slow, _ := receiver(t, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-released:
		}
	})
	t.Cleanup(func() { close(released) })
	cut, _ := receiver(t, func(w http.ResponseWriter, _ *http.Request) {
		connection, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		if err := connection.Close(); err != nil {
			t.Error(err)
		}
	})
	for name, address := range map[string]string{"slow": slow.URL, "cut off": cut.URL, "nobody": "http://127.0.0.1:1"} {
		for _, kind := range []string{notify.Webhook, notify.Slack} {
			t.Run(name+" "+kind, func(t *testing.T) {
				t.Parallel()
				n, err := notify.New([]notify.Destination{{Name: "oncall", Kind: kind, URL: address + "/services/T0/B0/s3cr3t"}}, notify.Options{Timeout: 50 * time.Millisecond})
				if err != nil {
					t.Fatal(err)
				}
				err = n.Deliver(t.Context(), "oncall", encoded(t, notify.Test(noon)))
				var unavailable *directory.UnavailableError
				if !errors.As(err, &unavailable) {
					t.Fatalf("the error is %v, want the receiver to be unavailable", err)
				}
				if unavailable.Detail == "" || strings.Contains(unavailable.Error()+unavailable.Detail, "s3cr3t") {
					t.Errorf("the error says %q and %q", unavailable, unavailable.Detail)
				}
			})
		}
	}
}

func TestADeliveryThatIsCancelledEnds(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	server, _ := receiver(t, func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	err := to(t, notify.Destination{Kind: notify.Webhook, URL: server.URL}).Deliver(ctx, "oncall", encoded(t, notify.Test(noon)))
	if directory.ClassOf(err) != directory.ClassUnavailable {
		t.Errorf("the error is %v", err)
	}
}
