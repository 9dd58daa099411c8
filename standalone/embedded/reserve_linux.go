package embedded

import (
	"fmt"
	"os"
	"syscall"
)

// reserve binds a socket that never listens. While it is open the kernel gives
// the port to nobody who lets it choose, and yet a listener with SO_REUSEADDR,
// which Go's are, may bind it. It fails with EADDRINUSE if somebody listens.
func reserve(e endpoint) (endpoint, func(), error) {
	family := syscall.AF_INET
	var address syscall.Sockaddr
	if ip := e.ip.To4(); ip != nil {
		address = &syscall.SockaddrInet4{Port: e.port, Addr: [4]byte(ip)}
	} else {
		family = syscall.AF_INET6
		address = &syscall.SockaddrInet6{Port: e.port, Addr: [16]byte(e.ip.To16())}
	}
	fd, err := syscall.Socket(family, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return endpoint{}, nil, os.NewSyscallError("socket", err)
	}
	release := func() { _ = syscall.Close(fd) } // Nothing was written to it.
	if err := syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1); err != nil {
		release()
		return endpoint{}, nil, os.NewSyscallError("setsockopt", err)
	}
	if err := syscall.Bind(fd, address); err != nil {
		release()
		return endpoint{}, nil, os.NewSyscallError("bind", err)
	}
	bound, err := syscall.Getsockname(fd)
	if err != nil {
		release()
		return endpoint{}, nil, os.NewSyscallError("getsockname", err)
	}
	switch a := bound.(type) {
	case *syscall.SockaddrInet4:
		e.port = a.Port
	case *syscall.SockaddrInet6:
		e.port = a.Port
	default:
		release()
		return endpoint{}, nil, fmt.Errorf("unexpected socket address %T", bound)
	}
	return e, release, nil
}
