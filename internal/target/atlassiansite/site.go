package atlassiansite

import (
	"errors"
	"net/url"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// ParseBase reads a site's address, such as "https://example.atlassian.net".
// Confluence's own address, which ends in /wiki, is the same site.
func ParseBase(raw string) (*url.URL, error) {
	base, err := rest.ParseBase(raw)
	if err != nil {
		return nil, err
	}
	if base.Path != "" && base.Path != "/wiki" {
		return nil, errors.New("base URL: expected the site's address alone, such as https://example.atlassian.net")
	}
	base.Path, base.RawPath = "", ""
	return base, nil
}

// Identity names the place that the accounts and groups of a site live in. It is
// one for all products of the site.
func Identity(baseURL string) string {
	host := baseURL
	if base, err := url.Parse(strings.TrimSpace(baseURL)); err == nil && base.Host != "" {
		host = base.Host
		if port := base.Port(); base.Scheme == "https" && port == "443" || base.Scheme == "http" && port == "80" {
			host = base.Hostname()
		}
	}
	return "atlassian-site:" + strings.ToLower(host)
}

// maxGroupName is the longest name that a group may have, in characters: that
// of the directory which the products of a site share.
const maxGroupName = 255

// GroupName says what is wrong with a group's name; nothing is an empty answer.
func GroupName(name string) string { return directory.PlainGroupName(maxGroupName)(name) }

// AdministrativeGroups are names that Atlassian gives to groups which administer
// an organisation, a site or its products, beside those that the API lists by
// their level of access. Somebody may have given one of them to a group that
// administers nothing: it is left alone all the same.
// https://support.atlassian.com/user-management/docs/default-groups-and-permissions/
func AdministrativeGroups() []string {
	return []string{
		"org-admins", "site-admins", "administrators", "system-administrators",
		"jira-administrators", "confluence-administrators",
	}
}

// Administrative reports whether a group has one of the AdministrativeGroups'
// names, whatever its case.
func Administrative(name string) bool {
	for _, one := range AdministrativeGroups() {
		if strings.EqualFold(name, one) {
			return true
		}
	}
	return false
}

// Fold is the form in which names and addresses are compared.
func Fold(text string) string { return strings.ToLower(text) }
