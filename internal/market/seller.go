package market

import "time"

// Account is a seller as kept: what its listings said of it, the newest word for each fact, and since when it is known.
type Account struct {
	Seller
	FirstSeen time.Time // by Ownmark
	UpdatedAt time.Time
}

// learn is the seller with the news put over what was known; what the news does not say stays.
func (s Seller) learn(news Seller) Seller {
	s.ID = news.ID
	if news.Name != "" {
		s.Name = news.Name
	}
	if news.Country != "" {
		s.Country = news.Country
	}
	if news.Joined != "" {
		s.Joined = news.Joined
	}
	if news.Ratings != nil && *news.Ratings >= 0 {
		s.Ratings = news.Ratings
	}
	if news.Positive != nil && *news.Positive >= 0 {
		s.Positive = news.Positive
	}
	return s
}

// same reports whether two sellers are described alike.
func (s Seller) same(other Seller) bool {
	return s.ID == other.ID && s.Name == other.Name && s.Country == other.Country && s.Joined == other.Joined &&
		equal(s.Ratings, other.Ratings) && equal(s.Positive, other.Positive)
}

func equal[T comparable](a, b *T) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}
