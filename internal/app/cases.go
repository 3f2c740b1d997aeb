package app

import (
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/config"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/evidence"
	"github.com/ownmark/ownmark/internal/ledger"
)

// Cases is the verbs on cases as the settings want them, without listings' pictures.
func Cases(c config.Config, d *db.DB, store *blob.Store, log *ledger.Log) *enforce.Cases {
	room := &enforce.Cases{DB: d, Blobs: store, Log: log}
	if c.TimestampAuthority != "" { // an interface with a nil pointer in it is not nil
		room.Stamp = &evidence.Authority{URL: c.TimestampAuthority}
	}
	return room
}
