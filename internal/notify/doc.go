// Package notify tells administrators what happened: by a webhook with signed
// JSON, by a webhook as Slack takes it, or by e-mail. What it sends names
// nobody, and what its errors say holds no secret: the address of a Slack
// webhook is one.
package notify
