package main

import (
	"fmt"
	"math/rand"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// serverThatAnswers is a server whose answers are of a length, chunked or not.
func serverThatAnswers(t *testing.T, status, length int, chunked bool) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if !chunked {
			w.Header().Set("Content-Length", fmt.Sprint(length))
		}
		w.WriteHeader(status)
		for range length / 10 {
			_, _ = fmt.Fprint(w, "0123456789") // a client that is gone fails the test itself
			if f, ok := w.(http.Flusher); chunked && ok {
				f.Flush()
			}
		}
	}))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

func TestAConnectionReadsAnswerAfterAnswer(t *testing.T) {
	t.Parallel()
	for name, chunked := range map[string]bool{"with a length": false, "in chunks": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, err := dialHTTP(t.Context(), serverThatAnswers(t, http.StatusCreated, 200, chunked))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.conn.Close() // the test is over
			for range 3 {
				status, body, err := conn.do([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"))
				if err != nil || status != http.StatusCreated || string(body) != strings.Repeat("0123456789", 20) {
					t.Fatalf("got %d, %q, %v", status, body, err)
				}
			}
		})
	}
}

func TestALoadStopsAtAnAnswerThatIsNotTheOneWanted(t *testing.T) {
	t.Parallel()
	address := serverThatAnswers(t, http.StatusOK, 100, false)
	for name, c := range map[string]struct {
		want  int
		holds string
		fails bool
	}{
		"the right answer":       {http.StatusOK, "12345", false},
		"another status":         {http.StatusCreated, "12345", true},
		"another body":           {http.StatusOK, "54321", true},
		"nothing that is wanted": {http.StatusOK, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := load{want: c.want, next: func(_ *rand.Rand, buffer []byte) ([]byte, string) {
				return append(buffer, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"...), c.holds
			}}
			s, err := l.run(t.Context(), address, 2, 50*time.Millisecond, 1)
			if (err != nil) != c.fails {
				t.Fatalf("got %v", err)
			}
			if !c.fails && (s.latencies.total == 0 || s.took < 50*time.Millisecond) {
				t.Errorf("got %d requests in %s", s.latencies.total, s.took)
			}
		})
	}
}

func TestALoadAsksOnceOnEachConnectionHoweverLittleTimeItHas(t *testing.T) {
	t.Parallel()
	l := load{want: http.StatusOK, next: func(_ *rand.Rand, buffer []byte) ([]byte, string) {
		return append(buffer, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"...), ""
	}}
	// The time is over before the first dial.
	s, err := l.run(t.Context(), serverThatAnswers(t, http.StatusOK, 100, false), 3, -time.Second, 1)
	if err != nil || s.latencies.total != 3 {
		t.Errorf("%d requests over three connections, %v", s.latencies.total, err)
	}
}
