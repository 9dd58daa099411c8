package app

import (
	"net/http"

	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/bitbucketdc"
	"github.com/rollcall-sync/rollcall/internal/target/confluencedc"
	"github.com/rollcall-sync/rollcall/internal/target/crowd"
	"github.com/rollcall-sync/rollcall/internal/target/jiradc"
)

func jiraDCIdentity(t config.Target) string { return jiradc.Identity(t.URL) }

func newJiraDC(t config.Target, transport http.RoundTripper) (directory.Target, error) {
	return made(jiradc.New(jiradc.Config{
		BaseURL: t.URL, Credential: credential(t), Applications: t.Applications, LeadsTo: t.LeadsTo,
		Timeout: t.Timeout, UserAgent: userAgent(), Transport: transport,
	}))
}

func confluenceDCIdentity(t config.Target) string { return confluencedc.Identity(t.URL) }

func newConfluenceDC(t config.Target, transport http.RoundTripper) (directory.Target, error) {
	return made(confluencedc.New(confluencedc.Config{
		BaseURL: t.URL, Credential: credential(t), Timeout: t.Timeout, UserAgent: userAgent(), Transport: transport,
	}))
}

func bitbucketDCIdentity(t config.Target) string { return bitbucketdc.Identity(t.URL) }

func newBitbucketDC(t config.Target, transport http.RoundTripper) (directory.Target, error) {
	return made(bitbucketdc.New(bitbucketdc.Config{
		BaseURL: t.URL, Credential: credential(t), AccessGroups: t.AccessGroups, Timeout: t.Timeout, UserAgent: userAgent(), Transport: transport,
	}))
}

func crowdIdentity(t config.Target) string { return crowd.Identity(t.URL) }

func newCrowd(t config.Target, transport http.RoundTripper) (directory.Target, error) {
	return made(crowd.New(crowd.Config{
		BaseURL: t.URL, Credential: credential(t), Timeout: t.Timeout, UserAgent: userAgent(), Transport: transport,
	}))
}
