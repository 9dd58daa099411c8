package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
)

// The programs that are measured; package paths relative to the root.
const (
	workerProgram     = "worker"
	standaloneProgram = "standalone"
	gatewayProgram    = "scimgw"
)

// build compiles programs into dir. Go's own cache makes that a matter of
// linking when nothing has changed.
func build(ctx context.Context, dir string, stderr io.Writer, programs ...string) error {
	root, err := repositoryRoot()
	if err != nil {
		return err
	}
	for _, name := range programs {
		cmd := exec.CommandContext(ctx, "go", "build", "-o", filepath.Join(dir, name), "./"+name)
		cmd.Dir, cmd.Stdout, cmd.Stderr = root, stderr, stderr
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("build %s: %w", name, err)
		}
	}
	return nil
}

// repositoryRoot is the directory above that has go.work: standalone is a
// module of its own, which only the workspace knows.
func repositoryRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find the repository: %w", err)
	}
	for {
		_, err := os.Stat(filepath.Join(dir, "go.work"))
		if err == nil {
			return dir, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("find the repository: %w", err)
		}
		if filepath.Dir(dir) == dir {
			return "", errors.New("find the repository: no go.work in this directory or above; run bench inside the repository, or give --programs")
		}
		dir = filepath.Dir(dir)
	}
}
