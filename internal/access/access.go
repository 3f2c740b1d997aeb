// Package access says who is there and what they may do: people, organisations, sessions, API keys, and the one
// Matrix of roles and verbs that every verb of every room asks through User.May.
//
// People sign in with a one-time link, which is how an invitation reaches them, or with a password. Secrets are 256 random
// bits behind a prefix that tells their kind, and only their SHA-256 is kept. Who was given which access, and when,
// is recorded in the ledger, naming people by id only, so that a person's name and address can be forgotten.
//
// What belongs to another organisation does not exist for the asker: it is fault.NotFound, not fault.Forbidden.
package access
