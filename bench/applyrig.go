package main

import (
	"errors"
	"fmt"
	"path/filepath"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"

	"github.com/rollcall-sync/rollcall/internal/sandbox"
)

// applyRig is a gateway with everything behind it.
type applyRig struct {
	*scimRig
	box      *sandbox.Server
	arrivals *arrivals
}

func (r *applyRig) close() error {
	err := r.scimRig.close()
	if r.box != nil {
		err = errors.Join(err, r.box.Close())
	}
	return err
}

// applyConfiguration has two connections to one organisation: one that is
// pushed alone, and one of Okta's that is pushed as well.
func (r *applyRig) applyConfiguration(temporalLine string) string {
	a := r.box.Announcement()
	target := fmt.Sprintf(`
    targets:
      cloud:
        kind: atlassian-cloud
        url: %s
        organization: %s
        directory: %s
        api_key: ${ATLASSIAN_API_KEY}
        products: {jira: user, confluence: user}
        rate_limit_share: 100%%
    guard: { removals_share: 100%%, removals_limit: 1000000 }`, a.Atlassian, a.Organization, a.Directory)
	return fmt.Sprintf(`%s
database: %q
worker: { listen: "127.0.0.1:0", stop_timeout: 2s }
log: { format: json }
scim: { listen: "127.0.0.1:0", metrics_listen: "127.0.0.1:0" }
connections:
  %s:
    source: { kind: scim }%s
  %s:
    source:
      kind: okta
      also: scim
      url: %s
      token: ${OKTA_TOKEN}
      rate_limit_share: 100%%
      overlap: 0s%s
`, temporalLine, r.databaseLine(), connection, target, ranConnection, a.Okta, target)
}

func (r *applyRig) environment() []string {
	a := r.box.Announcement()
	return append(r.scimRig.environment(), "OKTA_TOKEN="+a.OktaToken, "ATLASSIAN_API_KEY="+a.AtlassianKey)
}

// startAll starts what such an installation has: with SQLite everything in one
// process, with PostgreSQL the worker and the gateway beside Temporal.
func (r *applyRig) startAll() error {
	if !r.settings.postgres {
		return r.startInOne()
	}
	address, err := r.startTemporal()
	if err != nil {
		return err
	}
	path, err := r.writeConfiguration(r.applyConfiguration(fmt.Sprintf("temporal: { address: %q }", address)))
	if err != nil {
		return err
	}
	if err := r.launchWorker(path, r.environment()); err != nil {
		return err
	}
	if err := r.startGateway(path, r.environment()); err != nil {
		return err
	}
	return r.dial(address)
}

// startInOne starts the standalone program and learns from what it prints
// where Temporal and the gateway are.
func (r *applyRig) startInOne() error {
	path, err := r.writeConfiguration(r.applyConfiguration(""))
	if err != nil {
		return err
	}
	places := newPlaces()
	r.worker, err = r.launch("standalone", r.environment(), places, nil, filepath.Join(r.programs, standaloneProgram),
		"--config", path, "--data", r.path("data"), "--address", "127.0.0.1:0", "--ui-address", "")
	if err != nil {
		return err
	}
	var at struct{ Temporal, SCIM string }
	if err := r.await(r.worker, places.complete, &at); err != nil {
		return err
	}
	r.address = at.SCIM
	return r.dial(at.Temporal)
}

func (r *applyRig) dial(address string) (err error) {
	r.client, err = client.DialContext(r.ctx, client.Options{HostPort: address, Logger: log.NewStructuredLogger(discard())})
	if err != nil {
		return fmt.Errorf("connect to Temporal: %w", err)
	}
	return nil
}
