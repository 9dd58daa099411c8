package embedded

import (
	"errors"
	"net"
	"runtime"
	"strconv"
	"syscall"
	"testing"
)

func TestAReservedPortIsGivenToNobodyButCanBeListenedOn(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("only Linux lets a port be held for somebody else")
	}
	for _, ip := range []net.IP{loopback, net.IPv6loopback} {
		t.Run(ip.String(), func(t *testing.T) {
			t.Parallel()
			reserved, release, err := reserve(endpoint{ip: ip})
			if errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, syscall.EAFNOSUPPORT) {
				t.Skipf("this machine has no %s", ip)
			}
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(release)

			for range 500 {
				l, err := net.Listen("tcp", net.JoinHostPort(ip.String(), "0"))
				if err != nil {
					t.Fatal(err)
				}
				if l.Addr().(*net.TCPAddr).Port == reserved.port {
					t.Error("the kernel chose the reserved port")
				}
				if err := l.Close(); err != nil {
					t.Fatal(err)
				}
			}

			l, err := net.Listen("tcp", net.JoinHostPort(ip.String(), strconv.Itoa(reserved.port)))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = l.Close() })
			if _, _, err := reserve(reserved); !errors.Is(err, syscall.EADDRINUSE) {
				t.Errorf("reserving a port that is listened on: %v, want EADDRINUSE", err)
			}
		})
	}
}
