package cli

import (
	"net/http"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// stateApplied is the state of a change that was made.
const stateApplied = string(directory.Applied)

// pushAdvice says what advice on a run says otherwise for what was pushed:
// there is no run to start again, as pushes are tried again by themselves.
var pushAdvice = map[directory.Class]string{
	directory.ClassRateLimited: "{place} allows no more calls for now. It is tried again by itself.",
	directory.ClassUnavailable: "{place} did not answer, or answered with errors. It is tried again by itself; if it lasts, look at the vendor's status page.",
	directory.ClassNotFound:    "It was gone when it was to be changed. It is looked at again by itself.",
	directory.ClassSeat:        "No licence is free in {place}. Free or buy some, then push the person again, or wait for the next scheduled run.",
	directory.ClassNoEmail:     "What was pushed has no e-mail address, and no account can be made without. Map one to emails, or to userName, in the identity provider, then push the person again.",
	directory.ClassNoLink:      "It waits for an account or a group that is not made yet, and goes on by itself once that is.",
	directory.ClassCanceled:    "It was stopped before it was done. It is taken up again by itself.",
	directory.ClassRefused:     "{place} refuses this, and will again. Its own words stand in \"rollcall run {run} --failed\"; correct the person or group in the identity provider, which pushes it again.",
	directory.ClassConflict:    "That address or name belongs to another account or group in {place}. Free it there, or correct it in the identity provider, which pushes it again.",
}

// adviceOnPush says what to do about a class of what was pushed; empty when
// there is nothing to say.
func adviceOnPush(class string, at place) string {
	if class == "" {
		return ""
	}
	text, ok := pushAdvice[directory.Class(class)]
	if !ok {
		return adviceOn(directory.Class(class), at)
	}
	return filled(text, at)
}

// statusAdvice says what an administrator does about an answer, where the
// request's own detail does not.
var statusAdvice = map[int]string{
	http.StatusUnauthorized: "The token is missing, wrong, expired, revoked or of another connection. See \"rollcall token list {connection}\", and paste the whole token.",
	http.StatusForbidden:    "The client asked for what is not shown. Nothing to do, unless it goes on.",
	http.StatusConflict:     "Another object has that userName or displayName. See which with \"rollcall scim show {connection}\"; remove or rename one of the two in the identity provider.",
	http.StatusRequestEntityTooLarge: "The request is larger than scim.max_body or scim.bulk_operations admits. Raise it, and the same limit of a proxy in front, " +
		"or let the client send less at a time.",
	http.StatusPreconditionFailed:  "The client had an older version of the object. It reads it again and repeats; nothing to do.",
	http.StatusTooManyRequests:     "More requests came at a time than scim.concurrency admits, or too many wrong tokens from one address. The client repeats it by itself.",
	http.StatusInternalServerError: "Rollcall did not expect this. The gateway's log says more, by the request id; please report it.",
	http.StatusServiceUnavailable:  "The gateway could not use its database in time. The client repeats it by itself; see that the database runs.",
}

// adviceOnStatus says what to do about how a request was answered; empty when
// there is nothing to say.
func adviceOnStatus(status int, connection string) string {
	return strings.ReplaceAll(statusAdvice[status], "{connection}", connection)
}
