package standin

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/gorilla/mux"
)

// bodyLimit is more than the largest valid request needs.
const bodyLimit = 4 << 20

// readFirst reads a request's body before anything else: net/http notices only
// then that the caller has gone away, and a delayed answer ends with it.
func readFirst(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(io.LimitReader(r.Body, bodyLimit+1))
		if err != nil || len(body) > bodyLimit {
			panic(http.ErrAbortHandler)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		next.ServeHTTP(w, r)
	})
}

// Decode reads a JSON body strictly: one of the content types
// ("application/json" when none are given), one object, the right types.
// Unknown fields are an error if strict.
func Decode(r *http.Request, into any, strict bool, contentTypes ...string) error {
	if len(contentTypes) == 0 {
		contentTypes = []string{"application/json"}
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || !slices.Contains(contentTypes, kind) {
		return fmt.Errorf("the Content-Type must be %s", contentTypes[0])
	}
	decoder := json.NewDecoder(r.Body)
	if strict {
		decoder.DisallowUnknownFields()
	}
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("the body does not fit: %w", err)
	}
	if decoder.More() {
		return errors.New("there is something after the body")
	}
	return nil
}

// Answer writes JSON. A caller that has gone away is not an error of the
// stand-in's.
func Answer(w http.ResponseWriter, status int, body any) {
	AnswerAs(w, status, "application/json", body)
}

// AnswerAs is Answer with another content type. The values are the stand-in's
// own and always encode.
func AnswerAs(w http.ResponseWriter, status int, contentType string, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		panic(fmt.Errorf("encode an answer: %w", err))
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	if _, err := w.Write(text); err != nil {
		return
	}
}

// Var is a variable of the path, unescaped.
func Var(r *http.Request, name string) string {
	raw := mux.Vars(r)[name]
	if plain, err := url.PathUnescape(raw); err == nil {
		return plain
	}
	return raw
}

// Number reads a whole number of the query: fallback when it is absent, false
// when it is not a number of at least 0.
func Number(r *http.Request, name string, fallback int) (int, bool) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return fallback, true
	}
	n, err := strconv.Atoi(text)
	return n, err == nil && n >= 0
}

// Page returns the part of a list that begins at start, at most limit long.
func Page[T any](all []T, start, limit int) []T {
	start = min(start, len(all))
	return all[start:min(start+limit, len(all))]
}
