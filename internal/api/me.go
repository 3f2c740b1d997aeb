package api

import (
	"context"
	"net/http"
	"strconv"

	"github.com/ownmark/ownmark/internal/access"
)

// Me is the API key in use.
type Me struct {
	Key          string   `json:"key" doc:"The key's id; no secret."`
	Name         string   `json:"name"`
	Organisation string   `json:"organisation"`
	Roles        []string `json:"roles" nullable:"false" doc:"Of who made the key."`
	Scopes       []string `json:"scopes" nullable:"false" doc:"The verbs the key was made for."`
	May          []string `json:"may" nullable:"false" doc:"The verbs it may be used for now: its scopes, as far as the roles allow them."`
}

type meOutput struct {
	Body Me
}

func (s *Server) registerMe() {
	register(s, operation{
		method: http.MethodGet, path: "/api/v1/me", id: "get-me", tag: "Key", summary: "Ask what this key may do", verb: anyKey,
	}, func(_ context.Context, by access.User, _ *struct{}) (*meOutput, error) {
		me := Me{Key: string(by.Key), Name: by.Name, Organisation: string(by.Org), May: []string{},
			Roles:  each(by.Roles, func(r access.Role) string { return string(r) }),
			Scopes: each(by.Scopes, func(v access.Verb) string { return string(v) }),
		}
		for _, verb := range access.Verbs() {
			if by.Can(verb) {
				me.May = append(me.May, string(verb))
			}
		}
		return &meOutput{me}, nil
	})
}

func itoa(n int) string { return strconv.Itoa(n) }
