package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/app"
)

func write(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "rollcall.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestAWrongConfigurationEndsWithTwoAndSaysWhatToDo(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"a setting that does not exist": {"scim: { lisen: localhost:1 }\nconnections: {}\n", "listen"},
		"no connection accepts pushes": {`scim: { listen: "127.0.0.1:0" }
connections:
  staff:
    source: { kind: okta, url: "https://example.okta.com", token: x, groups: ["eng-*"] }
    targets: { cloud: { kind: atlassian-cloud, organization: o, directory: d, api_key: k, products: {jira: user} } }
`, "kind: scim"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := Run(context.Background(), []string{"--config", write(t, c.text)}, io.Discard)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v, want %q in it", err, c.want)
			}
			if code := app.ExitCode(err); code != 2 {
				t.Errorf("exit code %d, want 2", code)
			}
		})
	}
}

func pushed(t *testing.T, listen string) string {
	t.Helper()
	t.Setenv("KEY", "secret-value")
	t.Setenv("DATABASE", "sqlite:"+filepath.Join(t.TempDir(), "x.db"))
	return write(t, `database: ${DATABASE}
worker: { listen: "127.0.0.1:0" }
log: { format: json }
temporal: { address: "127.0.0.1:1" }
scim: { listen: "`+listen+`" }
connections:
  staff:
    source: { kind: scim }
    targets: { cloud: { kind: atlassian-cloud, organization: o, directory: d, api_key: "`+"${KEY}"+`", products: {jira: user} } }
`)
}

// lines is a log that can be read while it is being written.
func lines() (io.Writer, <-chan map[string]any) {
	r, w := io.Pipe()
	all := make(chan map[string]any, 100)
	go func() {
		decoder := json.NewDecoder(r)
		for {
			var line map[string]any
			if decoder.Decode(&line) != nil {
				close(all)
				return
			}
			all <- line
		}
	}()
	return w, all
}

func TestTheGatewayServesThoughTemporalIsDownAndStopsWhenItIsTold(t *testing.T) {
	file := pushed(t, "127.0.0.1:0")
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	log, said := lines()
	ended := make(chan error, 1)
	go func() { ended <- Run(ctx, []string{"--config", file}, log) }()
	var address, metrics string
	for address == "" {
		select {
		case line := <-said:
			if line["msg"] == "serving" {
				address, metrics = line["address"].(string), line["metrics"].(string)
			}
		case err := <-ended:
			t.Fatalf("it ended: %v", err)
		case <-time.After(2 * time.Minute): // far more than it takes
			t.Fatal("it does not serve")
		}
	}
	for url, want := range map[string]int{
		"http://" + address + "/scim/v2/staff/Users": http.StatusUnauthorized,
		"http://" + metrics + "/readyz":              http.StatusOK,
		"http://" + metrics + "/metrics":             http.StatusOK,
	} {
		response, err := http.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, response.Body); err != nil {
			t.Error(err)
		}
		response.Body.Close()
		if response.StatusCode != want {
			t.Errorf("%s: status %d, want %d", url, response.StatusCode, want)
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("stopping: %v", err)
	}
}

func TestAPortInUseIsSaidWithTheSettingThatChoosesAnother(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	var stderr bytes.Buffer
	err = Run(context.Background(), []string{"--config", pushed(t, taken.Addr().String())}, &stderr)
	if err == nil || !strings.Contains(err.Error(), "scim.listen") || !strings.Contains(err.Error(), "in use") {
		t.Errorf("got %v, want the address, that it is in use, and scim.listen", err)
	}
}
