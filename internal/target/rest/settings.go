package rest

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Problems says what is wrong with the configuration of a kind of target, all of
// it at once and in the order given; nil errors among the problems are nothing,
// and so is a nil answer. A timeout that is negative is the last of them.
func Problems(kind string, timeout time.Duration, problems ...error) error {
	if timeout < 0 {
		problems = append(problems, fmt.Errorf("timeout: %s is negative", timeout))
	}
	if err := errors.Join(problems...); err != nil {
		return fmt.Errorf("%s: %w", kind, err)
	}
	return nil
}

// ProblemOf is Problem behind the name that the credential has in the settings,
// such as "API token".
func (c Credential) ProblemOf(name string) error {
	if err := c.Problem(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// Place is a base URL without its scheme and the port that goes without saying,
// in lower case: what tells one product's accounts from another's where the vendor
// gives no id.
func Place(baseURL string) string {
	scheme, place, found := strings.Cut(strings.ToLower(baseURL), "://")
	if !found {
		scheme, place = "", scheme
	}
	host, path, _ := strings.Cut(place, "/")
	switch scheme {
	case "https":
		host = strings.TrimSuffix(host, ":443")
	case "http":
		host = strings.TrimSuffix(host, ":80")
	}
	return strings.TrimRight(host+"/"+path, "/")
}
