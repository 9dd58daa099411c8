package rest_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

func TestAFormIsSentAsItsFields(t *testing.T) {
	t.Parallel()
	type sent struct {
		Type, Name string
		Length     bool
	}
	got := make(chan sent, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got <- sent{r.Header.Get("Content-Type"), r.PostFormValue("name"), r.ContentLength > 0}
		w.WriteHeader(http.StatusOK)
	}))
	t.Cleanup(server.Close)
	base, err := rest.ParseBase(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	transport := rest.NewTransport()
	t.Cleanup(transport.CloseIdleConnections)
	client := rest.New(rest.Config{Base: base, Authorize: rest.Bearer("secret"), Transport: transport})
	err = client.Send(t.Context(), rest.Call{Method: http.MethodPost, Template: "/groups", Form: url.Values{"name": {"R&D = Équipe + 1"}}})
	if err != nil {
		t.Fatal(err)
	}
	want := sent{"application/x-www-form-urlencoded", "R&D = Équipe + 1", true}
	if diff := cmp.Diff(want, <-got); diff != "" {
		t.Errorf("what arrived (-want +got)\n%s", diff)
	}
}
