package config

import (
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// Permission is what a group may do in a project or a repository.
type Permission struct {
	// Group is the name of a target group.
	Group string `yaml:"group" rule:"required"`
	// Project is a project's key, Repository a repository's slug; one of them is
	// set.
	Project    string `yaml:"project"`
	Repository string `yaml:"repository"`
	// Permission is "read", "write", "create-repo" or "admin".
	Permission string `yaml:"permission" rule:"required" oneof:"read,write,create-repo,admin"`
}

// In is where the permission holds, as directory.Permission has it, and how
// far it goes.
func (p Permission) In() directory.Permission {
	if p.Project != "" {
		return directory.Permission{Scope: "project " + p.Project, Level: p.Permission}
	}
	return directory.Permission{Scope: "repository " + p.Repository, Level: p.Permission}
}

// repositoryLevels returns what a group may be given in a repository; a
// project has create-repo as well.
// https://developer.atlassian.com/cloud/bitbucket/rest/api-group-repositories/
func repositoryLevels() []string { return []string{"read", "write", "admin"} }

func (r *reader) validatePermissions(path string, permissions []Permission) {
	given := map[string]string{}
	for i, p := range permissions {
		at := indexed(path, i)
		project, repository := r.nodes[at+".project"] != nil, r.nodes[at+".repository"] != nil
		switch {
		case project && repository:
			r.problem(at+".repository", "goes without project; expected one of them, and a permission of its own for the other")
			continue
		case !project && !repository:
			r.problem(at, "says not where; expected project or repository")
			continue
		case p.Project == "" && p.Repository == "":
			r.problem(at, "says not where; expected the key of a project or the slug of a repository")
			continue
		}
		r.opaqueID(at+".project", p.Project)
		r.opaqueID(at+".repository", p.Repository)
		if repository && p.Permission != "" && !slices.Contains(repositoryLevels(), p.Permission) {
			r.problem(at+".permission", "%s is for projects; expected %s", p.Permission, listed(repositoryLevels()))
		}
		what := strings.ToLower(p.Group + "\x00" + p.In().Scope)
		if first, twice := given[what]; twice {
			r.problem(at, "the same group and place twice, first in line %d; expected one permission for both", r.finding(first, "").Line)
			continue
		}
		given[what] = at
	}
}
