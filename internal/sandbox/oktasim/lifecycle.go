package oktasim

import (
	"fmt"
	"net/http"

	"github.com/rollcall-sync/rollcall/internal/sandbox/people"
)

// Every change below is what the vendor's API, or a person at the vendor's
// console, would do; the times of change move as the vendor's do. Each returns
// a *Problem when the vendor would refuse.

// changeStatus gives a user a status and logs it. The caller holds the lock.
func (s *Sim) changeStatus(u *user, status, eventType, message string) {
	rec := u.rec.next()
	now := s.now()
	rec.Status, rec.StatusChanged, rec.LastUpdated = status, now, now
	if status == people.Active && rec.Activated.IsZero() {
		rec.Activated = now
	}
	if status == people.Deprovisioned {
		// Nothing is kept but the profile and the groups.
		rec.HasPassword = false
		delete(s.app.direct, u)
	}
	s.put(u, rec)
	s.record(eventType, message, userTarget(u))
}

func (s *Sim) withUser(idOrLogin string, change func(u *user) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, err := s.findUser(idOrLogin)
	if err != nil {
		return err
	}
	return change(u)
}

// ActivateUser activates somebody STAGED or DEPROVISIONED: ACTIVE if there is
// a password, else PROVISIONED until the first sign-in.
func (s *Sim) ActivateUser(idOrLogin string) error {
	return s.withUser(idOrLogin, func(u *user) error {
		if u.rec.Status != people.Staged && u.rec.Status != people.Deprovisioned {
			return &Problem{http.StatusForbidden, "E0000016", "Activation failed because the user is already active", nil}
		}
		status := people.Provisioned
		if u.rec.HasPassword {
			status = people.Active
		}
		s.changeStatus(u, status, "user.lifecycle.activate", "Activate Okta user")
		return nil
	})
}

// ReactivateUser sends somebody PROVISIONED or in RECOVERY the link again;
// nothing else changes.
func (s *Sim) ReactivateUser(idOrLogin string) error {
	return s.withUser(idOrLogin, func(u *user) error {
		if u.rec.Status != people.Provisioned && u.rec.Status != people.Recovery {
			return wrongStatus()
		}
		s.record("user.lifecycle.reactivate", "Reactivate Okta user", userTarget(u))
		return nil
	})
}

// SignIn is somebody's first sign-in after activation, or after a reset: there
// is a password now, and the status is ACTIVE. No API call does this.
func (s *Sim) SignIn(idOrLogin string) error {
	return s.withUser(idOrLogin, func(u *user) error {
		switch u.rec.Status {
		case people.Provisioned, people.Recovery, people.PasswordExpired:
			s.changeStatus(u, people.Active, "user.account.update_password", "User update password for Okta")
			u.rec.HasPassword = true
			return nil
		}
		return wrongStatus()
	})
}

// LockOut is somebody who typed a wrong password too often.
func (s *Sim) LockOut(idOrLogin string) error {
	return s.withUser(idOrLogin, func(u *user) error {
		if u.rec.Status != people.Active {
			return wrongStatus()
		}
		s.changeStatus(u, people.LockedOut, "user.account.lock", "Max sign in attempts exceeded")
		return nil
	})
}

// ExpirePassword makes somebody ACTIVE choose a new password.
func (s *Sim) ExpirePassword(idOrLogin string) error {
	return s.withUser(idOrLogin, func(u *user) error {
		if u.rec.Status != people.Active {
			return wrongStatus()
		}
		s.changeStatus(u, people.PasswordExpired, "user.account.expire_password", "Expire password for user")
		return nil
	})
}

// UnlockUser lets somebody LOCKED_OUT in again.
func (s *Sim) UnlockUser(idOrLogin string) error {
	return s.withUser(idOrLogin, func(u *user) error {
		if u.rec.Status != people.LockedOut {
			return &Problem{http.StatusForbidden, "E0000032", "Unlock is not allowed for this user.", nil}
		}
		s.changeStatus(u, people.Active, "user.account.unlock_by_admin", "Unlock user account")
		return nil
	})
}

// SuspendUser suspends somebody ACTIVE; groups and assignments stay.
func (s *Sim) SuspendUser(idOrLogin string) error {
	return s.withUser(idOrLogin, func(u *user) error {
		if u.rec.Status != people.Active {
			return invalid("user", "Cannot suspend a user that is not active")
		}
		s.changeStatus(u, people.Suspended, "user.lifecycle.suspend", "Suspend Okta user")
		return nil
	})
}

// UnsuspendUser makes somebody SUSPENDED ACTIVE again.
func (s *Sim) UnsuspendUser(idOrLogin string) error {
	return s.withUser(idOrLogin, func(u *user) error {
		if u.rec.Status != people.Suspended {
			return invalid("user", "Cannot unsuspend a user that is not suspended")
		}
		s.changeStatus(u, people.Active, "user.lifecycle.unsuspend", "Unsuspend Okta user")
		return nil
	})
}

// DeactivateUser makes somebody DEPROVISIONED; assignments are lost, groups
// stay.
func (s *Sim) DeactivateUser(idOrLogin string) error {
	return s.withUser(idOrLogin, func(u *user) error {
		if u.rec.Status == people.Deprovisioned {
			return wrongStatus()
		}
		s.changeStatus(u, people.Deprovisioned, "user.lifecycle.deactivate", "Deactivate Okta user")
		return nil
	})
}

// DeleteUser deactivates somebody, or erases somebody DEPROVISIONED, after
// which nobody of that id is found. erased says which of the two was done.
func (s *Sim) DeleteUser(idOrLogin string) (erased bool, err error) {
	err = s.withUser(idOrLogin, func(u *user) error {
		if u.rec.Status != people.Deprovisioned {
			s.changeStatus(u, people.Deprovisioned, "user.lifecycle.deactivate", "Deactivate Okta user")
			return nil
		}
		erased = true
		target := userTarget(u)
		s.eraseUser(u)
		s.record("user.lifecycle.delete.completed", "Delete Okta user", target)
		return nil
	})
	return erased, err
}

// CreateUser puts a new person in, with the status that it has.
func (s *Sim) CreateUser(p people.Person) (string, error) {
	now := s.now()
	p.Created, p.LastUpdated = now, now
	u, err := s.create(recordOf(p), nil)
	if err != nil {
		return "", err
	}
	return u.id, nil
}

// RenameUser gives a user another surname and e-mail; the login stays.
func (s *Sim) RenameUser(idOrLogin, lastName, email string) error {
	_, err := s.updateProfile(idOrLogin, map[string]any{"lastName": lastName, "email": email}, false)
	if err != nil {
		return fmt.Errorf("rename user: %w", err)
	}
	return nil
}
