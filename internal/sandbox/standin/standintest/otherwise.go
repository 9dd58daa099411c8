package standintest

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
)

// Otherwise answers as another server of the same API may: compressed, indented,
// with fields in another order and fields that nobody knows, with null for those
// of the names given that are not there, and 200 or 201 for whatever a write
// succeeded with. What a client makes of an answer must not depend on any of it.
func Otherwise(next http.Handler, nulls ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := httptest.NewRecorder()
		next.ServeHTTP(answer, r)
		for name, values := range answer.Header() {
			w.Header()[name] = values
		}
		status, body := answer.Code, rewritten(answer.Body.Bytes(), nulls)
		if r.Method != http.MethodGet && status < http.StatusMultipleChoices {
			status = http.StatusCreated
			if len(body) == 0 {
				status = http.StatusOK
			}
		}
		if len(body) == 0 || !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			w.WriteHeader(status)
			_, _ = w.Write(body) // the caller may have gone away
			return
		}
		w.Header().Set("Content-Encoding", "gzip")
		w.WriteHeader(status)
		packed := gzip.NewWriter(w)
		_, _ = packed.Write(body)
		_ = packed.Close()
	})
}

// rewritten is a JSON body in other words; any other body stays as it is.
func rewritten(body []byte, nulls []string) []byte {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var document any
	if decoder.Decode(&document) != nil {
		return body
	}
	text, err := json.MarshalIndent(grown(document, nulls), "", "\t")
	if err != nil {
		return body
	}
	return append([]byte("\r\n"), text...)
}

// grown adds to each object of a document what nobody knows.
func grown(part any, nulls []string) any {
	switch part := part.(type) {
	case map[string]any:
		for name, value := range part {
			part[name] = grown(value, nulls)
		}
		for _, name := range nulls {
			if _, there := part[name]; !there {
				part[name] = nil
			}
		}
		part["_new"] = map[string]any{"of": []any{1, nil}}
	case []any:
		for i := range part {
			part[i] = grown(part[i], nulls)
		}
	}
	return part
}
