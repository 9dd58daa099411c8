//go:build !unix

package pgtest

import "syscall"

type owner struct{}

// unprivileged fails: the watchdog is a shell script.
func unprivileged() (*syscall.SysProcAttr, *owner, error) { return nil, nil, ErrNotFound }

func (*owner) own(string) error { return nil }
