package access

// SavedView is a list's filters under a name, kept for one person.
type SavedView struct {
	Page  string // which list: "review"
	Name  string // at most 60 characters
	Query string // what follows the question mark of the list's address
}

const (
	maxViewName  = 60
	maxViewQuery = 4000
	maxViews     = 100 // a page and person
)
