package atlassiansim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"unicode"
)

// bodyLimit is more than the largest valid request needs.
const bodyLimit = 1 << 20

var errNoBody = errors.New("the request has no body")

// decode reads a JSON body strictly: the right content type, one object, no
// unknown field, no null where the description has none, the right types.
func decode(r *http.Request, into any, nullable ...string) error {
	text, err := io.ReadAll(io.LimitReader(r.Body, bodyLimit+1))
	if err != nil {
		return fmt.Errorf("read the body: %w", err)
	}
	if len(text) == 0 {
		return errNoBody
	}
	if len(text) > bodyLimit {
		return errors.New("the body is too large")
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return errors.New("the Content-Type must be application/json")
	}
	return strict(text, into, nullable...)
}

func strict(text []byte, into any, nullable ...string) error {
	if bytes.Contains(text, []byte("null")) {
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(text, &fields); err != nil {
			return fmt.Errorf("the body is no object: %w", err)
		}
		for name, value := range fields {
			if string(value) == "null" && !slices.Contains(nullable, name) {
				return fmt.Errorf("%s must not be null", name)
			}
		}
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("the body does not fit: %w", err)
	}
	if decoder.More() {
		return errors.New("there is something after the body")
	}
	return nil
}

// constraints collects what is wrong with a request.
type constraints struct{ first error }

func (c *constraints) fail(format string, args ...any) {
	if c.first == nil {
		c.first = fmt.Errorf(format, args...)
	}
}

// list checks minItems (1), maxItems and, unless any, the enumeration. Nil is
// a field that was not sent.
func (c *constraints) list(name string, values []string, most int, enum ...string) {
	if values == nil {
		return
	}
	if len(values) == 0 || len(values) > most {
		c.fail("%s must have 1 to %d items", name, most)
	}
	for _, v := range values {
		if v == "" || (len(enum) > 0 && !slices.Contains(enum, v)) {
			c.fail("%s: %q is not allowed", name, v)
		}
	}
}

// unique checks uniqueItems.
func (c *constraints) unique(name string, values []string) {
	seen := make(map[string]struct{}, len(values))
	for _, v := range values {
		if _, twice := seen[v]; twice {
			c.fail("%s: %q is there twice", name, v)
		}
		seen[v] = struct{}{}
	}
}

// limit checks the page size and fills in the default.
func (c *constraints) limit(given *int, standard, most int) int {
	if given == nil {
		return standard
	}
	if *given < 1 || *given > most {
		c.fail("limit must be between 1 and %d", most)
	}
	return *given
}

// control says whether a text has control characters, which no name may have.
func control(text string) bool {
	return slices.ContainsFunc([]rune(text), unicode.IsControl)
}
