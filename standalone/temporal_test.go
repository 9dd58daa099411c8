package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

func TestTemporalPrintsItsAddressesAndHoldsItsDirectoryUntilInterrupted(t *testing.T) {
	t.Parallel()
	ctx, interrupt := context.WithCancel(t.Context())
	t.Cleanup(interrupt)
	output, stdout := io.Pipe()
	ended := make(chan error, 1)
	dir := t.TempDir()
	go func() {
		err := Run(ctx, []string{"temporal", "--data", dir,
			"--address", "127.0.0.1:0", "--ui-address", "127.0.0.1:0", "--json"}, stdout, io.Discard)
		ended <- errors.Join(err, stdout.CloseWithError(err))
	}()

	var at addresses
	if err := json.NewDecoder(output).Decode(&at); err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", at.Address)
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	response, err := http.Get(at.UI)
	if err != nil {
		t.Fatal(err)
	}
	if err := response.Body.Close(); err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", at.UI, response.Status, err)
	}

	err = Run(t.Context(), []string{"temporal", "--data", dir, "--address", "127.0.0.1:0", "--ui-address", ""}, io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "with --data") {
		t.Errorf("a second one on the same directory: %v, want what to do about it", err)
	}

	interrupt()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
}

func TestAnAddressInUseNamesTheFlagThatChangesIt(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	for flag, other := range map[string]string{"--address": "--ui-address", "--ui-address": "--address"} {
		t.Run(flag, func(t *testing.T) {
			t.Parallel()
			err := Run(t.Context(), []string{"temporal", "--data", t.TempDir(), flag, l.Addr().String(), other, "127.0.0.1:0"}, io.Discard, io.Discard)
			if err == nil || !strings.Contains(err.Error(), "with "+flag+" ") || !strings.Contains(err.Error(), l.Addr().String()) {
				t.Fatalf("got %v, want the address and %s", err, flag)
			}
			if code := exitCode(err); code != 1 {
				t.Errorf("exit code %d, want 1", code)
			}
		})
	}
}

func TestWrongUsageIsToldFromFailure(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"tempral"}, {"temporal", "now"}, {"temporal", "--adress", "x"}} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			t.Parallel()
			var stdout, stderr bytes.Buffer
			err := Run(t.Context(), args, &stdout, &stderr)
			if err == nil {
				t.Fatal("accepted")
			}
			if code := exitCode(err); code != 2 {
				t.Errorf("exit code %d for %q, want 2", code, err)
			}
		})
	}
}
