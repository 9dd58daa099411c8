package confluencedc

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// version asks which Confluence this is, as far as it tells: the manifest that
// it shows to other Atlassian applications has it, in JSON or in XML. It is
// empty where there is none; only an outage is an error.
//
// GET /rest/applinks/1.0/manifest
// https://developer.atlassian.com/server/framework/atlassian-sdk/application-links/
func (t *Target) version(ctx context.Context) (string, error) {
	call := rest.Call{Method: http.MethodGet, Template: "/rest/applinks/1.0/manifest", Object: "manifest"}
	answer, err := t.client.Do(ctx, call)
	switch {
	case err != nil && (rest.Answered(err) || directory.ClassOf(err) == directory.ClassAuth):
		return "", nil
	case err != nil:
		return "", err
	}
	var told struct {
		TypeID  string `json:"typeId" xml:"typeId"`
		Version string `json:"version" xml:"version"`
	}
	decode := json.Unmarshal
	if bytes.HasPrefix(bytes.TrimSpace(answer.Body), []byte("<")) {
		decode = xml.Unmarshal
	}
	if decode(answer.Body, &told) != nil || told.TypeID != "confluence" {
		return "", nil
	}
	return told.Version, nil
}

// atLeast reports whether a version is one or a later one; known is false when
// the version is no version.
func atLeast(version string, least ...int) (is, known bool) {
	numbers := numbersOf(version)
	if len(numbers) < 2 {
		return false, false
	}
	return slices.Compare(numbers[:2], least) >= 0, true
}

// numbersOf reads the numbers that a version begins with.
func numbersOf(version string) []int {
	var numbers []int
	for part := range strings.SplitSeq(version, ".") {
		number, err := strconv.Atoi(part)
		if err != nil {
			break
		}
		numbers = append(numbers, number)
	}
	return numbers
}

// tooOld says what a call means that was answered as if there were no such
// call: a refusal where the version is older than what brought it, or does not
// tell, and an outage where it should be there.
func (t *Target) tooOld(ctx context.Context, call rest.Call, what, since string, err error) error {
	version, readErr := t.version(ctx)
	if readErr != nil {
		return rest.Unclear(call, readErr)
	}
	said := directory.DetailOf(err)
	if is, known := atLeast(version, numbersOf(since)...); known && is {
		return &directory.UnavailableError{
			Call: call.Name(), Status: http.StatusNotFound, Detail: "Confluence " + version + " answered as if it had no call to " + what + ": " + said,
		}
	}
	if version == "" {
		version = "of unknown version"
	}
	return &directory.RefusedError{
		Call: call.Name(), Status: http.StatusNotFound, Code: codeVersion,
		Detail: "this Confluence, " + version + ", has no call to " + what + ", which came with " + since +
			": upgrade it, or keep its accounts with a target of the kind crowd. It said: " + said,
	}
}

// codeVersion is the code of a refusal by a version that lacks a call.
const codeVersion = "version"
