package fault

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"time"
)

// Kind is a way to misbehave.
type Kind string

// The kinds of fault. The first five are applied by Engine.Wrap; the others
// are answers with status 200 and wrong content, which list handlers give when
// Engine.ListEffect tells them to.
const (
	// Latency delays the call by Rule.Delay, then performs it.
	Latency Kind = "latency"
	// Status answers with Rule.Status and the vendor's error body; the call is
	// not performed.
	Status Kind = "status"
	// CutBefore cuts the connection; the call is not performed.
	CutBefore Kind = "cut-before"
	// CutAfter performs the call and cuts the connection before the answer.
	CutAfter Kind = "cut-after"
	// Disown performs calls, and answers those that changed something with
	// Rule.Status and the vendor's error body, as if they were refused. From the
	// first of them on, all other calls are answered with Rule.Then: nobody can see
	// what became of it.
	Disown Kind = "disown"
	// Empty answers a list with no items and no next page.
	Empty Kind = "empty"
	// Half answers a list with every second item of the whole list.
	Half Kind = "half"
	// SkipPage leaves out one page in the middle of a list.
	SkipPage Kind = "skip-page"
	// Stale answers a list as it was before the writes of the last seconds.
	Stale Kind = "stale"
)

var (
	callKinds = []Kind{Latency, Status, CutBefore, CutAfter, Disown}
	listKinds = []Kind{Empty, Half, SkipPage, Stale}
)

// Duration is a time.Duration that reads and writes as text ("20ms") in JSON.
type Duration time.Duration

// MarshalJSON writes the duration as text.
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(time.Duration(d).String()) }

// UnmarshalJSON reads the duration from text; anything that
// time.ParseDuration refuses is an error.
func (d *Duration) UnmarshalJSON(text []byte) error {
	var s string
	if err := json.Unmarshal(text, &s); err != nil {
		return fmt.Errorf("read duration: %w", err)
	}
	parsed, err := time.ParseDuration(s)
	if err != nil {
		return fmt.Errorf("read duration: %w", err)
	}
	*d = Duration(parsed)
	return nil
}

// Rule says which calls misbehave, how, and how often.
type Rule struct {
	// ID is assigned when empty.
	ID string `json:"id,omitempty"`
	// API is "okta", "atlassian", a kind of target such as "jira-dc", or "" for all.
	API string `json:"api,omitempty"`
	// Method is the HTTP method, or "" for any.
	Method string `json:"method,omitempty"`
	// Path is a regular expression on the URL's path, or "" for any.
	Path string `json:"path,omitempty"`
	Kind Kind   `json:"kind"`
	// Status is the answer's HTTP status, for Kind Status and Disown.
	Status int `json:"status,omitempty"`
	// Then is what is answered once something was done and disowned.
	Then Answer `json:"then,omitzero"`
	// RetryAfter is the Retry-After header's value, for Kind Status; "" sends
	// none.
	RetryAfter string `json:"retry_after,omitempty"`
	// Delay is how long a call waits, for Kind Latency.
	Delay Duration `json:"delay,omitempty"`
	// Probability is between 0 and 1; 0 means always.
	Probability float64 `json:"probability,omitempty"`
	// After skips the first matching requests.
	After int `json:"after,omitempty"`
	// Times is how often the rule applies at most; 0 means for ever.
	Times int `json:"times,omitempty"`
	// MatchBody is a regular expression on the request's body, or "" for any,
	// so that one person can be refused for ever.
	MatchBody string `json:"match_body,omitempty"`
	// MatchQuery is a regular expression on the address's query as it is sent
	// (escaped), or "" for any: for APIs that name people there.
	MatchQuery string `json:"match_query,omitempty"`
}

// Answer is an answer of its own.
type Answer struct {
	Status int `json:"status,omitempty"`
	// Body is the vendor's own error body when empty. One that begins with "<" is a
	// page, any other JSON.
	Body string `json:"body,omitempty"`
}

// Validate returns what is wrong with the rule, nil if nothing.
func (rule Rule) Validate() error {
	_, err := compile(rule)
	return err
}

// compiled is a rule ready for matching, with its counters.
type compiled struct {
	Rule
	path, body, query *regexp.Regexp
	// matched counts requests that the rule's conditions fit, applied those it
	// changed.
	matched, applied int
	// disowned is set once something was done and disowned.
	disowned bool
}

func compile(rule Rule) (*compiled, error) {
	if !slices.Contains(callKinds, rule.Kind) && !slices.Contains(listKinds, rule.Kind) {
		return nil, fmt.Errorf("fault rule: unknown kind %q", rule.Kind)
	}
	if (rule.Kind == Status || rule.Kind == Disown) && http.StatusText(rule.Status) == "" {
		return nil, fmt.Errorf("fault rule: status %d is not an HTTP status", rule.Status)
	}
	if rule.Kind == Disown && http.StatusText(rule.Then.Status) == "" {
		return nil, fmt.Errorf("fault rule: status %d of what is answered then is not an HTTP status", rule.Then.Status)
	}
	if rule.Kind == Latency && rule.Delay <= 0 {
		return nil, fmt.Errorf("fault rule: a latency needs a delay above zero")
	}
	if rule.Probability < 0 || rule.Probability > 1 {
		return nil, fmt.Errorf("fault rule: probability %g is not between 0 and 1", rule.Probability)
	}
	if rule.After < 0 || rule.Times < 0 {
		return nil, fmt.Errorf("fault rule: after and times cannot be negative")
	}
	c := &compiled{Rule: rule}
	var err error
	if rule.Path != "" {
		if c.path, err = regexp.Compile(rule.Path); err != nil {
			return nil, fmt.Errorf("fault rule: path: %w", err)
		}
	}
	if rule.MatchBody != "" {
		if c.body, err = regexp.Compile(rule.MatchBody); err != nil {
			return nil, fmt.Errorf("fault rule: body: %w", err)
		}
	}
	if rule.MatchQuery != "" {
		if c.query, err = regexp.Compile(rule.MatchQuery); err != nil {
			return nil, fmt.Errorf("fault rule: query: %w", err)
		}
	}
	return c, nil
}

// concerns says whether the rule's conditions on API, method and path fit.
func (c *compiled) concerns(api string, r *http.Request) bool {
	return (c.API == "" || c.API == api) &&
		(c.Method == "" || c.Method == r.Method) &&
		(c.path == nil || c.path.MatchString(r.URL.Path)) &&
		(c.query == nil || c.query.MatchString(r.URL.RawQuery))
}
