package scenario

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"time"
)

// exchange is one call that is answered wrongly.
type exchange struct {
	http.ResponseWriter
	*http.Request
	// do performs the call and returns what the stand-in answers.
	do func() *httptest.ResponseRecorder
	// earlier are answers to the same operation, about other objects.
	earlier [][]byte
	// elsewhere is the address of another host.
	elsewhere string
}

// wrongReply is a way to answer one call wrongly.
type wrongReply struct {
	name  string
	reply func(exchange)
	// lies says that something was done which was not.
	lies bool
}

const (
	jsonBody = "application/json"
	htmlBody = "text/html;charset=UTF-8"
	login    = "<!DOCTYPE html><html><head><title>Log in</title></head><body><form action=/login></form></body></html>"
	gateway  = "<html><head><title>Error</title></head><body><center><h1>nginx</h1></center></body></html>"
)

// instead answers without performing the call.
func instead(status int, contentType, body string, headers ...string) func(exchange) {
	return func(x exchange) {
		x.Header().Set("Content-Type", contentType)
		for i := 0; i < len(headers); i += 2 {
			x.Header().Set(headers[i], headers[i+1])
		}
		x.WriteHeader(status)
		x.say([]byte(body))
	}
}

// afterwards performs the call and answers something else.
func afterwards(status int, body string) func(exchange) {
	return func(x exchange) {
		x.do()
		instead(status, jsonBody, body)(x)
	}
}

// altered performs the call and changes what the answer holds.
func altered(change func(x exchange, body []byte) []byte) func(exchange) {
	return func(x exchange) {
		answer := x.do()
		maps.Copy(x.Header(), answer.Header())
		x.WriteHeader(answer.Code)
		x.say(change(x, answer.Body.Bytes()))
	}
}

// Header is the answer's: a request has one as well.
func (x exchange) Header() http.Header { return x.ResponseWriter.Header() }

// say writes a body. That the caller went away meanwhile is its affair.
func (x exchange) say(body []byte) { _, _ = x.ResponseWriter.Write(body) }

// moved redirects the call.
func moved(status int, where func(x exchange) string) func(exchange) {
	return func(x exchange) {
		x.Header().Set("Location", where(x))
		x.WriteHeader(status)
	}
}

var (
	totals = regexp.MustCompile(`"(total|totalResults|totalSize|size)":\s*\d+`)
	ends   = regexp.MustCompile(`"(isLastPage|isLast|last)":\s*true`)
)

// wrongReplies are how an operation is answered once.
func wrongReplies() []wrongReply {
	return []wrongReply{
		{name: "an empty object", reply: instead(200, jsonBody, "{}"), lies: true},
		{name: "an empty list", reply: instead(200, jsonBody, "[]"), lies: true},
		{name: "null", reply: instead(200, jsonBody, "null"), lies: true},
		{name: "204 without anything", reply: instead(204, jsonBody, ""), lies: true},
		{name: "a page to sign in", reply: instead(200, htmlBody, login)},
		{name: "half of the answer", reply: altered(func(_ exchange, body []byte) []byte { return body[:len(body)/2] })},
		{name: "an answer about another object", reply: altered(anothers)},
		{name: "a total that is too small", reply: altered(func(_ exchange, body []byte) []byte { return totals.ReplaceAll(body, []byte(`"$1":1`)) })},
		{name: "a total that is too large", reply: altered(func(_ exchange, body []byte) []byte { return totals.ReplaceAll(body, []byte(`"$1":99999`)) })},
		{name: "a next page, which is this one", reply: altered(onceMore)},
		{name: "401", reply: instead(401, jsonBody, `{"message":"Unauthorized"}`)},
		{name: "403", reply: instead(403, jsonBody, `{"message":"Forbidden"}`)},
		{name: "403 of a proxy", reply: instead(403, htmlBody, gateway)},
		{name: "404", reply: instead(404, jsonBody, `{"message":"Not found"}`)},
		{name: "404 of a proxy", reply: instead(404, htmlBody, gateway)},
		{name: "405", reply: instead(405, htmlBody, gateway)},
		{name: "400", reply: instead(400, jsonBody, `{"message":"Bad request"}`)},
		{name: "409", reply: instead(409, jsonBody, `{"message":"Conflict"}`)},
		{name: "410", reply: instead(410, jsonBody, `{"message":"Gone"}`)},
		{name: "415", reply: instead(415, jsonBody, `{}`)},
		{name: "423", reply: instead(423, jsonBody, `{}`)},
		{name: "429 with a second", reply: instead(429, jsonBody, `{}`, "Retry-After", "1")},
		{name: "429 with less than nothing", reply: instead(429, jsonBody, `{}`, "Retry-After", "-1")},
		{name: "429 with a date", reply: func(x exchange) {
			instead(429, jsonBody, `{}`, "Retry-After", time.Now().Add(time.Second).UTC().Format(http.TimeFormat))(x)
		}},
		{name: "500 once it is done", reply: afterwards(500, gateway)},
		{name: "409 once it is done", reply: afterwards(409, "{}")},
		{name: "400 once it is done", reply: afterwards(400, "{}")},
		{name: "502 of a proxy", reply: instead(502, htmlBody, gateway)},
		{name: "a connection cut in the middle", reply: cutInTheMiddle},
		{name: "what is not gzip", reply: func(x exchange) {
			x.do()
			instead(200, jsonBody, "not gzip", "Content-Encoding", "gzip")(x)
		}},
		{name: "a redirect to another host", reply: moved(302, func(x exchange) string { return x.elsewhere + "/login" })},
		{name: "a redirect to another host with the same request", reply: moved(307, func(x exchange) string { return x.elsewhere + x.URL.RequestURI() })},
		{name: "a redirect to itself", reply: moved(301, func(x exchange) string { return x.URL.RequestURI() })},
	}
}

// anothers is an earlier answer that was about something else.
func anothers(x exchange, body []byte) []byte {
	for _, other := range x.earlier {
		if !bytes.Equal(other, body) {
			return other
		}
	}
	return body
}

// onceMore says in each vendor's way that there is another page, which begins
// where this one does.
func onceMore(x exchange, body []byte) []byte {
	body = ends.ReplaceAll(body, []byte(`"$1":false,"nextPageStart":0`))
	var page map[string]any
	if json.Unmarshal(body, &page) != nil {
		return body
	}
	_, values := page["values"]
	_, results := page["results"]
	_, entries := page["data"].([]any)
	if values || results || entries {
		page["next"] = "http://" + x.Host + x.URL.String()
		page["_links"] = map[string]any{"next": x.URL.String(), "base": "http://" + x.Host}
		page["links"] = map[string]any{"next": x.URL.Query().Get("cursor") + "x"}
	}
	text, err := json.Marshal(page)
	if err != nil {
		return body
	}
	return text
}

func cutInTheMiddle(x exchange) {
	answer := x.do()
	body := append(answer.Body.Bytes(), "  "...)
	maps.Copy(x.Header(), answer.Header())
	x.Header().Set("Content-Length", strconv.Itoa(len(body)))
	x.WriteHeader(answer.Code)
	x.say(body[:len(body)/2])
	_ = http.NewResponseController(x.ResponseWriter).Flush() // what has left is all that is wanted
	panic(http.ErrAbortHandler)
}
