package brand

// Changed says that a brand, or who may sell it, is no longer what it was.
type Changed struct {
	ID       ID    `json:"id"`
	Version  int64 `json:"version"`
	Revision int64 `json:"revision"` // of the catalogue; see Service.Catalogue
}

// EventName is the event's name on the bus.
func (Changed) EventName() string { return "brand.changed" }

// Imported says that many brands changed at once. A large import says so in several events, all of one revision.
type Imported struct {
	IDs      []ID  `json:"ids"` // at most 1,000
	Revision int64 `json:"revision"`
}

// EventName is the event's name on the bus.
func (Imported) EventName() string { return "brand.imported" }
