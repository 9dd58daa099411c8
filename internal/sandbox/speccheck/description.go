package speccheck

import (
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
)

// scimJSON is the media type of SCIM (RFC 7644, section 3.1).
const scimJSON = "application/scim+json"

// registerMediaTypes makes the media types of a description known. One with a
// parameter ("application/json;charset=UTF-8") is taken without: answers say
// the character set in their own way or not at all, and JSON has but one.
func registerMediaTypes(document *openapi3.T) {
	openapi3filter.RegisterBodyDecoder(scimJSON, openapi3filter.JSONBodyDecoder)
	for _, item := range document.Paths.Map() {
		for _, operation := range item.Operations() {
			if body := operation.RequestBody; body != nil && body.Value != nil {
				dropParameters(body.Value.Content)
			}
			for _, response := range operation.Responses.Map() {
				if response.Value != nil {
					dropParameters(response.Value.Content)
					allowNoNextPage(response.Value.Content)
				}
			}
		}
	}
}

// allowNoNextPage lets the last page of any of Bitbucket Data Center's lists say
// null for where the next one begins, as the server does; the description
// allows it for some.
func allowNoNextPage(content openapi3.Content) {
	for _, media := range content {
		if media.Schema == nil || media.Schema.Value == nil {
			continue
		}
		if next := media.Schema.Value.Properties["nextPageStart"]; next != nil && next.Value != nil {
			next.Value.Nullable = true
		}
	}
}

func dropParameters(content openapi3.Content) {
	for _, key := range slices.Collect(maps.Keys(content)) {
		mediaType, _, has := strings.Cut(key, ";")
		if !has {
			continue
		}
		if content[mediaType] == nil {
			content[mediaType] = content[key]
		}
		delete(content, key)
	}
}

// rootsOf are the beginnings of a description's paths: what they have all in
// common, else the first segment of each.
func rootsOf(templates []string) []string {
	var common []string
	var firsts []string
	for i, template := range templates {
		segments := strings.Split(strings.TrimPrefix(template, "/"), "/")
		if at := slices.IndexFunc(segments, func(s string) bool { return strings.HasPrefix(s, "{") }); at >= 0 {
			segments = segments[:at]
		}
		if first := "/" + segments[0]; !slices.Contains(firsts, first) {
			firsts = append(firsts, first)
		}
		if i == 0 {
			common = segments
			continue
		}
		same := 0
		for same < min(len(common), len(segments)) && common[same] == segments[same] {
			same++
		}
		common = common[:same]
	}
	if len(common) > 0 {
		return []string{"/" + strings.Join(common, "/")}
	}
	return firsts
}
