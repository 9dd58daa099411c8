package jiradc_test

import (
	"net/http"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/jiradcsim"
	"github.com/rollcall-sync/rollcall/internal/target/jiradc"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
	"github.com/rollcall-sync/rollcall/internal/target/targettest/vendortest"
)

// vendor is a stand-in that listens, and a target of it.
type vendor struct {
	vendortest.Vendor[*jiradcsim.Sim]
	target *jiradc.Target
}

// newVendor starts a stand-in. between may stand before it; nil is nothing.
func newVendor(t *testing.T, options jiradcsim.Options, change func(*jiradc.Config), between func(http.Handler) http.Handler) vendor {
	t.Helper()
	if options.Engine == nil {
		options.Engine = fault.New(1)
	}
	started := vendortest.Start(t, jiradcsim.New(options), options.Engine, between)
	config := jiradc.Config{
		BaseURL: started.URL, Credential: rest.Bearer(jiradcsim.DefaultToken),
		Applications: []string{jiradcsim.DefaultApplication}, LeadsTo: jiradcsim.DefaultLeadsTo, Transport: started.Transport,
	}
	if change != nil {
		change(&config)
	}
	target, err := jiradc.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return vendor{started, target}
}

// notFoundPage is a proxy that has no page for anything.
func notFoundPage(http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "<html>There is no such page</html>", http.StatusNotFound)
	})
}
