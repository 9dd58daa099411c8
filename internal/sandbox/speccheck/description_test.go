package speccheck_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/sandbox/speccheck"
)

func TestEveryDescriptionIsReadAndMountedWhereTheProductServesIt(t *testing.T) {
	t.Parallel()
	present(t)
	for _, test := range []struct {
		name, method, path, elsewhere string
	}{
		{speccheck.Okta, http.MethodGet, "/api/v1/users", "/oauth2/v1/token"},
		{speccheck.AtlassianOrganizations, http.MethodGet, "/admin/v1/orgs", "/scim/directory/d/Users"},
		{speccheck.AtlassianUserManagement, http.MethodGet, "/users/a/manage/profile", "/admin/v1/orgs"},
		{speccheck.AtlassianSCIM, http.MethodGet, "/scim/directory/d/Users", "/admin/v1/orgs"},
		{speccheck.JiraCloud, http.MethodGet, "/rest/api/3/users/search", "/wiki/rest/api/group"},
		{speccheck.ConfluenceCloudV1, http.MethodGet, "/wiki/rest/api/group", "/wiki/api/v2/users-bulk"},
		{speccheck.ConfluenceCloudV2, http.MethodPost, "/wiki/api/v2/users-bulk", "/wiki/rest/api/group"},
		{speccheck.BitbucketCloud, http.MethodGet, "/2.0/workspaces/w/members", "/1.0/groups/w"},
		{speccheck.JiraDataCenter, http.MethodGet, "/rest/api/2/group/member", "/rest/usermanagement/1/user"},
		{speccheck.ConfluenceDataCenter, http.MethodGet, "/rest/api/group", "/rpc/json-rpc/confluenceservice-v2"},
		{speccheck.BitbucketDataCenter, http.MethodGet, "/rest/api/latest/admin/users", "/rest/crowd/latest/user"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			checker := speccheck.Load(&quiet{TB: t}, test.name)
			// A refusal that every gateway may give: the operation counts as checked.
			handler := checker.Handler(answer(http.StatusUnauthorized, "application/json", `{}`))
			handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(test.method, test.path, http.NoBody))
			if len(checker.Checked()) != 1 {
				t.Errorf("checked %v, want one operation; violations %q", checker.Checked(), checker.Violations())
			}
			before := len(checker.Violations())
			handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, test.elsewhere, http.NoBody))
			if len(checker.Checked()) != 1 || len(checker.Violations()) != before {
				t.Errorf("%s of another API was checked: %v, %q", test.elsewhere, checker.Checked(), checker.Violations())
			}
		})
	}
}

func TestMediaTypesBesidePlainJSONAreChecked(t *testing.T) {
	t.Parallel()
	present(t)
	const user = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"a@example.com","emails":[{"value":"a@example.com","primary":true}],"name":{"givenName":"A","familyName":"B"},"displayName":"A B","active":true}`
	for _, test := range []struct {
		name, spec, method, path  string
		contentType, body         string
		answerType, answer        string
		status                    int
		wantViolation, notAllowed string
	}{
		{
			name: "a SCIM body that is as described", spec: speccheck.AtlassianSCIM, method: http.MethodPost, path: "/scim/directory/d/Users",
			contentType: "application/scim+json", body: user, answerType: "application/scim+json", answer: `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"a@example.com"}`,
			status: http.StatusCreated, notAllowed: "unsupported content type",
		},
		{
			name: "a SCIM body with a word where a boolean is due", spec: speccheck.AtlassianSCIM, method: http.MethodPost, path: "/scim/directory/d/Users",
			contentType: "application/scim+json", body: strings.Replace(user, `"active":true`, `"active":"yes"`, 1), answerType: "application/scim+json", answer: `{}`,
			status: http.StatusCreated, wantViolation: "request (answered 201)",
		},
		{
			name: "a SCIM answer with a word where a number is due", spec: speccheck.AtlassianSCIM, method: http.MethodGet, path: "/scim/directory/d/Users",
			answerType: "application/scim+json;charset=UTF-8", answer: `{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":"many","Resources":[]}`,
			status: http.StatusOK, wantViolation: "response 200",
		},
		{
			name: "an answer without the character set that the description has", spec: speccheck.BitbucketDataCenter, method: http.MethodGet, path: "/rest/api/latest/admin/users",
			answerType: "application/json", answer: `{"size":1,"limit":25,"isLastPage":true,"start":0,"values":[{"name":"a"}]}`,
			status: http.StatusOK, notAllowed: "response 200",
		},
		{
			name: "an answer in another character set's letters", spec: speccheck.BitbucketDataCenter, method: http.MethodGet, path: "/rest/api/latest/admin/users",
			answerType: "application/json;charset=utf-8", answer: `{"isLastPage":"perhaps"}`,
			status: http.StatusOK, wantViolation: "response 200",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			checker := speccheck.Load(&quiet{TB: t}, test.spec)
			request := httptest.NewRequest(test.method, test.path, strings.NewReader(test.body))
			if test.contentType != "" {
				request.Header.Set("Content-Type", test.contentType)
			}
			checker.Handler(answer(test.status, test.answerType, test.answer)).ServeHTTP(httptest.NewRecorder(), request)
			found := strings.Join(checker.Violations(), "\n")
			if test.wantViolation != "" && !strings.Contains(found, test.wantViolation) {
				t.Errorf("violations %q, want one with %q", found, test.wantViolation)
			}
			if test.notAllowed != "" && strings.Contains(found, test.notAllowed) {
				t.Errorf("violations %q, want none with %q", found, test.notAllowed)
			}
		})
	}
}

func TestAnOperationBesideTheDescriptionIsExcepted(t *testing.T) {
	t.Parallel()
	present(t)
	for _, test := range []struct {
		name, except, method, path string
		wantViolation              string
	}{
		{"it passes", "GET /rest/api/2/project/{key}", http.MethodGet, "/rest/api/2/project/ABC", ""},
		{"its other method does not", "GET /rest/api/2/project/{key}", http.MethodDelete, "/rest/api/2/project/ABC", "no such operation"},
		{"what is described cannot be", "GET /rest/api/2/user", http.MethodGet, "/rest/usermanagement/1/user", "is excepted, and described"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			checker := speccheck.Load(&quiet{TB: t}, speccheck.JiraDataCenter).Except(test.except)
			checker.Handler(answer(http.StatusOK, "application/json", `{}`)).
				ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(test.method, test.path, http.NoBody))
			found := strings.Join(checker.Violations(), "\n")
			if (test.wantViolation == "") != (found == "") || !strings.Contains(found, test.wantViolation) {
				t.Errorf("violations %q, want %q", found, test.wantViolation)
			}
		})
	}
}

func TestAnAnswerBesideTheDescriptionIsExcepted(t *testing.T) {
	t.Parallel()
	present(t)
	for _, test := range []struct {
		name, except  string
		status        int
		body          string
		wantViolation string
	}{
		{"it passes", "GET /rest/api/group/{groupName} 404", http.StatusNotFound, `{}`, ""},
		{"another status does not", "GET /rest/api/group/{groupName} 404", http.StatusGone, `{}`, "response 410"},
		{"what is described stays checked", "GET /rest/api/group/{groupName} 200", http.StatusOK, `{"name":1}`, "response 200"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			checker := speccheck.Load(&quiet{TB: t}, speccheck.ConfluenceDataCenter).ExceptAnswer(test.except)
			checker.Handler(answer(test.status, "application/json", test.body)).
				ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/rest/api/group/staff", http.NoBody))
			found := strings.Join(checker.Violations(), "\n")
			if (test.wantViolation == "") != (found == "") || !strings.Contains(found, test.wantViolation) {
				t.Errorf("violations %q, want %q", found, test.wantViolation)
			}
		})
	}
}
