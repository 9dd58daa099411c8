package config_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// environment has what the tests' files refer to.
func environment(name string) (string, bool) {
	values := map[string]string{
		"OKTA_TOKEN":             "00hunter2okta",
		"ATLASSIAN_API_KEY":      "hunter2atlassian",
		"GUARD_API_KEY":          "hunter2guard",
		"JIRA_TOKEN":             "hunter2jira",
		"CONFLUENCE_TOKEN":       "hunter2confluence",
		"BITBUCKET_TOKEN":        "hunter2bitbucket",
		"JIRA_DC_TOKEN":          "hunter2jiradc",
		"CONFLUENCE_DC_PASSWORD": "hunter2confluencedc",
		"BITBUCKET_DC_TOKEN":     "hunter2bitbucketdc",
		"CROWD_PASSWORD":         "hunter2crowd",
		"TEMPORAL_API_KEY":       "hunter2temporal",
		"EMPTY":                  "",
		"TWO_LINES":              "hunter2\nX-Header: y",
		"DSN":                    "postgres://rollcall:hunter2@db/rollcall",
		"BAD_DSN":                "postgres://rollcall:hunter2%zz@db/rollcall",
		"WAIT":                   "hunter2",
		"APPROVER_ADA":           "hunter2-ada-and-more",
		"WEBHOOK_SECRET":         "hunter2-webhook-secret",
		"SLACK_URL":              "https://hooks.example.com/services/hunter2",
		"MAIL_PASSWORD":          "hunter2-mail",
	}
	value, ok := values[name]
	return value, ok
}

const minimalYAML = `connections:
  staff:
    source: {kind: okta, url: "https://example.okta.com", token: "${OKTA_TOKEN}"}
    targets:
      cloud: {kind: atlassian-cloud, organization: o, directory: d, api_key: "${ATLASSIAN_API_KEY}"}
`

// keyPaths lists the keys of a file in the manner of SettingPaths.
func keyPaths(t *testing.T, content string) []string {
	t.Helper()
	var root yaml.Node
	if err := yaml.Unmarshal([]byte(content), &root); err != nil {
		t.Fatal(err)
	}
	var paths []string
	var visit func(node *yaml.Node, path string)
	visit = func(node *yaml.Node, path string) {
		if node.Kind == yaml.SequenceNode {
			for _, element := range node.Content {
				visit(element, path+"[]")
			}
		}
		if node.Kind != yaml.MappingNode || slices.ContainsFunc(unlisted(), func(end string) bool { return strings.HasSuffix(path, end) }) {
			return
		}
		for i := 0; i < len(node.Content); i += 2 {
			name := node.Content[i].Value
			if path == "connections" || path == "connections.*.targets" || path == "notifications" || strings.HasSuffix(path, ".guard.kinds") {
				visit(node.Content[i+1], path+".*")
				continue
			}
			if path != "" {
				name = path + "." + name
			}
			paths = append(paths, name)
			visit(node.Content[i+1], name)
		}
	}
	visit(root.Content[0], "")
	slices.Sort(paths)
	return slices.Compact(paths)
}

// unlisted are the ends of paths below which there are names that the
// administrator chooses, or settings that are listed elsewhere already.
func unlisted() []string {
	return []string{
		".products", ".sub[]", ".resource_types[].attributes[]", "approvals.approvers", "targets.*.attributes", "targets.*.groups", "targets.*.leavers",
		"targets.*.guard.kinds.*",
	}
}

// writePair writes a self-signed certificate as authority and as certificate,
// and its key.
func writePair(t *testing.T, folder, ca, cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{
		ca: {Type: "CERTIFICATE", Bytes: der}, cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: keyDER},
	} {
		if err := os.WriteFile(filepath.Join(folder, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
