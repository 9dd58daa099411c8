package bitbucketdcsim_test

import (
	"strings"
	"testing"
)

// TestEveryOperationIsAsDescribed has each operation succeed once; that its
// request and its answer are as the vendor's description says is checked on the
// way.
func TestEveryOperationIsAsDescribed(t *testing.T) {
	t.Parallel()
	checker := described(t)
	a := checkedBy(t, checker)
	a.seed(t)
	steps := []struct{ method, path, body string }{
		{"GET", "/admin/users", ""},
		{"PUT", "/admin/users", `{"name":"ana","displayName":"Ana","email":"ana@example.com"}`},
		{"POST", "/admin/users/add-groups", `{"user":"ben","groups":["red","blue"]}`},
		{"POST", "/admin/users/remove-group", `{"context":"ben","itemName":"blue"}`},
		{"GET", "/admin/users/more-members?context=ben", ""},
		{"GET", "/admin/users/more-non-members?context=ben", ""},
		{"GET", "/admin/groups", ""},
		{"GET", "/admin/groups/more-members?context=red", ""},
		{"GET", "/admin/groups/more-non-members?context=red", ""},
		{"PUT", "/admin/permissions/users?name=ana&permission=PROJECT_CREATE", ""},
		{"GET", "/admin/permissions/users", ""},
		{"DELETE", "/admin/permissions/users?name=ana", ""},
		{"PUT", "/admin/permissions/groups?name=red&permission=LICENSED_USER", ""},
		{"GET", "/admin/permissions/groups", ""},
		{"DELETE", "/admin/permissions/groups?name=red", ""},
		{"GET", "/admin/user-directories", ""},
		{"GET", "/groups", ""},
		{"GET", "/users", ""},
		{"GET", "/users/ana", ""},
		{"GET", "/application-properties", ""},
		{"POST", "/admin/users/rename", `{"name":"ana","newName":"anna"}`},
		{"DELETE", "/admin/users?name=anna", ""},
		{"DELETE", "/admin/groups?name=red", ""},
	}
	for _, step := range steps {
		if got := a.call(t, step.method, step.path, step.body); got.Status > 299 {
			t.Errorf("%s %s: %d %s", step.method, step.path, got.Status, got.Text)
		}
	}
	succeeded := 0
	for operation := range checker.Checked() {
		if strings.HasSuffix(operation, " 200") || strings.HasSuffix(operation, " 204") {
			succeeded++
		}
	}
	// Those above, and the three that seeding made.
	if want := len(steps) + 3; succeeded != want {
		t.Errorf("%d operations were checked, want %d: %v", succeeded, want, checker.Checked())
	}
}
