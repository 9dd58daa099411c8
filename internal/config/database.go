package config

import (
	"net/url"
	"strings"
)

// The kinds of database.
const (
	Postgres = "postgres"
	SQLite   = "sqlite"
)

// Database is where Rollcall's own state is.
type Database struct {
	// Kind is Postgres or SQLite.
	Kind string
	// DSN is PostgreSQL's connection URL; it may hold a password.
	DSN Secret
	// Path is SQLite's file.
	Path string
	// Default is set when the configuration does not name a database.
	Default bool
}

func (d *Database) readNode(r *reader, at place) {
	const expected = "postgres://user:password@host/database or sqlite:path"
	value, literal, ok := r.secret(at)
	if !ok {
		return
	}
	// No message repeats the value: there may be a password in it.
	scheme, rest, _ := strings.Cut(value, ":")
	switch scheme {
	case "sqlite":
		if rest == "" || strings.HasPrefix(rest, "//") || strings.HasPrefix(rest, ":") {
			r.problem(at.path, "sqlite needs the path of a file; expected sqlite:path, such as sqlite:rollcall.db")
			return
		}
		*d = Database{Kind: SQLite, Path: r.resolve(rest)}
	case "postgres", "postgresql":
		dsn, err := url.Parse(value)
		switch {
		case err != nil:
			r.problem(at.path, "is not a URL (a special character in a password is written as %%XX); expected %s", expected)
		case dsn.Hostname() == "" && dsn.Query().Get("host") == "":
			r.problem(at.path, "names no host; expected %s", expected)
		case strings.Trim(dsn.Path, "/") == "" && dsn.Query().Get("dbname") == "":
			r.problem(at.path, "names no database; expected %s", expected)
		default:
			if _, has := dsn.User.Password(); has && literal {
				r.warn(at.path, "a password stands in the file itself; better ${NAME} in its place, or file:path for the whole")
			}
			*d = Database{Kind: Postgres, DSN: NewSecret(value)}
		}
	default:
		r.problem(at.path, "unknown kind of database; expected %s", expected)
	}
}
