package brand

import "time"

// Authorisation is a rights holder's word that a seller sells genuine goods of a brand.
type Authorisation struct {
	Brand   ID        `json:"brand"`
	Seller  string    `json:"seller"`   // the marketplace's seller id
	From    time.Time `json:"from"`     // in force from then on; zero: always was
	To      time.Time `json:"to"`       // in force until then, exclusive; zero: without end
	Note    string    `json:"note"`     // "contract 4711"
	AddedBy string    `json:"added_by"` // the name of who said so
	AddedAt time.Time `json:"added_at"`
	InForce bool      `json:"in_force"` // as of the last change or Sweep; what detection goes by
}

// Holds reports whether the authorisation is in force at the moment.
func (a Authorisation) Holds(at time.Time) bool {
	return !at.Before(a.From) && (a.To.IsZero() || at.Before(a.To))
}

// turns is when Holds is next to change after the moment; zero when never.
func (a Authorisation) turns(at time.Time) time.Time {
	switch {
	case at.Before(a.From):
		return a.From
	case at.Before(a.To):
		return a.To
	}
	return time.Time{}
}
