package standintest

import (
	"net/http"
	"net/http/httptest"
)

// Bare takes the bodies off refusals, as a vendor has it whose description has
// none for them.
func Bare(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := httptest.NewRecorder()
		next.ServeHTTP(answer, r)
		for name, values := range answer.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(answer.Code)
		if answer.Code < http.StatusBadRequest {
			_, _ = w.Write(answer.Body.Bytes())
		}
	})
}
