package bitbucketcloudsim_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/sandbox/bitbucketcloudsim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/speccheck"
)

// TestEveryEndpointAnswersAsDescribed walks through all endpoints of 2.0; the
// checker compares each request and answer with the vendor's description. Of
// 1.0 there is none.
func TestEveryEndpointAnswersAsDescribed(t *testing.T) {
	t.Parallel()
	checker := speccheck.Load(t, speccheck.BitbucketCloud).AllowRefused()
	c := start(t, bitbucketcloudsim.Options{}, checker)
	id := url.PathEscape(c.member("ana@example.com"))
	if status, text := c.do(http.MethodPost, groups+"/", formBody, "name=Club"); status != http.StatusOK {
		t.Fatalf("%d %s", status, text)
	}
	for _, step := range []struct {
		status             int
		method, path, body string
	}{
		{200, http.MethodGet, "/2.0/user", ""},
		{200, http.MethodGet, workspace, ""},
		{404, http.MethodGet, "/2.0/workspaces/other", ""},
		{200, http.MethodGet, workspace + "/members?pagelen=1", ""},
		{200, http.MethodGet, workspace + "/members" + query(emails(90), "fields", "+values.user.email"), ""},
		{400, http.MethodGet, workspace + "/members" + query(emails(91)), ""},
		{200, http.MethodGet, workspace + "/members/" + id, ""},
		{404, http.MethodGet, workspace + "/members/nobody", ""},
		{200, http.MethodGet, workspace + "/permissions" + query(`permission="owner"`), ""},
		{200, http.MethodGet, project, ""},
		{200, http.MethodGet, project + "/club", ""},
		{200, http.MethodPut, project + "/club", `{"permission":"create-repo"}`},
		{400, http.MethodPut, project + "/club", `{"permission":"owner"}`},
		{404, http.MethodPut, project + "/nothing", `{"permission":"read"}`},
		{200, http.MethodGet, project, ""},
		{204, http.MethodDelete, project + "/club", ""},
		{200, http.MethodGet, repository, ""},
		{200, http.MethodPut, repository + "/club", `{"permission":"admin"}`},
		{200, http.MethodGet, repository + "/club", ""},
		{204, http.MethodDelete, repository + "/club", ""},
		{404, http.MethodGet, "/2.0/repositories/acme/none/permissions-config/groups", ""},
	} {
		media := ""
		if step.body != "" {
			media = jsonBody
		}
		if status, text := c.do(step.method, step.path, media, step.body); status != step.status {
			t.Errorf("%s %s: %d %s, want %d", step.method, step.path, status, text, step.status)
		}
	}
	full := start(t, bitbucketcloudsim.Options{SeatLimit: 1}, checker)
	full.member("ana@example.com")
	full.do(http.MethodPost, groups, formBody, "name=Club")
	if status, _ := full.do(http.MethodPut, project+"/club", jsonBody, `{"permission":"read"}`); status != http.StatusPaymentRequired {
		t.Errorf("without a seat: %d", status)
	}
	if checked := checker.Checked(); len(checked) < 20 {
		t.Errorf("only %d answers were checked: %v", len(checked), checked)
	}
}
