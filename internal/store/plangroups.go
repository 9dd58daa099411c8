package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// notRefused leaves those out of a plan of what has changed that the target has
// refused to make: a full plan tries each of them again, once.
const notRefused = " AND NOT dn.refused"

// planStatement is one step of the plan.
type planStatement struct{ what, sql string }

// nestingStatements plan groups in groups: of the inner ones that are dirty.
// Whoever would lose what they have in the outer one, and is not to be in it
// themselves, is counted: taking a group out takes them all out. One that may or may
// not be there is put in where it is wanted, and taken out where it is not.
var nestingStatements = []planStatement{
	{"groups to put in others", `INSERT INTO changes (run_id, target_id, stage, ord, kind, group_id, outer_id, rule, after, state)
		SELECT CAST(? AS BIGINT), dn.target_id, 4, 2000000000 + ROW_NUMBER() OVER (ORDER BY dn.group_id, g.id), 'nesting.add', g.id, dn.group_id, dn.rule, 'in it', 'planned'
		FROM groups g
		CROSS JOIN desired_nestings dn
		LEFT JOIN target_nestings tn ON tn.target_id = dn.target_id AND tn.child_id = dn.child_id AND tn.group_id = dn.group_id
		WHERE dn.target_id = ? AND dn.child_id = g.id AND dn.wanted
			AND g.connection_id = ? AND g.dirty AND (tn.child_id IS NULL OR tn.missing)` + notRefused},
	{"groups to take out of others", `INSERT INTO changes (run_id, target_id, stage, ord, kind, group_id, outer_id, rule, evidence, before, state, people)
		SELECT CAST(? AS BIGINT), tn.target_id, 5, 2000000000 + ROW_NUMBER() OVER (ORDER BY tn.group_id, g.id), 'nesting.remove', g.id, tn.group_id,
			COALESCE(dn.rule, 'not in it at the source'), 'explicit', 'in it', 'unguarded',
			(WITH RECURSIVE below (id) AS (
					SELECT tn.child_id UNION SELECT deeper.child_id FROM below b CROSS JOIN target_nestings deeper WHERE deeper.target_id = tn.target_id AND deeper.group_id = b.id
				) SELECT COUNT(DISTINCT m.user_id) FROM below b CROSS JOIN target_memberships m WHERE m.target_id = tn.target_id AND m.group_id = b.id
				AND NOT EXISTS (SELECT 1 FROM desired_memberships own WHERE own.target_id = tn.target_id AND own.user_id = m.user_id AND own.group_id = tn.group_id))
		FROM groups g
		CROSS JOIN target_nestings tn
		LEFT JOIN desired_nestings dn ON dn.target_id = tn.target_id AND dn.child_id = tn.child_id AND dn.group_id = tn.group_id
		WHERE tn.target_id = ? AND tn.child_id = g.id
			AND g.connection_id = ? AND g.dirty AND NOT COALESCE(dn.wanted, FALSE) AND g.presence <> 'absent'
			AND (tn.origin = 'created' OR dn.child_id IS NOT NULL OR NOT (SELECT target.additive FROM targets target WHERE target.id = tn.target_id))`},
}

// permissionStatements plan what groups lack of the permissions that the
// configuration gives them. More than that is only taken back where it was
// undone.
var permissionStatements = []planStatement{
	{"permissions of groups", `INSERT INTO changes (run_id, target_id, stage, ord, kind, group_id, scope, rule, before, after, state, class)
		SELECT CAST(? AS BIGINT), d.target_id, 2, 2000000000 + ROW_NUMBER() OVER (ORDER BY g.id, p.scope), 'group.permit', g.id, p.scope,
			CASE WHEN o.id IS NULL THEN 'permissions' ELSE 'undone by run ' || o.run_id END, COALESCE(tp.level, ''), COALESCE(o.value, p.level),
			CASE WHEN COALESCE(t.protected, FALSE) THEN 'skipped' ELSE 'planned' END, CASE WHEN COALESCE(t.protected, FALSE) THEN 'protected' ELSE '' END
		FROM groups g
		CROSS JOIN desired_groups d
		JOIN desired_permissions p ON p.target_id = d.target_id AND p.group_key = d.name_key
		LEFT JOIN target_groups t ON t.target_id = d.target_id AND t.group_id = g.id
		LEFT JOIN target_permissions tp ON tp.target_id = d.target_id AND tp.group_id = g.id AND tp.scope = p.scope
		LEFT JOIN group_overrides o ON o.target_id = d.target_id AND o.group_id = g.id AND o.outer_id = 0 AND o.scope = p.scope AND o.basis = p.level
		WHERE d.target_id = ? AND d.group_id = g.id AND g.connection_id = ? AND g.dirty
			AND CASE WHEN o.id IS NULL THEN COALESCE(tp.rank, 0) < p.rank ELSE COALESCE(tp.level, '') <> o.value END`},
}

// statementsFor are the steps of a plan for a target: those of every target,
// and those for what this one has besides.
func statementsFor(ctx context.Context, tx *Tx, targetID int64) ([]planStatement, error) {
	var has struct {
		Nestings    bool `db:"nestings"`
		Permissions bool `db:"permissions"`
	}
	if err := tx.get(ctx, &has, `SELECT (t.nests OR EXISTS (SELECT 1 FROM target_nestings n WHERE n.target_id = t.id)) AS nestings, t.permissions <> '' AS permissions
		FROM targets t WHERE t.id = ?`, targetID); err != nil {
		return nil, fmt.Errorf("read target %d: %w", targetID, notFound(err))
	}
	statements := slices.Clip(planStatements)
	if has.Nestings {
		statements = append(statements, nestingStatements...)
	}
	if has.Permissions {
		statements = append(statements, permissionStatements...)
	}
	return statements, nil
}

// twin is the condition that a desired group cannot be made since another wants
// its name: of those, the one that is linked has it, or else the one of the
// smallest id in the source.
func twin(one string) string {
	return strings.ReplaceAll(`EXISTS (
				SELECT 1 FROM desired_groups other LEFT JOIN target_groups ot ON ot.target_id = other.target_id AND ot.group_id = other.group_id
				JOIN groups og ON og.id = other.group_id JOIN groups mine ON mine.id = %one.group_id
				WHERE other.target_id = %one.target_id AND other.name_key = %one.name_key AND other.group_id <> %one.group_id AND other.problem = ''
					AND (ot.group_id IS NOT NULL OR og.source_id < mine.source_id))`, "%one", one)
}

// throughInner is the condition that a user belongs in a group of a target
// through one that belongs in it, as far as %kept of nestings n is so.
const throughInner = `EXISTS (SELECT 1 FROM desired_nestings n
			JOIN group_routes ir ON ir.target_id = n.target_id AND ir.into_id = n.child_id
			JOIN memberships im ON im.group_id = ir.group_id AND im.user_id = %user AND NOT im.absent
			JOIN groups ig ON ig.id = im.group_id AND ig.presence = 'present'
			WHERE n.target_id = %target AND n.group_id = %group AND %kept)`

// through writes throughInner for a target, a group and a user.
func through(target, group, user, kept string) string {
	return strings.NewReplacer("%target", target, "%group", group, "%user", user, "%kept", kept).Replace(throughInner)
}
