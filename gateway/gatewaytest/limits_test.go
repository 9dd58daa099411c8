package gatewaytest_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/gateway/gatewaytest"
	"github.com/rollcall-sync/rollcall/internal/config"
)

func TestABodyThatIsTooLongIs413WhetherItsLengthIsAnnouncedOrNot(t *testing.T) {
	t.Parallel()
	g := gatewaytest.Start(t, gatewaytest.Settings(func(s *config.Scim) { s.MaxBody = 2048 }))
	c := newCaller(t, g)
	long := `{"userName":"` + strings.Repeat("a", 4096) + `"}`
	c.want(c.do("POST", "/Users", long), http.StatusRequestEntityTooLarge)
	request, err := http.NewRequest("POST", g.URL+"/Users", struct{ *strings.Reader }{strings.NewReader(long)})
	if err != nil {
		t.Fatal(err)
	}
	request.ContentLength = -1
	request.Header = c.header.Clone()
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("without a length: status %d", response.StatusCode)
	}
	c.want(c.do("POST", "/Users", `{"userName":"ada"}`), http.StatusCreated)
}

func TestHeadersThatAreTooLongAreRefusedInSCIMsWords(t *testing.T) {
	t.Parallel()
	g := gatewaytest.Start(t, gatewaytest.Settings(func(s *config.Scim) { s.MaxHeader = 4096 }))
	c := newCaller(t, g)
	c.want(c.with("X-Long", strings.Repeat("a", 8192)).do("GET", "/Users/x", ""), http.StatusRequestHeaderFieldsTooLarge)
}

func TestABodyThatIsNoJSONByItsTypeIs415(t *testing.T) {
	t.Parallel()
	c := newCaller(t, gatewaytest.Start(t))
	for kind, want := range map[string]int{
		"application/scim+json": 201, "application/scim+json; charset=utf-8": 201, "application/json": 201, "Application/JSON;charset=UTF-8": 201,
		"application/vnd.x+json": 201, "text/json": 201, "application/json; charset": 201,
		"text/plain": 415, "application/xml": 415, "application/x-www-form-urlencoded": 415,
	} {
		c.want(c.with("Content-Type", kind).do("POST", "/Users", fmt.Sprintf(`{"userName":%q}`, kind)), want)
	}
	c.want(c.with("Content-Encoding", "gzip").do("POST", "/Users", `{"userName":"zipped"}`), http.StatusUnsupportedMediaType)
}

func TestRequestsBeyondTheLimitAreAskedToComeAgainInASecond(t *testing.T) {
	t.Parallel()
	var b between
	g := gatewaytest.Start(t, b.option(), gatewaytest.Settings(func(s *config.Scim) { s.Concurrency = 1 }))
	c := newCaller(t, g)
	arrived, release := make(chan struct{}), make(chan struct{})
	b.onRead(func(context.Context) error { arrived <- struct{}{}; <-release; return nil })
	first := make(chan int, 1)
	go func() {
		r, err := c.try("GET", "/Users/none", "")
		if err != nil {
			t.Error(err)
		}
		first <- r.status
	}()
	<-arrived
	refused := c.want(c.do("GET", "/Users/none", ""), http.StatusTooManyRequests)
	if after := refused.header.Get("Retry-After"); after != "1" {
		t.Errorf("Retry-After %q, want 1", after)
	}
	close(release)
	if status := <-first; status != http.StatusNotFound {
		t.Errorf("the first one was answered %d", status)
	}
}

func TestAnAddressThatSendsWrongTokensWaitsAndOthersDoNot(t *testing.T) {
	t.Parallel()
	g := gatewaytest.Start(t, gatewaytest.Settings(func(s *config.Scim) {
		s.FailedLogins = 3
		s.TrustedProxies = prefixes(t, "127.0.0.0/8")
	}))
	from := func(address, token string) *caller {
		return newCaller(t, g).with("X-Forwarded-For", address).with("Authorization", "Bearer "+token)
	}
	from("192.0.2.1", g.Token).want(from("192.0.2.1", g.Token).do("GET", "/Users/x", ""), http.StatusNotFound)
	for range 3 {
		from("192.0.2.1", "wrong").want(from("192.0.2.1", "wrong").do("GET", "/Users/x", ""), http.StatusUnauthorized)
	}
	refused := from("192.0.2.1", "wrong").do("GET", "/Users/x", "")
	from("192.0.2.1", "wrong").want(refused, http.StatusTooManyRequests)
	var seconds int
	if _, err := fmt.Sscanf(refused.header.Get("Retry-After"), "%d", &seconds); err != nil || seconds < 1 || seconds > 60 {
		t.Errorf("Retry-After %q, want whole seconds up to a minute", refused.header.Get("Retry-After"))
	}
	from("192.0.2.2", "wrong").want(from("192.0.2.2", "wrong").do("GET", "/Users/x", ""), http.StatusUnauthorized)
	from("192.0.2.1", g.Token).want(from("192.0.2.1", g.Token).do("GET", "/Users/x", ""), http.StatusNotFound)
}

func TestAReadThatTakesTooLongIs503(t *testing.T) {
	t.Parallel()
	var b between
	g := gatewaytest.Start(t, b.option(), gatewaytest.Settings(func(s *config.Scim) { s.RequestTimeout = 50 * time.Millisecond }))
	b.onRead(func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
	c := newCaller(t, g)
	if r := c.want(c.do("GET", "/Users/x", ""), http.StatusServiceUnavailable); r.header.Get("Retry-After") != "5" {
		t.Errorf("Retry-After %q", r.header.Get("Retry-After"))
	}
}

// pgError is an error as PostgreSQL's driver gives it.
type pgError string

func (e pgError) Error() string    { return "refused by the database" }
func (e pgError) SQLState() string { return string(e) }

func TestAnOutageOfTheDatabaseIs503AndADefectIs500(t *testing.T) {
	t.Parallel()
	var b between
	g := gatewaytest.Start(t, b.option())
	c := newCaller(t, g)
	for name, one := range map[string]struct {
		err  error
		want int
	}{
		"the connection was refused":    {errors.New("dial tcp 127.0.0.1:5432: connect: connection refused"), http.StatusServiceUnavailable},
		"the server is shutting down":   {pgError("57P01"), http.StatusServiceUnavailable},
		"there are too many clients":    {pgError("53300"), http.StatusServiceUnavailable},
		"a statement that is not right": {pgError("42601"), http.StatusInternalServerError},
	} {
		b.onWrite(func(context.Context) error { return fmt.Errorf("write resource: %w", one.err) })
		r := c.do("POST", "/Users", `{"userName":"ada"}`)
		if r.status != one.want {
			t.Errorf("%s: status %d, want %d", name, r.status, one.want)
		}
		if after := r.header.Get("Retry-After"); (after == "5") != (one.want == http.StatusServiceUnavailable) {
			t.Errorf("%s: Retry-After %q", name, after)
		}
		if strings.Contains(r.body, "5432") || strings.Contains(r.body, "refused by") {
			t.Errorf("%s: the answer tells of the inside: %s", name, r.body)
		}
	}
	b.onWrite(nil)
	c.want(c.do("POST", "/Users", `{"userName":"ada"}`), http.StatusCreated)
}

func TestAPanicIsA500WithTheIdOfTheRequestAndNothingOfThePersonInTheLog(t *testing.T) {
	t.Parallel()
	var b between
	g := gatewaytest.Start(t, b.option())
	b.onWrite(func(context.Context) error { panic("ada.lovelace@example.com") })
	c := newCaller(t, g).with("X-Request-Id", "request-7")
	r := c.want(c.do("POST", "/Users", `{"userName":"ada.lovelace@example.com"}`), http.StatusInternalServerError)
	if r.header.Get("X-Request-Id") != "request-7" || !strings.Contains(r.body, "request-7") {
		t.Errorf("the answer does not name the request: %s", r.body)
	}
	log := g.Log.String()
	if !strings.Contains(log, "request-7") || !strings.Contains(log, "between_test.go") {
		t.Errorf("the log has no request or stack: %s", log)
	}
	if strings.Contains(log, "lovelace") || strings.Contains(log, g.Token) {
		t.Errorf("the log has something of the person: %s", log)
	}
	b.onWrite(nil)
	c.want(c.do("POST", "/Users", `{"userName":"ada"}`), http.StatusCreated)
}
