package app

import (
	"fmt"
	"net/http"
	"time"

	"github.com/rollcall-sync/rollcall/internal/budget"
	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/atlassiancloud"
	"github.com/rollcall-sync/rollcall/internal/target/atlassianguard"
	"github.com/rollcall-sync/rollcall/internal/target/bitbucketcloud"
	"github.com/rollcall-sync/rollcall/internal/target/bitbucketdc"
	"github.com/rollcall-sync/rollcall/internal/target/confluencecloud"
	"github.com/rollcall-sync/rollcall/internal/target/confluencedc"
	"github.com/rollcall-sync/rollcall/internal/target/crowd"
	"github.com/rollcall-sync/rollcall/internal/target/jiracloud"
	"github.com/rollcall-sync/rollcall/internal/target/jiradc"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// targetKind is what is needed of a target's package to make one of the
// configuration.
type targetKind struct {
	capabilities func() directory.Capabilities
	// identity names the place that the configuration means.
	identity func(config.Target) string
	// new makes the target; its calls go through the transport, or through one of
	// its own where that is nil.
	new func(config.Target, http.RoundTripper) (directory.Target, error)
	// limits is how the vendor counts calls.
	limits func(config.Target) limits
}

// limits is how a vendor counts calls, and where it tells.
type limits struct {
	bucket func(*http.Request) string
	read   func(http.Header, time.Time) (budget.Limits, bool)
	// assumed is the limit of a vendor whose answers tell none.
	assumed budget.Assumed
}

// targetKinds is every kind of target by its name in the configuration.
func targetKinds() map[string]targetKind {
	return map[string]targetKind{
		config.KindAtlassianCloud:  {atlassiancloud.Capabilities, atlassianCloudIdentity, newAtlassianCloud, cloudLimits},
		config.KindAtlassianGuard:  {atlassianguard.Capabilities, atlassianGuardIdentity, newAtlassianGuard, cloudLimits},
		config.KindJiraCloud:       {jiracloud.Capabilities, jiraCloudIdentity, newJiraCloud, cloudLimits},
		config.KindConfluenceCloud: {confluencecloud.Capabilities, confluenceCloudIdentity, newConfluenceCloud, cloudLimits},
		config.KindBitbucketCloud:  {bitbucketcloud.Capabilities, bitbucketCloudIdentity, newBitbucketCloud, bitbucketCloudLimits},
		config.KindJiraDC:          {jiradc.Capabilities, jiraDCIdentity, newJiraDC, serverLimits},
		config.KindConfluenceDC:    {confluencedc.Capabilities, confluenceDCIdentity, newConfluenceDC, serverLimits},
		config.KindBitbucketDC:     {bitbucketdc.Capabilities, bitbucketDCIdentity, newBitbucketDC, serverLimits},
		config.KindCrowd:           {crowd.Capabilities, crowdIdentity, newCrowd, serverLimits},
	}
}

// capabilities is what a kind of target can do.
func capabilities(kind string) directory.Capabilities {
	if k, ok := targetKinds()[kind]; ok {
		return k.capabilities()
	}
	return directory.Capabilities{}
}

// identity names the place that the configuration means by a target; empty for
// a kind that newTarget refuses.
func identity(t config.Target) string {
	if k, ok := targetKinds()[t.Kind]; ok {
		return k.identity(t)
	}
	return ""
}

// cloudLimits is how Atlassian Cloud counts: each endpoint for itself.
// https://developer.atlassian.com/cloud/jira/platform/rate-limiting/
func cloudLimits(config.Target) limits {
	return limits{bucket: rest.NameOf, read: rest.CloudLimits}
}

// bitbucketCloudLimits is how Bitbucket Cloud counts: by the hour, and without
// telling.
// https://support.atlassian.com/bitbucket-cloud/docs/api-request-limits/
func bitbucketCloudLimits(t config.Target) limits {
	return limits{bucket: bitbucketcloud.BucketOf, read: bitbucketcloud.ReadLimits, assumed: bitbucketcloud.AssumedLimit(t.CallsPerHour)}
}

// serverLimits is how the products of a Data Center count, where an
// administrator has them count at all: all calls of one user together.
// https://confluence.atlassian.com/adminjiraserver/adjusting-your-code-for-rate-limiting-987143384.html
func serverLimits(config.Target) limits {
	return limits{bucket: func(*http.Request) string { return "all calls of a user" }, read: rest.DataCenterLimits}
}

// credential is how the configuration has a target signed in to.
func credential(t config.Target) rest.Credential {
	user, secret := principal(t)
	if user == "" {
		return rest.Bearer(secret.Reveal())
	}
	return rest.Basic(user, secret.Reveal())
}

// principal is who the calls of a target are made as, by whatever secret it
// has; the name is empty where a token says it.
func principal(t config.Target) (name string, secret config.Secret) {
	switch {
	case !t.APIKey.IsZero():
		return "", t.APIKey
	case t.Application != "":
		return t.Application, t.Password
	case !t.Token.IsZero():
		return t.User, t.Token
	}
	return t.User, t.Password
}

// newTarget makes a target of the configuration. With a database its calls
// keep to the shared budget, and with metrics they are counted.
func newTarget(connection string, t config.Target, db Database, metrics *callMetrics) (directory.Target, error) {
	kind, ok := targetKinds()[t.Kind]
	if !ok {
		return nil, fmt.Errorf("kind %s is not one that this program knows", t.Kind)
	}
	var transport http.RoundTripper
	if metrics != nil || db != nil {
		transport = metrics.around(rest.NewTransport(), connection, t.Name, rest.NameOf)
	}
	if db != nil {
		transport = budget.NewTransport(transport, db, kind.endpoint(t))
	}
	return kind.new(t, transport)
}

// endpoint is the budget that the calls of a target share with all others to
// the same place with the same credential.
func (k targetKind) endpoint(t config.Target) budget.Endpoint {
	name, secret := principal(t)
	family := t.Kind
	if t.Kind == config.KindAtlassianCloud {
		family = "atlassian"
	}
	if name != "" {
		secret = config.NewSecret(name + ":" + secret.Reveal())
	}
	counted := k.limits(t)
	return budget.Endpoint{
		Owner: owner(family, t.URL, secret), Share: float64(t.RateLimitShare), Bucket: counted.bucket, Read: counted.read, Assumed: counted.assumed,
	}
}

// made is a target as the interface that it is; none at all after an error.
func made[T directory.Target](t T, err error) (directory.Target, error) {
	if err != nil {
		return nil, err
	}
	return t, nil
}
