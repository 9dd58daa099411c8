package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/workflows"
)

// The classes of failure that come from Rollcall itself rather than from a
// vendor; package activities gives them out.
const (
	classFenced   directory.Class = "fenced"
	classUnknown  directory.Class = "not-configured"
	classDatabase directory.Class = "database"
	classMoved    directory.Class = "target-changed"
	// classTargetShort is a target that has lost more than is believed.
	classTargetShort directory.Class = "target-too-small"
	classBusy        directory.Class = "busy"
	// What a push named and the source does not confirm, where both are used.
	classUnknownUser  directory.Class = "unknown-user"
	classUnknownGroup directory.Class = "unknown-group"
	// classEnded is the steering of a run that has ended.
	classEnded directory.Class = "ended"
	// classStopped is a run that a person stopped, classSourceChanged one whose
	// source is not the one that it was.
	classStopped       directory.Class = "stopped"
	classSourceChanged directory.Class = "source-changed"
	// classTimeout stands for an activity whose worker was not heard of any more.
	classTimeout directory.Class = "worker-lost"
)

// advice says for each class what an administrator does next. {place} is the
// source or the target, {secret} the setting that holds its credential,
// {target} the target's settings.
var advice = map[directory.Class]string{
	directory.ClassRateLimited: "{place} allows no more calls for now. The next run goes on where this one stopped; a lower rate_limit_share leaves more to others.",
	directory.ClassAuth:        "{place} refused the credential. Make a new one, put it where {secret} reads it, restart the worker and run again; \"rollcall check\" says what it must be allowed.",
	directory.ClassNotFound:    "It was gone when it was to be changed. The next run sees how things are; \"rollcall sync {connection} --drift\" looks at once.",
	directory.ClassConflict:    "That address or name belongs to another account or group in {place}. Free it there, or correct it in the source, then run again.",
	directory.ClassRefused:     "{place} refuses this, and will again. Its own words stand beside each change in \"rollcall run {run} --failed\"; correct the person or group in the source, then run again.",
	directory.ClassSeat:        "No licence is free in {place}. Free or buy some; the next run tries again.",
	directory.ClassUnmanaged:   "{place} does not let these be written: in the Cloud, accounts of an e-mail domain that your organization has not claimed; in Data Center, what lives in an external directory, or a version that cannot. Nothing to do, or change that there.",
	directory.ClassUnavailable: "{place} did not answer, or answered with errors. The next run tries again; if it lasts, look at the server or, in the Cloud, at the vendor's status page.",
	directory.ClassCanceled:    "The run was stopped before this was done. Run again: \"rollcall sync {connection}\".",
	directory.ClassInternal:    "Rollcall did not expect this. The worker's log says more; please report it.",

	directory.ClassProtected:   "Administrators, and what {target}.protected lists, are never touched. Nothing to do; if it must change, change it by hand in {place}.",
	directory.ClassReadOnly:    "Another system provisions these in {place}. Nothing to do here; they follow that system.",
	directory.ClassNoEmail:     "They have no e-mail address in the source, and no account can be made without. Add one there.",
	directory.ClassDuplicate:   "Two people of the source have one address, or two groups names that differ in case only; one of them has the account or group. Correct or remove the other in the source.",
	directory.ClassNotAdopted:  "A group of that name exists in {place} and is not Rollcall's. If it should become so, list it in {target}.adopt_groups; otherwise rename one of the two.",
	directory.ClassAmbiguous:   "Several accounts or groups in {place} match, and which one is meant is not guessed. Leave one of them there, then run again.",
	directory.ClassLinked:      "That account or group belongs to another person, group or connection of Rollcall's already. See that no two of them claim the same.",
	directory.ClassClosed:      "The account was closed in {place} and cannot be restored by Rollcall. Restore it there, if the person should have it.",
	directory.ClassNoRename:    "{place} cannot rename groups: the old name stays, and members are kept in step. Nothing to do; groups.renames: recreate makes a new group in place of the old one, once approved.",
	directory.ClassNoLink:      "They wait for an account or a group that could not be made. Mend that first; the next run does the rest.",
	directory.ClassOverLimit:   "More would be taken away than the guard admits. Look at it with \"rollcall run {run} --state held\"; if it is right, \"rollcall approve {run}\" makes it, whole or in part.",
	directory.ClassWholeGroup:  "A group would lose all its members. Look at it with \"rollcall run {run} --state held\"; if it is right, \"rollcall approve {run}\" makes it, whole or in part.",
	directory.ClassEverybody:   "Everybody would lose their access. See that the source answers as it should (\"rollcall check\"); only if that is really meant, \"rollcall approve {run}\" makes it.",
	directory.ClassUnconfirmed: "The source could not be asked directly whether these are really gone, so they were left. The next run asks again.",
	directory.ClassStillThere:  "The source's lists did not have them, yet they are there when looked up: its lists were wrong and nothing was taken away. The next run looks again.",
	directory.ClassStale:       "It was no longer due when its turn came. Nothing to do.",

	directory.ClassBadName:      "{place} would refuse a group of that name; the detail says why. Give it another with {target}.groups (map, patterns, prefix), or rename it in the source.",
	directory.ClassRecreate:     "{place} cannot rename a group, so a new one would be made and its members moved; the old one stays with what it is allowed. If that is right, \"rollcall approve {run} --only group.replace\".",
	directory.ClassByHand:       "A person took these out of the run. The next run looks at them again.",
	directory.ClassNotApproved:  "Also due for these people, and not part of what was approved. The next run looks at it, under the guard.",
	directory.ClassUnlinked:     "A person took the link of these away, so no account is made or linked. Say which is theirs: \"rollcall link set {connection} USER ACCOUNT\".",
	directory.ClassQuarantine:   "The connection is in quarantine: the guard stopped several runs, each for something new. See why with \"rollcall quarantine\" and \"rollcall held {connection}\"; when the source is right again, \"rollcall quarantine release {connection}\".",
	directory.ClassSourceShort:  "The source's list was shorter than the configuration's minimum, or far shorter than before, so nothing was taken to be missing. See that the source answers as it should: \"rollcall check\".",
	directory.ClassChangedSince: "It has changed since that run, so it is left as it is. Nothing to do; \"rollcall explain {connection} USER\" says how it stands.",
	directory.ClassLeaverHeld:   "A person has put this leaver on hold; \"rollcall leavers release\" lets the ladder go on.",
	classTargetShort:            "{place} says that more than a third of what is linked there is gone, which is not believed. See that its directory is there and the credential sees it: \"rollcall check\". If it is really so, \"rollcall sync {connection} --allow-removals\".",
	directory.ClassNoNesting:    "They are to be in a group through another that is in it, which is not there yet; until it is they stay as they are. The next run looks again.",
	directory.ClassWithAccount:  "It goes with the account, which is suspended and keeps what it is in. Nothing to do.",
	directory.ClassIrreversible: "{place} cannot take this back. Mend it there by hand, if it must be.",
	directory.ClassUnsupported:  "{place} cannot do this. A person who has no account there gets one by other means, and it is found within a day; else nothing to do: docs/targets says what it can.",

	classEnded:         "The run has ended, so there is nothing to steer. Look at it with \"rollcall runs {connection}\".",
	classStopped:       "A person stopped the run. What it had done is recorded; the next run does the rest: \"rollcall sync {connection}\".",
	classSourceChanged: "The source is another organization than the one that this connection's people come from. Put the former address back, or give the new one a connection of its own; if it only moved, \"rollcall check --accept-source {connection}\".",

	classFenced:   "Another run took the connection over. Look at that one: \"rollcall runs {connection}\".",
	classUnknown:  "The worker runs with a configuration that lacks this connection or target. Restart it with the one that you use here; what was approved for a target that was taken out was not done.",
	classDatabase: "The worker cannot use its database, or finds in it what contradicts the configuration; its log says which.",
	classUnknownUser: "A push names somebody whom the source does not know. See that the identity provider sends its own user id as externalId, " +
		"and that connections.{connection}.source.url is the organization that pushes.",
	classUnknownGroup: "A pushed group is not among those that are selected in the source. Select it in connections.{connection}.source.groups, or stop pushing it; members come with the groups that are read.",

	classMoved:   "The configuration of a target names another place than the one that its links belong to: it is left alone, and the others go on. Put its former address back, or give the new place a target of its own name; \"rollcall check\" says which is which.",
	classBusy:    "Another run is changing the same person or group just now. It is looked at again by itself; nothing to do.",
	classTimeout: "A worker was not heard of any more; another takes over. See that one runs.",
}

// place is where something happened.
type place struct {
	connection string
	// target is empty for the source.
	target string
	run    int64
}

// adviceOn says what to do about a class; empty when there is nothing to say.
func adviceOn(class directory.Class, at place) string { return filled(advice[class], at) }

// filled puts a place's own names into advice.
func filled(text string, at place) string {
	name, secret := "the source", "connections."+at.connection+".source.token"
	settings := "connections." + at.connection + ".targets." + at.target
	if at.target != "" {
		name, secret = at.target, settings+".api_key (or token, or password)"
	}
	text = strings.NewReplacer("{place}", name, "{secret}", secret, "{target}", settings, "{connection}", at.connection,
		"{run}", fmt.Sprint(at.run)).Replace(text)
	if strings.HasPrefix(text, "the source") {
		text = "The source" + strings.TrimPrefix(text, "the source")
	}
	return text
}

// advised is what to do about the changes of a run that ended alike.
type advised struct {
	Target string `json:"target,omitempty"`
	Class  string `json:"class"`
	// Changes is how many it concerns; 0 for the run as a whole.
	Changes int64  `json:"changes,omitempty"`
	Next    string `json:"next"`
}

// advise says what to do after a run: about what stopped it first, then about
// each class of change that was not made.
func advise(run store.Run, counts []store.Count) []advised {
	all := adviseRun(run)
	for _, c := range counts {
		if c.Class == "" || c.State == string(directory.Applied) {
			continue
		}
		i := slices.IndexFunc(all, func(a advised) bool { return a.Target == c.Target && a.Class == c.Class })
		if i < 0 {
			next := adviceOn(directory.Class(c.Class), place{run.Connection, c.Target, run.ID})
			if run.DryRun && c.State == string(directory.Held) {
				next = "A run would hold these until a person approves them, and do everything else."
			}
			all = append(all, advised{Target: c.Target, Class: c.Class, Next: next})
			i = len(all) - 1
		}
		all[i].Changes += c.Count
	}
	return all
}

// adviseRun says what to do about a run that did not come to its end.
func adviseRun(run store.Run) []advised {
	at := place{connection: run.Connection, run: run.ID}
	switch run.Outcome {
	case outcomeLost:
		return []advised{{Class: outcomeLost, Next: "Its worker or the Temporal server went away. What it had done is recorded; the next run goes on from there."}}
	case workflows.OutcomeStopped:
		if run.Control == store.VerbStop {
			return []advised{{Class: string(classStopped), Next: adviceOn(classStopped, at)}}
		}
		return []advised{{Class: string(directory.ClassCanceled), Next: adviceOn(directory.ClassCanceled, at)}}
	case workflows.OutcomeFailed:
	default:
		return nil
	}
	if next := adviceOn(directory.Class(run.Reason), at); next != "" {
		return []advised{{Class: run.Reason, Next: next}}
	}
	// Otherwise the reason is a list of targets that could not be used: "name: class".
	var all []advised
	for part := range strings.SplitSeq(run.Reason, ", ") {
		target, class, _ := strings.Cut(part, ": ")
		at.target = target
		if next := adviceOn(directory.Class(class), at); next != "" {
			all = append(all, advised{Target: target, Class: class, Next: next})
		}
	}
	if all == nil {
		all = []advised{{Class: run.Reason, Next: "See what is wrong with \"rollcall check\", then run again: \"rollcall sync " + run.Connection + "\"."}}
	}
	return all
}
