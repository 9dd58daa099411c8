package jiradc

import (
	"context"
	"net/url"
	"strings"
	"sync"
	"time"
)

const (
	// nameFor is how long a user name is taken to be that of a key at least, and
	// at most twice as long: Jira writes memberships by name alone, and a name may
	// be given to somebody else.
	nameFor = 5 * time.Minute
	// namesKept bounds how many names are remembered before the older half goes.
	namesKept = 50_000
)

// nameMemory remembers the user names of keys that an answer told a little
// while ago, in two generations, so that it neither grows nor keeps an old name.
//
// A name is one key's at a time: whoever is seen to have it takes it from who had
// it before, who would else be taken for that other one.
type nameMemory struct {
	mu          sync.Mutex
	since       time.Time
	young, aged map[string]string
	// holders are the keys that the names, folded, were last seen with, in the same
	// generations.
	holders, agedHolders map[string]string
}

func newNameMemory() *nameMemory {
	return &nameMemory{young: map[string]string{}, aged: map[string]string{}, holders: map[string]string{}, agedHolders: map[string]string{}}
}

// turn makes the young generation the aged one when its time has come.
func (m *nameMemory) turn(now time.Time) {
	switch age := now.Sub(m.since); {
	case age >= 2*nameFor:
		m.young, m.aged, m.since = map[string]string{}, map[string]string{}, now
		m.holders, m.agedHolders = map[string]string{}, map[string]string{}
	case age >= nameFor, len(m.young) >= namesKept:
		m.young, m.aged, m.since = map[string]string{}, m.young, now
		m.holders, m.agedHolders = map[string]string{}, m.holders
	}
}

func (m *nameMemory) learn(now time.Time, key, name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.turn(now)
	folded := strings.ToLower(name)
	for _, holders := range []map[string]string{m.holders, m.agedHolders} {
		if former, held := holders[folded]; held && former != key {
			delete(m.young, former)
			delete(m.aged, former)
		}
	}
	m.young[key], m.holders[folded] = name, key
}

func (m *nameMemory) forget(key string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.young, key)
	delete(m.aged, key)
}

func (m *nameMemory) name(now time.Time, key string) (string, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.turn(now)
	if name, known := m.young[key]; known {
		return name, true
	}
	name, known := m.aged[key]
	return name, known
}

// nameOf returns the user name of a key; a key that nobody has is a
// *directory.NotFoundError.
func (t *Target) nameOf(ctx context.Context, key string) (string, error) {
	if name, known := t.names.name(t.now(), key); known {
		return name, nil
	}
	user, err := t.user(ctx, url.Values{"key": {key}})
	return user.Name, err
}
