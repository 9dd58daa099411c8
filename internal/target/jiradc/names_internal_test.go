package jiradc

import (
	"strconv"
	"testing"
	"time"
)

func TestAUserNameIsBelievedForAWhileOnly(t *testing.T) {
	t.Parallel()
	start := time.Unix(1_800_000_000, 0)
	for after, known := range map[time.Duration]bool{
		0: true, nameFor - time.Second: true, nameFor + time.Second: true, 2 * nameFor: false, 10 * nameFor: false,
	} {
		m := newNameMemory()
		m.learn(start, "K1", "ana")
		if name, got := m.name(start.Add(after), "K1"); got != known || known && name != "ana" {
			t.Errorf("after %s: %q, %t", after, name, got)
		}
	}
	// Somebody who keeps asking does not keep an old name alive.
	m := newNameMemory()
	m.learn(start, "K1", "ana")
	for at := time.Duration(0); at < 3*nameFor; at += nameFor / 4 {
		_, known := m.name(start.Add(at), "K1")
		if known && at >= 2*nameFor {
			t.Errorf("after %s it is still believed", at)
		}
	}
}

func TestANameThatIsForgottenOrNewerIsNotTheOldOne(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	m := newNameMemory()
	m.learn(now, "K1", "old")
	now = now.Add(nameFor)
	m.learn(now, "K1", "new")
	if name, _ := m.name(now, "K1"); name != "new" {
		t.Errorf("the name is %q", name)
	}
	m.forget("K1")
	if name, known := m.name(now, "K1"); known {
		t.Errorf("the name is %q", name)
	}
}

func TestNotMoreNamesAreKeptThanAreNeeded(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	m := newNameMemory()
	for i := range 5 * namesKept {
		m.learn(now, strconv.Itoa(i), "name")
	}
	if kept := len(m.young) + len(m.aged); kept > 2*namesKept {
		t.Errorf("%d names are kept", kept)
	}
	if _, known := m.name(now, strconv.Itoa(5*namesKept-1)); !known {
		t.Error("the last one is not among them")
	}
}
