package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// Load reads the configuration file at path. Environment variables come from
// env, in the manner of os.LookupEnv; relative paths in the file start from
// its folder. The error is Problems when the file can be read at all.
func Load(path string, env func(string) (string, bool)) (*Config, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	return Parse(path, content, env)
}

// Parse is Load for content that is at hand; path is where it is said to come
// from. The error is Problems.
func Parse(path string, content []byte, env func(string) (string, bool)) (*Config, error) {
	return parse(path, content, env, Capabilities)
}

func parse(path string, content []byte, env func(string) (string, bool), can func(kind string) directory.Capabilities) (*Config, error) {
	r := &reader{
		can:  can,
		file: path, folder: filepath.Dir(path), env: env, lines: strings.Split(string(content), "\n"),
		failed: map[string]bool{}, nodes: map[string]*yaml.Node{},
	}
	root, problem := document(path, content)
	if problem != nil {
		return nil, Problems{*problem}
	}
	config := &Config{File: path}
	setDefaults(reflect.ValueOf(config).Elem())
	config.Database.Path = r.resolve(config.Database.Path)
	r.read(place{node: root}, reflect.ValueOf(config).Elem())
	r.validate(config)
	sortProblems(r.warnings)
	config.Warnings = r.warnings
	if len(r.problems) > 0 {
		sortProblems(r.problems)
		return nil, Problems(r.problems)
	}
	return config, nil
}

var syntaxError = regexp.MustCompile(`^yaml: (?:line ([0-9]+): )?(.*)$`)

// document returns the one YAML document in content.
func document(path string, content []byte) (*yaml.Node, *Problem) {
	wrong := func(line int, message string) *Problem {
		return &Problem{File: path, Line: line, Column: 1, Message: message}
	}
	decoder := yaml.NewDecoder(bytes.NewReader(masked(content)))
	var root yaml.Node
	switch err := decoder.Decode(&root); {
	case errors.Is(err, io.EOF):
		return nil, wrong(1, "the file is empty; expected at least connections")
	case err != nil:
		line, message := 1, err.Error()
		if parts := syntaxError.FindStringSubmatch(message); parts != nil {
			message = parts[2]
			if n, err := strconv.Atoi(parts[1]); err == nil {
				line = n
			}
		}
		// The parser quotes the name of an anchor, and a secret that starts
		// with * and is not quoted looks like one.
		if strings.Contains(message, "anchor") {
			message = "a value starts with * and names no anchor; expected quotes around it"
		}
		return nil, wrong(line, "not YAML: "+message)
	}
	var second yaml.Node
	if err := decoder.Decode(&second); !errors.Is(err, io.EOF) {
		return nil, wrong(max(1, second.Line), "a second document (---) in the file; expected one")
	}
	unmask(&root)
	return root.Content[0], nil
}

var (
	variable       = regexp.MustCompile(`\$\{([A-Za-z_][A-Za-z0-9_]*)\}`)
	maskedVariable = regexp.MustCompile("\\$\ue000([A-Za-z_][A-Za-z0-9_]*)\ue001")
)

// masked lets ${NAME} stand without quotes in {token: ${NAME}}, where YAML
// takes the brace for its own: braces become characters of private use, one
// for one, so that columns stay what they are.
func masked(content []byte) []byte {
	return variable.ReplaceAll(content, []byte("$$\ue000$1\ue001"))
}

func unmask(node *yaml.Node) {
	node.Value = maskedVariable.ReplaceAllString(node.Value, "$${$1}")
	for _, inner := range node.Content {
		unmask(inner)
	}
}

// DefaultPath is the configuration file that is read when none is named:
// ROLLCALL_CONFIG, or rollcall.yaml in the working directory.
func DefaultPath(env func(string) (string, bool)) string {
	if path, ok := env("ROLLCALL_CONFIG"); ok && path != "" {
		return path
	}
	return "rollcall.yaml"
}
