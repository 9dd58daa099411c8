package store

import (
	"context"
	"fmt"
	"time"
)

// maxDeliveries is after how many failures a notification is given up: with
// the sweep's minute between them, more than half a day.
const maxDeliveries = 1000

// Notification is a message to administrators, for one destination.
type Notification struct {
	ID           int64  `db:"id"`
	ConnectionID int64  `db:"connection_id"`
	Event        string `db:"event"`
	// Key names what happened: the same is told to a destination once.
	Key         string `db:"key"`
	Destination string `db:"destination"`
	// Payload is JSON and names nobody.
	Payload  string `db:"payload"`
	Attempts int    `db:"attempts"`
	// Class is of the last failure.
	Class       string    `db:"class"`
	CreatedAt   time.Time `db:"-"`
	DeliveredAt time.Time `db:"-"`
	CreatedUS   int64     `db:"created_at"`
	DeliveredUS int64     `db:"delivered_at"`
}

const notificationColumns = `SELECT id, connection_id, event, key, destination, payload, attempts, class, created_at, delivered_at FROM notifications `

// AddNotification records a message that is to be delivered. One with the same
// key for the same destination is there already: then new is false and id is its.
func (s *Store) AddNotification(ctx context.Context, n Notification, now time.Time) (id int64, isNew bool, err error) {
	err = s.write(ctx, func(ctx context.Context, tx *Tx) error {
		var ids []int64
		if err := tx.selectAll(ctx, &ids, `INSERT INTO notifications (connection_id, event, key, destination, payload, created_at) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (destination, key) DO NOTHING RETURNING id`, n.ConnectionID, n.Event, n.Key, n.Destination, n.Payload, micros(now)); err != nil {
			return fmt.Errorf("record notification: %w", err)
		}
		if isNew = len(ids) == 1; isNew {
			id = ids[0]
			return nil
		}
		if err := tx.get(ctx, &id, `SELECT id FROM notifications WHERE destination = ? AND key = ?`, n.Destination, n.Key); err != nil {
			return fmt.Errorf("find notification: %w", err)
		}
		return nil
	})
	return id, isNew, err
}

// Notification returns a notification, or ErrNotFound.
func (s *Store) Notification(ctx context.Context, id int64) (Notification, error) {
	var n Notification
	if err := s.get(ctx, &n, notificationColumns+`WHERE id = ?`, id); err != nil {
		return Notification{}, fmt.Errorf("read notification %d: %w", id, notFound(err))
	}
	n.CreatedAt, n.DeliveredAt = fromMicros(n.CreatedUS), fromMicros(n.DeliveredUS)
	return n, nil
}

// Undelivered returns up to limit notifications that are to be delivered, the
// oldest first. Those that failed too often are given up.
func (s *Store) Undelivered(ctx context.Context, limit int) ([]Notification, error) {
	var found []Notification
	if err := s.selectAll(ctx, &found, notificationColumns+`WHERE delivered_at = 0 AND attempts < ? ORDER BY id LIMIT CAST(? AS BIGINT)`, maxDeliveries, limit); err != nil {
		return nil, fmt.Errorf("read what is to be delivered: %w", err)
	}
	for i := range found {
		found[i].CreatedAt = fromMicros(found[i].CreatedUS)
	}
	return found, nil
}

// Delivered records that a notification has arrived.
func (s *Store) Delivered(ctx context.Context, id int64, now time.Time) error {
	return s.write(ctx, func(ctx context.Context, tx *Tx) error {
		if _, err := tx.exec(ctx, `UPDATE notifications SET delivered_at = ?, attempts = attempts + 1, class = '' WHERE id = ? AND delivered_at = 0`, micros(now), id); err != nil {
			return fmt.Errorf("record that notification %d arrived: %w", id, err)
		}
		return nil
	})
}

// DeliveryFailed records that a notification has not arrived, and why.
func (s *Store) DeliveryFailed(ctx context.Context, id int64, class string) error {
	return s.write(ctx, func(ctx context.Context, tx *Tx) error {
		if _, err := tx.exec(ctx, `UPDATE notifications SET attempts = attempts + 1, class = ? WHERE id = ? AND delivered_at = 0`, class, id); err != nil {
			return fmt.Errorf("record that notification %d did not arrive: %w", id, err)
		}
		return nil
	})
}

// GiveUp records that a notification will never arrive, and why: it is not
// tried again.
func (s *Store) GiveUp(ctx context.Context, id int64, class string) error {
	return s.write(ctx, func(ctx context.Context, tx *Tx) error {
		if _, err := tx.exec(ctx, `UPDATE notifications SET attempts = ?, class = ? WHERE id = ? AND delivered_at = 0`, maxDeliveries, class, id); err != nil {
			return fmt.Errorf("give notification %d up: %w", id, err)
		}
		return nil
	})
}
