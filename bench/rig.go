package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"

	"github.com/rollcall-sync/rollcall/internal/sandbox"
)

// startWithin is how long a program may take until it is ready. Temporal makes
// its schema in about a second; inventing a million people takes half a minute.
const startWithin = 2 * time.Minute

// rig is everything that is needed for a measurement.
type rig struct {
	settings settings
	stderr   io.Writer
	dir      string
	// programs is the directory that has the programs.
	programs string
	database *scratchDatabase

	// ctx ends when a program ends that should not; the cause says which.
	ctx    context.Context
	cancel context.CancelCauseFunc

	temporal, sandbox, worker *program
	announced                 sandbox.Announcement
	admin                     *admin
	client                    client.Client
}

func newRig(ctx context.Context, s settings, stderr io.Writer) (*rig, error) {
	dir, err := os.MkdirTemp("", "rollcall-bench-")
	if err != nil {
		return nil, fmt.Errorf("make a directory: %w", err)
	}
	r := &rig{settings: s, stderr: stderr, dir: dir, programs: s.Programs}
	r.ctx, r.cancel = context.WithCancelCause(ctx)
	return r, nil
}

// start builds the programs and starts them, and returns when all are ready.
func (r *rig) start() error {
	if r.programs == "" {
		r.programs = r.dir
		if err := build(r.ctx, r.dir, r.stderr, workerProgram, standaloneProgram); err != nil {
			return err
		}
	}
	if r.settings.postgres != "" {
		var err error
		if r.database, err = makeDatabase(r.ctx, r.settings.postgres); err != nil {
			return err
		}
	}
	address, err := r.startTemporal()
	if err != nil {
		return err
	}
	if err := r.startSandbox(); err != nil {
		return err
	}
	if err := r.startWorker(address); err != nil {
		return err
	}
	// The log is the worker's; what a client has to say comes back as errors.
	r.client, err = client.DialContext(r.ctx, client.Options{HostPort: address, Logger: log.NewStructuredLogger(discard())})
	if err != nil {
		return fmt.Errorf("connect to Temporal: %w", err)
	}
	return nil
}

func (r *rig) startTemporal() (address string, err error) {
	first := newFirstLine()
	r.temporal, err = r.launch("temporal", nil, first, nil, filepath.Join(r.programs, standaloneProgram),
		"temporal", "--data", filepath.Join(r.dir, "temporal"), "--address", "127.0.0.1:0", "--ui-address", "", "--json")
	if err != nil {
		return "", err
	}
	var at struct {
		Address string `json:"address"`
	}
	return at.Address, r.await(r.temporal, first.got, &at)
}

func (r *rig) startSandbox() error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("start the stand-ins: %w", err)
	}
	s, first := r.settings, newFirstLine()
	r.sandbox, err = r.launch("sandbox", nil, first, nil, self, sandboxCommand,
		"-people", strconv.Itoa(s.People), "-groups", strconv.Itoa(s.Groups), "-memberships", strconv.Itoa(s.Memberships),
		"-targets", s.Target, "-uniform", "-managed=false", "-log-calls=false", "-latency", time.Duration(s.Latency).String(),
		"-published-limits="+strconv.FormatBool(s.PublishedLimits))
	if err != nil {
		return err
	}
	if err := r.await(r.sandbox, first.got, &r.announced); err != nil {
		return err
	}
	r.admin = &admin{base: r.announced.Okta}
	return nil
}

// workerReady is what the worker logs when it polls.
const workerReady = "working"

func (r *rig) startWorker(temporal string) error {
	path := filepath.Join(r.dir, "rollcall.yaml")
	text, err := configuration(temporal, r.announced, r.database != nil)
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return fmt.Errorf("write the configuration: %w", err)
	}
	env := []string{"OKTA_TOKEN=" + r.announced.OktaToken}
	if r.database != nil {
		env = append(env, "BENCH_DATABASE="+r.database.address)
	}
	return r.launchWorker(path, env)
}

// launchWorker starts the worker and returns when it polls.
func (r *rig) launchWorker(path string, env []string) error {
	ready := make(chan []byte, 1)
	var err error
	r.worker, err = r.launch("worker", env, nil, func(line []byte) {
		var entry struct {
			Message string `json:"msg"`
		}
		if json.Unmarshal(line, &entry) == nil && entry.Message == workerReady {
			select {
			case ready <- nil:
			default: // it says so once
			}
		}
	}, filepath.Join(r.programs, workerProgram), "--config", path)
	if err != nil {
		return err
	}
	return r.await(r.worker, ready, nil)
}

// launch starts a program whose unexpected end is the end of the measurement.
func (r *rig) launch(name string, env []string, stdout io.Writer, onLine func([]byte), path string, args ...string) (*program, error) {
	p, err := startProgram(r.ctx, r.dir, name, env, stdout, onLine, path, args...)
	if err != nil {
		return nil, err
	}
	go func() {
		select {
		case <-p.ended:
			r.cancel(&endedError{program: p})
		case <-r.ctx.Done():
		}
	}()
	return p, nil
}

// endedError is a program that ended by itself.
type endedError struct{ program *program }

func (e *endedError) Error() string {
	return fmt.Sprintf("%s ended: %s", e.program.name, e.program.cmd.ProcessState)
}

// await waits for the line with which a program says that it is ready, and
// decodes it.
func (r *rig) await(p *program, line <-chan []byte, into any) error {
	ctx, cancel := context.WithTimeoutCause(r.ctx, startWithin, fmt.Errorf("%s was not ready within %s", p.name, startWithin))
	defer cancel()
	select {
	case got := <-line:
		if into == nil {
			return nil
		}
		if err := json.Unmarshal(got, into); err != nil {
			return fmt.Errorf("read where %s is: %w", p.name, err)
		}
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// explain adds the last lines of a log to an error: those of the program that
// ended, else the worker's.
func (r *rig) explain(err error) error {
	if cause := context.Cause(r.ctx); cause != nil {
		err = cause
	}
	if errors.Is(err, context.Canceled) {
		return errors.New("interrupted")
	}
	about := r.worker
	var ended *endedError
	if errors.As(err, &ended) {
		about = ended.program
	}
	if about == nil {
		return err
	}
	if lines := about.tail.last(); len(lines) > 0 {
		return fmt.Errorf("%w\nlast lines of %s:\n%s", err, about.name, strings.Join(lines, "\n"))
	}
	return err
}

// close stops what was started, the worker first, and removes its traces.
func (r *rig) close() error {
	r.cancel(context.Canceled)
	if r.client != nil {
		r.client.Close()
	}
	var errs []error
	for _, p := range []*program{r.worker, r.sandbox, r.temporal} {
		if p != nil {
			errs = append(errs, p.stop())
		}
	}
	if r.settings.Keep {
		_, err := fmt.Fprintln(r.stderr, "kept:", r.dir)
		return errors.Join(append(errs, err)...)
	}
	if r.database != nil {
		errs = append(errs, r.database.drop())
	}
	return errors.Join(append(errs, os.RemoveAll(r.dir))...)
}
