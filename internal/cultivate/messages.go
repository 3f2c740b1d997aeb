package cultivate

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/ledger"
)

// Send writes a message to a maker, or from it. request is the form's own id: the same one twice is one message. It returns fault.Invalid for an empty or
// too long text.
func (s *Service) Send(ctx context.Context, by access.User, id MakerID, text string, files []SentFile, request string) (msg Message, err error) {
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		msg, err = s.send(tx, by, id, text, files, request)
		return err
	})
	if err != nil {
		return Message{}, fmt.Errorf("message about maker %s: %w", id, err)
	}
	return msg, nil
}

// send writes one message in tx. A fault comes before anything is written.
func (s *Service) send(tx *db.Tx, by access.User, id MakerID, text string, files []SentFile, request string) (Message, error) {
	m, err := findMaker(tx, by, id)
	if err != nil {
		return Message{}, err
	}
	if by.May(access.MakerMove, m.Organisation) != nil {
		if err := by.May(access.MakerEdit, m.Organisation); err != nil {
			return Message{}, err
		}
	}
	if err := joined([]error{needText("text", text, maxMessage), checkFiles("files", files), checkText("request", request, maxRequest)}); err != nil {
		return Message{}, err
	}
	if request != "" {
		sent, err := db.One(tx, scanMessage, messageByForm, string(id), string(by.ID), request)
		if err == nil || fault.Of(err) != fault.NotFound {
			return sent, err
		}
	}
	msg := Message{ID: MessageID(db.NewID()), Maker: id, Side: SideOf(by), Text: strings.TrimSpace(text), By: by.ID, ByName: by.Name, At: tx.Now()}
	// Two messages of one moment would not both be after the mark of who read the first.
	if last, err := db.One(tx, db.Value[int64], lastMessage, string(id)); err != nil {
		return msg, err
	} else if last >= db.Micros(msg.At) {
		msg.At = db.Time(last + 1)
	}
	entry := map[string]any{"maker": id, "message": msg.ID, "side": msg.Side, "text_sha256": blob.Of([]byte(msg.Text)), "by": by.ID}
	if msg.Entry, err = ledger.Record(tx, "message.sent", m.Subject(), by.Actor(), entry); err != nil {
		return msg, err
	}
	if _, err := tx.Exec(addMessage, string(msg.ID), string(id), string(msg.Side), msg.Text, string(by.ID), by.Name, db.Micros(msg.At), msg.Entry, request); err != nil {
		return msg, err
	}
	msg.Attachments, err = attach(tx, by, id, OnMessage, string(msg.ID), files)
	return msg, err
}

// maxMessage bounds a message, in runes.
const maxMessage = 5_000

// attach hangs files on something of a maker.
func attach(tx *db.Tx, by access.User, id MakerID, of AttachedTo, ofID string, files []SentFile) (all []Attachment, err error) {
	for _, f := range files {
		a := Attachment{AttachmentID(db.NewID()), id, of, ofID, f.Hash, fileName(f.Name), by.Name, tx.Now()}
		if _, err := tx.Exec(addAttachment, string(a.ID), string(id), string(of), ofID, f.Hash.String(), a.Name, by.Name, db.Micros(tx.Now())); err != nil {
			return nil, err
		}
		all = append(all, a)
	}
	return all, nil
}

// Messages is a page of a maker's conversation, newest first, and how many of it this person had not read; reading marks nothing, see Read.
func (s *Service) Messages(ctx context.Context, by access.User, id MakerID, after string, limit int) (page db.Page[Message], unread int, err error) {
	limit = db.Limit(limit, 50, 500)
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if _, err := findMaker(tx, by, id); err != nil {
			return err
		}
		w := &db.Where{}
		w.And(`maker = ?`, string(id))
		if after != "" {
			var at int64
			var last string
			if err := db.ParseCursor(after, "messages", &at, &last); err != nil {
				return err
			}
			w.And(`(at, id) < (?, ?)`, at, last)
		}
		w.Then(`order by at desc, id desc limit ?`, limit+1)
		rows, err := db.All(tx, scanMessage, listMessages+w.Text(), w.Args()...)
		if err != nil {
			return err
		}
		page = db.Cut(rows, limit, func(last Message) string { return db.Cursor("messages", db.Micros(last.At), last.ID) })
		hang, err := db.All(tx, scanAttachment, attachmentsOf, string(id))
		if err != nil {
			return err
		}
		for i := range page.Items {
			for _, a := range hang {
				if a.OfID == string(page.Items[i].ID) {
					page.Items[i].Attachments = append(page.Items[i].Attachments, a)
				}
			}
		}
		unread, err = db.One(tx, db.Value[int], unreadOf, string(id), string(by.ID))
		return err
	})
	return page, unread, err
}

// Read marks a maker's conversation as read by this person up to a moment, that of the newest message that was shown.
func (s *Service) Read(ctx context.Context, by access.User, id MakerID, until time.Time) error {
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		if _, err := findMaker(tx, by, id); err != nil {
			return err
		}
		_, err := tx.Exec(markRead, string(id), string(by.ID), db.Micros(until))
		return err
	})
	if err != nil {
		return fmt.Errorf("read messages of maker %s: %w", id, err)
	}
	return nil
}

// Unread is how many messages this person has not read, by maker: for the firm's people of their makers, for the programme's what firms wrote to makers
// that they look after or that nobody does.
func (s *Service) Unread(ctx context.Context, by access.User) (counts map[MakerID]int, err error) {
	if !by.Can(access.MakerRead) {
		return nil, by.May(access.MakerRead, by.Org)
	}
	counts = map[MakerID]int{}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		return countUnread(tx, by, counts)
	})
	return counts, err
}

func countUnread(tx *db.Tx, by access.User, counts map[MakerID]int) error {
	query, args := unreadByFirm, []any{string(by.ID), string(by.Org)}
	if SideOf(by) == Programme {
		query, args = unreadByProgramme, []any{string(by.ID)}
	}
	_, err := db.All(tx, func(r db.Row) (n struct{}, err error) {
		var id MakerID
		var count int
		err = r.Scan(&id, &count)
		counts[id] = count
		return n, err
	}, query, args...)
	return err
}

// DocumentList is the files under a maker's file, newest first.
func (s *Service) DocumentList(ctx context.Context, by access.User, id MakerID) (all []Attachment, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		m, err := findMaker(tx, by, id)
		if err != nil {
			return err
		}
		all = nil
		for _, source := range attachmentSources {
			some, err := source(tx, by, m)
			if err != nil {
				return err
			}
			all = append(all, some...)
		}
		return nil
	})
	slices.SortStableFunc(all, func(a, b Attachment) int { return b.At.Compare(a.At) })
	return all, err
}

// attachmentSources is who knows of files under a maker's file that the person may see. A noun with files of its own adds its line; Of is its word, ID one that it
// finds again.
var attachmentSources = []func(*db.Tx, access.User, Maker) ([]Attachment, error){
	func(tx *db.Tx, _ access.User, m Maker) ([]Attachment, error) {
		return db.All(tx, scanAttachment, attachmentsOf, string(m.ID))
	},
	func(tx *db.Tx, _ access.User, m Maker) (all []Attachment, err error) {
		documents, err := db.All(tx, scanDocument, documentsOf, string(m.ID))
		for _, d := range documents {
			all = append(all, Attachment{AttachmentID(d.ID), m.ID, OnApplication, d.ID, d.Hash, d.Name, d.ByName, d.At})
		}
		return all, err
	},
	func(tx *db.Tx, _ access.User, m Maker) (all []Attachment, err error) {
		work, err := db.All(tx, scanPractical, practicalsOf, string(m.ID))
		for _, p := range work {
			for i, hash := range p.Documents {
				all = append(all, Attachment{AttachmentID(fmt.Sprintf("%s-%d", p.ID, i+1)), m.ID, OnPractical, string(p.ID), hash, "", p.HandedName, p.HandedAt})
			}
		}
		return all, err
	},
	func(tx *db.Tx, by access.User, m Maker) (all []Attachment, err error) {
		if SideOf(by) == FirmSide || !by.Can(access.VisitRead) {
			return nil, nil
		}
		visits, err := db.All(tx, scanVisit, visitsOf, string(m.ID))
		for _, v := range visits {
			photos, err := db.All(tx, scanPhoto, photosOf, string(v.ID))
			if err != nil {
				return nil, err
			}
			for _, p := range photos {
				all = append(all, Attachment{AttachmentID(p.ID), m.ID, OnVisit, string(v.ID), p.Hash, p.Place, p.ByName, p.At})
			}
		}
		return all, err
	},
	func(tx *db.Tx, _ access.User, m Maker) (all []Attachment, err error) {
		items, err := db.All(tx, scanGiven, itemsOf, string(m.ID))
		for _, i := range items {
			if i.Photo != (blob.Hash{}) {
				all = append(all, Attachment{AttachmentID(i.ID), m.ID, OnGivenUp, i.ID, i.Photo, i.What, i.ByName, i.At})
			}
		}
		return all, err
	},
	func(tx *db.Tx, _ access.User, m Maker) (all []Attachment, err error) {
		filings, err := db.All(tx, scanFiling, filingsOf, string(m.ID))
		for _, f := range filings {
			if f.Document != (blob.Hash{}) {
				all = append(all, Attachment{AttachmentID(f.ID), m.ID, OnFiling, string(f.ID), f.Document, strings.TrimSpace(f.Office + " " + f.Number), f.UpdatedBy, f.UpdatedAt})
			}
		}
		return all, err
	},
	func(tx *db.Tx, _ access.User, m Maker) (all []Attachment, err error) {
		lines, err := db.All(tx, scanEntry, entriesOf, string(m.ID))
		for _, e := range lines {
			if e.Document != (blob.Hash{}) {
				all = append(all, Attachment{AttachmentID("brand-file-" + e.item), m.ID, OnBrandFile, e.item, e.Document, e.Name, e.UpdatedBy, e.UpdatedAt})
			}
		}
		return all, err
	},
	func(tx *db.Tx, _ access.User, m Maker) (all []Attachment, err error) {
		hearings, err := db.All(tx, scanHearing, hearingsOf, string(m.ID))
		for _, h := range hearings {
			papers, err := db.All(tx, scanHearingDocument, hearingDocumentsOf, string(h.ID))
			if err != nil {
				return nil, err
			}
			for _, p := range papers {
				hash, err := blob.Parse(p.Hash)
				if err != nil {
					return nil, err
				}
				all = append(all, Attachment{AttachmentID(string(h.ID) + "-" + p.Hash[:16]), m.ID, OnHearing, string(h.ID), hash, p.Name, p.ByName, p.At})
			}
		}
		return all, err
	},
}

// Attachment is one file of a maker's. It returns fault.NotFound.
func (s *Service) Attachment(ctx context.Context, by access.User, maker MakerID, id AttachmentID) (a Attachment, err error) {
	all, err := s.DocumentList(ctx, by, maker)
	if err != nil {
		return a, err
	}
	at := slices.IndexFunc(all, func(a Attachment) bool { return a.ID == id })
	if at < 0 {
		return a, fault.NotFound.Say("There is no such file.")
	}
	return all[at], nil
}
