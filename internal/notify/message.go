package notify

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// Event is what a message is about.
type Event string

// The events. A destination is told of those that it lists.
const (
	// EventFailure is a run that failed.
	EventFailure Event = "failure"
	// EventHeld is a plan that waits for a person.
	EventHeld Event = "held"
	// EventQuarantine is a connection of which no removal is admitted any more.
	EventQuarantine Event = "quarantine"
	// EventSeats is people who wait for a licence.
	EventSeats Event = "seats"
	// EventToken is a credential that ends soon.
	EventToken Event = "token"
	// EventSilence is a connection of which no run has ended for too long.
	EventSilence Event = "silence"
	// EventTest is a message that a person asked for, to see that it arrives.
	EventTest Event = "test"
)

// Events lists the events.
var Events = [...]Event{EventFailure, EventHeld, EventQuarantine, EventSeats, EventToken, EventSilence, EventTest}

// Message is what administrators are told. It names connections, targets,
// runs, numbers and classes, and nobody.
type Message struct {
	// ID is the same each time that one message is delivered, so that a receiver
	// can tell a repetition.
	ID    string `json:"id"`
	Event Event  `json:"event"`
	// Connection is empty for what concerns all.
	Connection string `json:"connection,omitempty"`
	Target     string `json:"target,omitempty"`
	// At is when it happened.
	At  time.Time `json:"at"`
	Run int64     `json:"run,omitempty"`
	// Plan is the held plan's id.
	Plan int64 `json:"plan,omitempty"`
	// Class says why, in a word that docs/messages.md explains.
	Class directory.Class `json:"class,omitempty"`
	// Counts are numbers by what they count: a kind of change, or waiting.
	Counts map[string]int64 `json:"counts,omitempty"`
	// Expires is when a plan or a credential does.
	Expires *time.Time `json:"expires,omitempty"`
	// Title says it in a line, Text in a paragraph, Next what to do about it.
	Title string `json:"title"`
	Text  string `json:"text"`
	Next  string `json:"next"`

	// Key is the same for what is to be told once.
	Key string `json:"-"`
}

// Encode returns the message as it is stored and sent.
func (m Message) Encode() ([]byte, error) {
	if m.Event == "" || m.Key == "" {
		return nil, errors.New("encode a notification: it has no event, or no key")
	}
	sum := sha256.Sum256([]byte(m.Key))
	m.ID = hex.EncodeToString(sum[:16])
	m.At = m.At.UTC().Truncate(time.Second)
	payload, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("encode a notification: %w", err)
	}
	return payload, nil
}

// Decode reads what Encode made, but for the key.
func Decode(payload []byte) (Message, error) {
	var m Message
	if err := json.Unmarshal(payload, &m); err != nil {
		return Message{}, fmt.Errorf("decode a notification: %w", err)
	}
	if m.ID == "" || m.Event == "" {
		return Message{}, errors.New("decode a notification: it has no id, or no event")
	}
	return m, nil
}
