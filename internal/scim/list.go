package scim

import (
	"encoding/json"
	"strconv"
)

// ListResponse writes a page by index (RFC 7644, section 3.4.2): start counts
// from 1, perPage is how many resources the page has. Without resources,
// "Resources" is left out when the slice is nil, which is the answer to
// count=0, and an empty array when it is not.
func ListResponse(total, start, perPage int, resources []json.RawMessage) []byte {
	body := beginList(total, perPage, resources)
	body = append(body, `,"startIndex":`...)
	body = strconv.AppendInt(body, int64(start), 10)
	return endList(body, resources)
}

// CursorListResponse writes a page by cursor (RFC 9865, section 2.1); next is
// empty on the last page. A cursor is of unreserved characters, so that it
// needs no escaping.
func CursorListResponse(total, perPage int, next string, resources []json.RawMessage) []byte {
	body := beginList(total, perPage, resources)
	if next != "" {
		body = append(body, `,"nextCursor":"`...)
		body = append(body, next...)
		body = append(body, '"')
	}
	return endList(body, resources)
}

func beginList(total, perPage int, resources []json.RawMessage) []byte {
	size := 200
	for _, r := range resources {
		size += len(r) + 1
	}
	body := make([]byte, 0, size)
	body = append(body, `{"schemas":["`+ListResponseSchema+`"],"totalResults":`...)
	body = strconv.AppendInt(body, int64(total), 10)
	body = append(body, `,"itemsPerPage":`...)
	return strconv.AppendInt(body, int64(perPage), 10)
}

func endList(body []byte, resources []json.RawMessage) []byte {
	if resources == nil {
		return append(body, '}')
	}
	body = append(body, `,"Resources":[`...)
	for i, r := range resources {
		if i > 0 {
			body = append(body, ',')
		}
		body = append(body, r...)
	}
	return append(body, `]}`...)
}
