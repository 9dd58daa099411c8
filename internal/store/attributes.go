package store

import (
	"encoding/json"
	"fmt"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// unread is stored in place of a user's attributes while the source has not been
// asked for those that the rules look at.
const unread = "?"

// sourceAttributes writes a user's attributes as they are stored: a JSON
// object with sorted keys, nothing for none.
func sourceAttributes(attributes map[string]any) (string, error) {
	if len(attributes) == 0 {
		return "", nil
	}
	text, err := json.Marshal(attributes)
	if err != nil {
		return "", fmt.Errorf("write attributes: %w", err)
	}
	return string(text), nil
}

// readSourceAttributes is the opposite of sourceAttributes. Lists of strings
// become []string, as a source gives them. What is unread is none.
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

// accountAttributes writes the attributes of an account as they are stored: a
// JSON object with sorted keys, nothing for none.
func accountAttributes(attributes map[string]string) (string, error) {
	if len(attributes) == 0 {
		return "", nil
	}
	text, err := json.Marshal(attributes)
	if err != nil {
		return "", fmt.Errorf("write attributes: %w", err)
	}
	return string(text), nil
}

// readAccountAttributes is the opposite of accountAttributes.
func readAccountAttributes(text string) (map[string]string, error) {
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
	known, err := readAccountAttributes(stored)
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
	return accountAttributes(now)
}
