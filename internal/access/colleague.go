package access

import (
	"context"

	"github.com/ownmark/ownmark/internal/db"
)

// Colleague is somebody work can be given to.
type Colleague struct {
	ID   UserID
	Name string
}

const colleagues = `select p.id, p.name from person p where p.org_id = $1 and p.disabled_at = 0
	and exists (select 1 from person_role r where r.person_id = p.id and r.role = $2) order by p.search, p.id limit 200`

// Colleagues are the people of the person's own organisation who hold a role, by name: whom work can be given to. It tells less than People, and asks for
// no verb.
func (s *Service) Colleagues(ctx context.Context, by User, role Role) (found []Colleague, err error) {
	if by.IsNobody() || by.Org == "" {
		return nil, by.May(PeopleRead, by.Org)
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		found, err = db.All(tx, func(r db.Row) (c Colleague, err error) { err = r.Scan(&c.ID, &c.Name); return c, err }, colleagues, string(by.Org), string(role))
		return err
	})
	return found, err
}
