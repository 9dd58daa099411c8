package confluencedc_test

import (
	"net/http"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/sandbox/confluencedcsim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/target/confluencedc"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
	"github.com/rollcall-sync/rollcall/internal/target/targettest/vendortest"
)

// vendor is a stand-in that listens, and a target of it.
type vendor struct {
	vendortest.Vendor[*confluencedcsim.Sim]
	target *confluencedc.Target
}

// newVendor starts a stand-in. between may stand before it; nil is nothing.
func newVendor(t *testing.T, options confluencedcsim.Options, change func(*confluencedc.Config), between func(http.Handler) http.Handler) vendor {
	t.Helper()
	if options.Engine == nil {
		options.Engine = fault.New(1)
	}
	started := vendortest.Start(t, confluencedcsim.New(options), options.Engine, between)
	config := confluencedc.Config{
		BaseURL: started.URL, Credential: rest.Bearer(confluencedcsim.DefaultToken), Transport: started.Transport,
	}
	if change != nil {
		change(&config)
	}
	target, err := confluencedc.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return vendor{started, target}
}
