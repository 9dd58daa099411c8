// Package okta reads people and groups from an Okta organisation through its
// REST API, over the request executor of okta-sdk-golang/v2.
//
// The SDK builds and authenticates requests. Everything that it would decide
// for itself is switched off or taken out of its hands: it reads no
// configuration from files or the environment, caches nothing, retries
// nothing, follows no links and decodes no bodies (see executor.go and
// exchange.go for why each).
package okta
