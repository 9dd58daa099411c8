package store

// toSeek leaves those out of a run's plan who were looked for in vain and are not
// to be looked for again yet, even if they are dirty: they stay so for as long as
// another target cannot be used. A plan of some subjects looks for all of them.
const toSeek = `d.sought_at = 0`

// The plan's statements take the run, the target and the connection. The
// words "AND u.dirty" and "AND g.dirty" are left out of a full plan. To SQLite
// a CROSS JOIN says in which order to look: first the users, few of which are
// dirty, then what belongs to each. PostgreSQL decides by its statistics.
// Within a stage the places of each statement begin at another thousand
// million; a plan of some subjects moves all of them (ordsARound).
var planStatements = []planStatement{
	// What a leaver's account is to become, from where it stands.
	{"leavers", `INSERT INTO changes (run_id, target_id, stage, ord, kind, user_id, rule, evidence, before, after, state, class, remote_id)
		SELECT CAST(? AS BIGINT), d.target_id, 1, ROW_NUMBER() OVER (ORDER BY CASE d.state WHEN 'suspended' THEN 1 WHEN 'deactivated' THEN 2 ELSE 3 END, u.id) - 1,
			CASE d.state WHEN 'suspended' THEN 'account.suspend' WHEN 'deactivated' THEN 'account.deactivate' ELSE 'account.delete' END,
			u.id, d.rule, d.evidence, a.status, d.state,
			CASE WHEN a.protected OR a.read_only THEN 'skipped' ELSE 'unguarded' END,
			CASE WHEN a.protected THEN 'protected' WHEN a.read_only THEN 'read-only' ELSE '' END,
			CASE d.state WHEN 'deleted' THEN a.remote_id ELSE '' END
		FROM users u
		CROSS JOIN desired_accounts d
		CROSS JOIN accounts a
		WHERE d.target_id = ? AND d.user_id = u.id AND a.target_id = d.target_id AND a.user_id = u.id
			AND u.connection_id = ? AND u.dirty
			AND (d.state = 'suspended' AND a.status = 'active' OR d.state = 'deactivated' AND a.status IN ('active', 'suspended') OR d.state = 'deleted')`},
	{"groups", `INSERT INTO changes (run_id, target_id, stage, ord, kind, group_id, rule, after, state, class, detail)
		SELECT CAST(? AS BIGINT), d.target_id, 2, ROW_NUMBER() OVER (ORDER BY g.id) - 1, 'group.create', g.id, d.rule, d.name,
			CASE WHEN d.problem <> '' OR d.twin THEN 'refused' ELSE 'planned' END, CASE WHEN d.problem <> '' THEN d.problem WHEN d.twin THEN 'duplicate' ELSE '' END, d.detail
		FROM groups g
		JOIN (
			-- of groups that want one name, the one that is linked has it, or else the one of the smallest id in the source
			SELECT one.target_id, one.group_id, one.name, one.rule, one.problem, one.detail, ` + twin("one") + ` AS twin
			FROM desired_groups one
		) d ON d.target_id = ? AND d.group_id = g.id
		LEFT JOIN target_groups t ON t.target_id = d.target_id AND t.group_id = g.id
		WHERE g.connection_id = ? AND g.dirty AND t.group_id IS NULL`},
	// A group cannot take the name that another one has or is about to have. What
	// differs in case alone is no other name where a target renames nothing: it may
	// be the product that keeps names in lower case.
	{"renamed groups", `INSERT INTO changes (run_id, target_id, stage, ord, kind, group_id, rule, before, after, state, class, detail)
		SELECT n.run_id, n.target_id, 2, 1000000000 + ROW_NUMBER() OVER (ORDER BY n.group_id), CASE WHEN n.class = '' AND NOT n.renames THEN 'group.replace' ELSE 'group.rename' END,
			n.group_id, n.rule, n.name, n.wanted,
			CASE WHEN n.class = '' THEN CASE WHEN n.renames THEN 'planned' ELSE 'unguarded' END WHEN n.class IN ('protected', 'read-only', 'cannot-rename') THEN 'skipped' ELSE 'refused' END,
			n.class, n.detail
		FROM (
			SELECT CAST(? AS BIGINT) AS run_id, d.target_id, g.id AS group_id, d.rule, t.name, d.name AS wanted, target.renames, d.detail,
				CASE WHEN d.problem <> '' THEN d.problem
					WHEN t.protected THEN 'protected'
					WHEN t.read_only THEN 'read-only'
					WHEN NOT target.renames AND NOT target.recreates THEN 'cannot-rename'
					WHEN EXISTS (SELECT 1 FROM desired_groups other JOIN target_groups ot ON ot.target_id = other.target_id AND ot.group_id = other.group_id
						WHERE other.target_id = d.target_id AND other.name_key = d.name_key AND other.group_id <> d.group_id AND other.problem = '')
						THEN 'duplicate'
					ELSE '' END AS class
			FROM groups g
			JOIN desired_groups d ON d.target_id = ? AND d.group_id = g.id
			JOIN target_groups t ON t.target_id = d.target_id AND t.group_id = g.id
			JOIN targets target ON target.id = d.target_id
			WHERE g.connection_id = ? AND g.dirty AND t.name <> d.name AND (target.renames OR t.name_key <> d.name_key)
		) n`},
	// People who share a group are put side by side, so that they can be
	// created together: each goes by one of its groups, by turns the first and the last,
	// which keeps the shares of all groups alike. Whoever waits for a licence
	// goes before, in order.
	{"joiners", `INSERT INTO changes (run_id, target_id, stage, ord, kind, user_id, rule, after, state, class)
		SELECT n.run_id, n.target_id, 3, ROW_NUMBER() OVER (ORDER BY n.since, n.near, n.far, n.user_id) - 1, 'account.create', n.user_id, n.rule, n.email,
			CASE WHEN n.class = '' THEN 'planned' ELSE 'refused' END, n.class
		FROM (
			SELECT CAST(? AS BIGINT) AS run_id, d.target_id, u.id AS user_id, d.rule, d.email, COALESCE(w.since, 9000000000000000000) AS since,
				COALESCE(CASE WHEN u.id % 2 = 0 THEN (SELECT MIN(m.group_id) FROM desired_memberships m WHERE m.target_id = d.target_id AND m.user_id = d.user_id)
					ELSE (SELECT MAX(m.group_id) FROM desired_memberships m WHERE m.target_id = d.target_id AND m.user_id = d.user_id) END, 0) AS near,
				COALESCE(CASE WHEN u.id % 2 = 0 THEN (SELECT MAX(m.group_id) FROM desired_memberships m WHERE m.target_id = d.target_id AND m.user_id = d.user_id)
					ELSE (SELECT MIN(m.group_id) FROM desired_memberships m WHERE m.target_id = d.target_id AND m.user_id = d.user_id) END, 0) AS far,
				CASE WHEN EXISTS (SELECT 1 FROM unlinks x WHERE x.target_id = d.target_id AND x.user_id = d.user_id) THEN 'unlinked-by-hand'
					WHEN d.email = '' THEN 'no-email'
					WHEN EXISTS (SELECT 1 FROM desired_accounts o WHERE o.target_id = d.target_id AND o.email_key = d.email_key AND o.user_id <> d.user_id AND o.state = 'active')
						OR EXISTS (SELECT 1 FROM accounts o WHERE o.target_id = d.target_id AND o.email_key = d.email_key AND o.user_id <> d.user_id) THEN 'duplicate'
					ELSE '' END AS class
			FROM users u
			CROSS JOIN desired_accounts d
			LEFT JOIN accounts a ON a.target_id = d.target_id AND a.user_id = u.id
			LEFT JOIN seat_waits w ON w.target_id = d.target_id AND w.user_id = u.id
			WHERE d.target_id = ? AND d.user_id = u.id
				AND u.connection_id = ? AND u.dirty AND d.state = 'active' AND a.user_id IS NULL AND ` + toSeek + `
		) n`},
	{"people who come back", `INSERT INTO changes (run_id, target_id, stage, ord, kind, user_id, rule, before, after, state, class)
		SELECT CAST(? AS BIGINT), d.target_id, 3, 1000000000 + ROW_NUMBER() OVER (ORDER BY u.id), 'account.restore', u.id, d.rule, a.status, 'active',
			CASE WHEN a.protected OR a.read_only THEN 'skipped' WHEN a.status = 'closed' THEN 'refused' ELSE 'planned' END,
			CASE WHEN a.protected THEN 'protected' WHEN a.read_only THEN 'read-only' WHEN a.status = 'closed' THEN 'closed' ELSE '' END
		FROM users u
		CROSS JOIN desired_accounts d
		CROSS JOIN accounts a
		WHERE d.target_id = ? AND d.user_id = u.id AND a.target_id = d.target_id AND a.user_id = u.id
			AND u.connection_id = ? AND u.dirty AND d.state = 'active' AND a.status <> 'active'`},
	// Whoever was only missing from a list goes on being added to groups, as
	// long as the account has access: that list may have been wrong. A membership
	// that may or may not be there (missing) is added again while it is wanted, and
	// is taken away once it is not.
	{"memberships to add", `INSERT INTO changes (run_id, target_id, stage, ord, kind, user_id, group_id, rule, after, state)
		SELECT CAST(? AS BIGINT), dm.target_id, 4, ROW_NUMBER() OVER (ORDER BY dm.group_id, u.id) - 1, 'membership.add', u.id, dm.group_id,
			CASE WHEN ` + insteadOf("dm.target_id", "dm.group_id", "u.id") + ` THEN 'a member of a group that cannot be had in it' ELSE 'member in the source' END, 'member', 'planned'
		FROM users u
		CROSS JOIN desired_memberships dm
		CROSS JOIN desired_accounts d
		LEFT JOIN accounts a ON a.target_id = d.target_id AND a.user_id = u.id AND a.status = 'active'
		LEFT JOIN target_memberships tm ON tm.target_id = dm.target_id AND tm.user_id = u.id AND tm.group_id = dm.group_id
		WHERE dm.target_id = ? AND dm.user_id = u.id AND d.target_id = dm.target_id AND d.user_id = u.id
			AND u.connection_id = ? AND u.dirty AND COALESCE(tm.missing, TRUE) AND NOT d.strip AND ` + toSeek + `
			AND (d.state = 'active' OR u.presence = 'absent' AND a.user_id IS NOT NULL)`},
	// What a step of a ladder took away and nobody but the target had given: the
	// source cannot say that it is wanted. Where a group holds exactly the
	// source's members, nothing of the kind is given back.
	{"memberships to give back", `INSERT INTO changes (run_id, target_id, stage, ord, kind, user_id, group_id, rule, after, state)
		SELECT CAST(? AS BIGINT), lg.target_id, 4, 1000000000 + ROW_NUMBER() OVER (ORDER BY lg.group_id, u.id), 'membership.add', u.id, lg.group_id, 'a member before leaving', 'member', 'planned'
		FROM users u
		CROSS JOIN leaver_groups lg
		CROSS JOIN desired_accounts d
		CROSS JOIN targets target
		LEFT JOIN desired_memberships dm ON dm.target_id = lg.target_id AND dm.user_id = u.id AND dm.group_id = lg.group_id
		LEFT JOIN target_memberships tm ON tm.target_id = lg.target_id AND tm.user_id = u.id AND tm.group_id = lg.group_id
		WHERE lg.target_id = ? AND lg.user_id = u.id AND d.target_id = lg.target_id AND d.user_id = u.id AND target.id = lg.target_id
			AND u.connection_id = ? AND u.dirty AND d.state = 'active' AND NOT d.strip
			AND target.additive AND lg.origin <> 'created' AND dm.user_id IS NULL AND COALESCE(tm.missing, TRUE)`},
	// "leaver" marks what a step takes away: the guard counts those by the person.
	// "nested" marks what somebody has through another group by now; where that was
	// undone, they keep what they have themselves.
	{"memberships to remove", `INSERT INTO changes (run_id, target_id, stage, ord, kind, user_id, group_id, rule, evidence, before, after, state)
		SELECT one.run_id, one.target_id, 5, ROW_NUMBER() OVER (ORDER BY one.group_id, one.user_id) - 1, 'membership.remove', one.user_id, one.group_id,
			CASE WHEN one.strip THEN one.rule WHEN one.nested THEN 'a member through a group in it' ELSE 'not a member in the source' END,
			CASE WHEN one.strip THEN one.evidence WHEN one.nested THEN 'explicit' ELSE 'absence' END, 'member',
			CASE WHEN one.strip THEN 'leaver' WHEN one.nested THEN 'nested' ELSE '' END, 'unguarded'
		FROM (
			SELECT CAST(? AS BIGINT) AS run_id, tm.target_id, tm.group_id, u.id AS user_id, d.strip, d.rule, d.evidence,
				` + through("tm.target_id", "tm.group_id", "u.id", "n.ruled AND n.wanted AND NOT n.flat") + ` AS nested
			FROM users u
			CROSS JOIN target_memberships tm
			CROSS JOIN desired_accounts d
			LEFT JOIN desired_memberships dm ON dm.target_id = tm.target_id AND dm.user_id = u.id AND dm.group_id = tm.group_id
			WHERE tm.target_id = ? AND tm.user_id = u.id AND d.target_id = tm.target_id AND d.user_id = u.id
				AND u.connection_id = ? AND u.dirty AND (d.strip AND d.state <> 'deleted' OR d.state = 'active' AND dm.user_id IS NULL
					AND NOT ` + through("tm.target_id", "tm.group_id", "u.id", "n.ruled AND NOT n.wanted") + `)
				AND (tm.origin = 'created' OR NOT (SELECT target.additive FROM targets target WHERE target.id = tm.target_id))
				AND (NOT tm.missing OR EXISTS (SELECT 1 FROM accounts a WHERE a.target_id = tm.target_id AND a.user_id = u.id))
		) one`},
	// Whoever has an account that is about to be linked is not a stranger.
	{"members that nobody knows", `INSERT INTO changes (run_id, target_id, stage, ord, kind, group_id, rule, evidence, before, state, class, remote_id)
		SELECT CAST(? AS BIGINT), f.target_id, 5, 1000000000 + ROW_NUMBER() OVER (ORDER BY g.id, f.remote_id), 'membership.remove', g.id, 'not a member in the source', 'explicit', 'member',
			CASE WHEN p.remote_id IS NOT NULL OR pe.remote_id IS NOT NULL OR t.protected OR t.read_only OR COALESCE(own.read_only, FALSE) THEN 'skipped' ELSE 'unguarded' END,
			CASE WHEN p.remote_id IS NOT NULL OR pe.remote_id IS NOT NULL OR t.protected THEN 'protected' WHEN t.read_only OR COALESCE(own.read_only, FALSE) THEN 'read-only' ELSE '' END, f.remote_id
		FROM groups g
		CROSS JOIN foreign_members f
		CROSS JOIN target_groups t
		CROSS JOIN targets target
		LEFT JOIN protected_objects p ON p.target_id = f.target_id AND p.kind = 'account' AND p.remote_id = f.remote_id
		LEFT JOIN unlinked_accounts own ON own.target_id = f.target_id AND own.remote_id = f.remote_id
		LEFT JOIN protected_objects pe ON pe.target_id = f.target_id AND pe.kind = 'account' AND pe.remote_id = own.email_key
		WHERE f.target_id = ? AND f.group_id = g.id AND t.target_id = f.target_id AND t.group_id = g.id AND target.id = f.target_id AND NOT target.additive
			AND g.connection_id = ? AND g.dirty
			AND NOT EXISTS (SELECT 1 FROM accounts a WHERE a.identity = t.identity AND a.remote_id = f.remote_id)
			AND NOT EXISTS (SELECT 1 FROM unlinked_accounts un JOIN desired_accounts d ON d.target_id = un.target_id AND d.email_key = un.email_key
				WHERE un.target_id = f.target_id AND un.remote_id = f.remote_id AND d.state = 'active')
			AND NOT EXISTS (SELECT 1 FROM unlinked_accounts un JOIN desired_accounts d ON d.target_id = un.target_id AND LOWER(d.user_name) = LOWER(un.user_name)
				WHERE un.target_id = f.target_id AND un.remote_id = f.remote_id AND un.user_name <> '' AND d.state = 'active')`},
}
