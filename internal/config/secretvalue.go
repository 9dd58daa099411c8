package config

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode"
)

// longestSecret is far above any token or DSN; a longer file is not one.
const longestSecret = 64 << 10

func (s *Secret) readNode(r *reader, at place) {
	value, literal, ok := r.secret(at)
	if !ok {
		return
	}
	if value == "" {
		if at.tag.Get("rule") == "required" {
			r.problem(at.path, "is empty; expected ${NAME} or file:path")
		}
		return
	}
	if literal {
		r.warn(at.path, "a secret stands in the file itself; better ${NAME} or file:path")
	}
	*s = Secret{value: value}
}

// secret returns a value that may stand in a file of its own (file:path), and
// whether it stands in the configuration itself.
func (r *reader) secret(at place) (value string, literal, ok bool) {
	text, ok := r.text(at, "${NAME} or file:path")
	if !ok {
		return "", false, false
	}
	literal = text == at.node.Value && text != ""
	// Only what the file itself says is a path, not what the environment holds.
	if strings.HasPrefix(at.node.Value, "file:") {
		literal = false
		path := strings.TrimPrefix(text, "file:")
		shownPath := strings.TrimPrefix(at.node.Value, "file:")
		if path == "" {
			r.problem(at.path, "file: without a path; expected file:path")
			return "", false, false
		}
		content, err := readSecretFile(r.resolve(path))
		if err != nil {
			r.problem(at.path, "cannot read the file %s: %v; expected a readable file with the secret in it", abbreviated(shownPath), err)
			return "", false, false
		}
		text = strings.TrimSpace(content)
		if text == "" {
			r.problem(at.path, "the file %s is empty; expected the secret in it", abbreviated(shownPath))
			return "", false, false
		}
	}
	if strings.ContainsFunc(text, unicode.IsControl) {
		r.problem(at.path, "the secret has a line break or another control character in it; expected one line")
		return "", false, false
	}
	return text, literal, true
}

func readSecretFile(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", reason(err)
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, longestSecret+1))
	if err != nil {
		return "", reason(err)
	}
	if len(content) > longestSecret {
		return "", errors.New("longer than 64 KB")
	}
	return string(content), nil
}

// reason leaves the path out of a file system's error: it may hold what came
// from the environment.
func reason(err error) error {
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		return pathError.Err
	}
	return err
}

// resolve returns a path of the file, relative to the file's own folder.
func (r *reader) resolve(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(r.folder, path)
}
