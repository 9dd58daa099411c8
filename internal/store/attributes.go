package store

import (
	"encoding/json"
	"fmt"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// unread is stored in place of a user's attributes while the source has not been
// asked for those that the rules look at.
const unread = "?"

// WriteAttributes writes the attributes of a user or an account as they are
// stored: a JSON object with sorted keys, nothing for none.
func WriteAttributes[Value any](attributes map[string]Value) (string, error) {
	if len(attributes) == 0 {
		return "", nil
	}
	return object(attributes)
}

// object writes a JSON object with its keys sorted.
func object(values any) (string, error) {
	text, err := json.Marshal(values)
	if err != nil {
		return "", fmt.Errorf("write attributes: %w", err)
	}
	return string(text), nil
}

// readSourceAttributes reads what WriteAttributes wrote of a user. Lists of
// strings become []string, as a source gives them. What is unread is none.
func readSourceAttributes(text string) (map[string]any, error) {
	if text == "" || text == unread {
		return nil, nil
	}
	var attributes map[string]any
	if err := json.Unmarshal([]byte(text), &attributes); err != nil {
		return nil, fmt.Errorf("read stored attributes: %w", err)
	}
	for name, value := range attributes {
		if list, ok := value.([]any); ok {
			attributes[name] = stringsOf(list)
		}
	}
	return attributes, nil
}

func stringsOf(list []any) []string {
	texts := make([]string, 0, len(list))
	for _, one := range list {
		if text, ok := one.(string); ok {
			texts = append(texts, text)
		}
	}
	return texts
}

// ReadAttributes reads what WriteAttributes wrote of an account; nothing is nil.
// Only this program writes there, so that anything else is a defect.
func ReadAttributes(text string) (map[string]string, error) {
	if text == "" {
		return nil, nil
	}
	var attributes map[string]string
	if err := json.Unmarshal([]byte(text), &attributes); err != nil {
		return nil, fmt.Errorf("read stored attributes: %w", err)
	}
	return attributes, nil
}

// observedAttributes is what is known of an account's attributes once it was
// seen: what the target tells, with those that it told before and does not
// now as empty. A target that tells none says nothing about them.
func observedAttributes(stored string, a directory.Account) (string, error) {
	if a.Attributes == nil {
		return stored, nil
	}
	known, err := ReadAttributes(stored)
	if err != nil {
		return "", err
	}
	now := make(map[string]string, len(a.Attributes)+len(known))
	for name := range known {
		now[name] = ""
	}
	for name, value := range a.Attributes {
		now[name] = value
	}
	return WriteAttributes(now)
}
