package gateway

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// mostSteps is how many operations of a PATCH are put into words.
const mostSteps = 5

// summaryOfPatch says in words what a PATCH asks for: operations and names of
// attributes, no values, but for "active", which is what people look for in
// the log. A body that is wrong has no more words than its kind.
func summaryOfPatch(t *resourceType, body []byte) string {
	summary := "change a " + t.noun
	var patch struct {
		Operations []struct {
			Op    string
			Path  string
			Value json.RawMessage
		}
	}
	if json.Unmarshal(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")), &patch) != nil {
		return summary
	}
	for i, o := range patch.Operations {
		if i == mostSteps {
			summary += ", …"
			break
		}
		separator := ", "
		if i == 0 {
			separator = ": "
		}
		summary += separator + step(o.Op, o.Path, o.Value)
	}
	return summary
}

func step(op, path string, value json.RawMessage) string {
	op = printable(strings.ToLower(op), 10)
	if path == "" {
		var object map[string]json.RawMessage
		if json.Unmarshal(value, &object) != nil {
			return op
		}
		var names []string
		for _, name := range slices.Sorted(maps.Keys(object)) {
			names = append(names, attribute(name, object[name]))
			if len(names) == mostSteps {
				break
			}
		}
		return op + " " + strings.Join(names, " and ")
	}
	return op + " " + attribute(path, value)
}

// attribute is a path without what stands in its brackets, which may be an
// address.
func attribute(path string, value json.RawMessage) string {
	if begin, end := strings.IndexByte(path, '['), strings.LastIndexByte(path, ']'); begin >= 0 {
		rest := ""
		if end > begin {
			rest = path[end+1:]
		}
		path = path[:begin] + "[…]" + rest
	}
	named := strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, path)
	if len(named) > 100 {
		named = strings.ToValidUTF8(named[:100], "") + "…"
	}
	if strings.EqualFold(path, "active") {
		switch said := strings.ToLower(strings.Trim(string(value), `"`)); said {
		case "true", "false":
			return named + "=" + said
		}
	}
	return named
}
