//go:build !linux

package embedded

import "net"

// reserve finds out whether the port is free, and which one the kernel
// chooses. The port cannot be held here as on Linux, but these kernels hand
// out ports in sequence, so a port just given back is not chosen again soon.
func reserve(e endpoint) (endpoint, func(), error) {
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: e.ip, Port: e.port})
	if err != nil {
		return endpoint{}, nil, err
	}
	e.port = l.Addr().(*net.TCPAddr).Port
	return e, func() {}, l.Close()
}
