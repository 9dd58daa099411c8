package okta

import (
	"errors"
	"net/url"
	"strings"
)

// mostCursor bounds a cursor, which travels in workflow history.
const mostCursor = 2048

// nextCursor returns the "after" of the next link, "" without one. Only that is
// used of a link: the next request is made from the configured address and the
// parameters of the first one, so a link can lead nowhere else.
func nextCursor(headers []string) (string, error) {
	for _, header := range headers {
		for _, link := range splitLinks(header) {
			target, isNext := parseLink(link)
			if !isNext {
				continue
			}
			u, err := url.Parse(target)
			if err != nil {
				return "", errors.New("the next link cannot be parsed")
			}
			after := u.Query().Get("after")
			if after == "" {
				return "", errors.New("the next link has no cursor")
			}
			if len(after) > mostCursor {
				return "", errors.New("the next link's cursor is longer than 2 KB")
			}
			return after, nil
		}
	}
	return "", nil
}

// splitLinks separates the links of one header at the commas between them
// (RFC 8288, 3): Okta sends a header for each, a proxy may combine them.
func splitLinks(header string) []string {
	var links []string
	start, inTarget, inQuotes := 0, false, false
	for i := range len(header) {
		switch c := header[i]; {
		case c == '<' && !inQuotes:
			inTarget = true
		case c == '>' && !inQuotes:
			inTarget = false
		case c == '"' && !inTarget:
			inQuotes = !inQuotes
		case c == ',' && !inTarget && !inQuotes:
			links = append(links, header[start:i])
			start = i + 1
		}
	}
	return append(links, header[start:])
}

// parseLink returns a link's target and whether its relation is "next".
func parseLink(link string) (target string, isNext bool) {
	link = strings.TrimSpace(link)
	end := strings.IndexByte(link, '>')
	if !strings.HasPrefix(link, "<") || end < 0 {
		return "", false
	}
	for _, parameter := range strings.Split(link[end+1:], ";") {
		name, value, _ := strings.Cut(parameter, "=")
		if !strings.EqualFold(strings.TrimSpace(name), "rel") {
			continue
		}
		for _, relation := range strings.Fields(strings.Trim(strings.TrimSpace(value), `"`)) {
			if strings.EqualFold(relation, "next") {
				return link[1:end], true
			}
		}
	}
	return "", false
}
