package main

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/rollcall-sync/rollcall/internal/sandbox/oktasim"
)

// publishedTime is the least time in which the published limits let calls be
// made: in each of Okta's buckets a window's worth at once, and then as many in
// each window that follows. Buckets do not wait for one another. Atlassian
// publishes no numbers for its organization API.
func publishedTime(calls map[string]int) time.Duration {
	limits := oktasim.PublishedLimits()
	inBucket := map[string]int{}
	for endpoint, n := range calls {
		if !isSource(endpoint) {
			continue
		}
		method, path, _ := strings.Cut(endpoint, " ")
		inBucket[oktasim.BucketOf(&http.Request{Method: method, URL: &url.URL{Path: path}})] += n
	}
	var longest time.Duration
	for bucket, n := range inBucket {
		if limit, limited := limits[bucket]; limited && n > 0 {
			longest = max(longest, time.Duration((n-1)/limit.Requests)*limit.Window)
		}
	}
	return longest
}
