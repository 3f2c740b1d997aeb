package api

import (
	"bytes"
	"context"
	"io"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/fault"
)

// Picture is a picture that was taken in.
type Picture struct {
	Ref    string `json:"ref" doc:"What a listing writes in images." example:"blob:9f86d081…"`
	Href   string `json:"href"`
	Format string `json:"format" enum:"jpeg,png,gif,webp,avif"`
	Width  int    `json:"width" doc:"Pixels."`
	Height int    `json:"height" doc:"Pixels."`
	Frames int    `json:"frames" doc:"More than 1 when it is animated."`
	Bytes  int64  `json:"bytes"`
}

var pictureTypes = []string{"image/jpeg", "image/png", "image/gif", "image/webp", "image/avif"}

type pictureOutput struct {
	Location string `header:"Location"`
	Body     Picture
}

// PictureInput names a picture.
type PictureInput struct {
	Hash string `path:"hash" doc:"The 64 hexadecimal digits of its ref." maxLength:"100"`
}

func (s *Server) registerPictures() {
	binary := &huma.Schema{Type: huma.TypeString, Format: "binary"}
	register(s, operation{
		method: http.MethodPost, path: "/api/v1/pictures", id: "send-picture", tag: "Pictures", summary: "Send a picture",
		description: "A JPEG, PNG, GIF, WebP or AVIF, bounded in bytes and in pixels. The same picture is kept once; its ref is the SHA-256 of its bytes.",
		verb:        access.ListingSubmit, status: http.StatusCreated, changes: true, body: s.Limits.Picture, types: pictureTypes,
		request: &huma.RequestBody{Required: true, Content: media(binary, pictureTypes...)},
	}, s.sendPicture)
	register(s, operation{
		method: http.MethodGet, path: "/api/v1/pictures/{hash}", id: "get-picture", tag: "Pictures", summary: "Get a picture", verb: access.ListingRead, problems: []int{404},
		response: map[string]*huma.Response{"200": {Description: "The picture", Content: media(binary, pictureTypes...)}},
	}, s.picture)
}

func (s *Server) sendPicture(ctx context.Context, by access.User, _ *struct{}) (*pictureOutput, error) {
	if err := by.May(access.ListingSubmit, ""); err != nil {
		return nil, err
	}
	call := callOf(ctx)
	picture, err := blob.CheckPicture(bytes.NewReader(call.body))
	if err != nil {
		return nil, err
	}
	if "image/"+picture.Format != call.contentType {
		return nil, fault.Invalid.Say("This is a %s, not what Content-Type says.", picture.Format)
	}
	hash, size, err := s.Blob.Put(ctx, bytes.NewReader(call.body), s.Limits.Picture)
	if err != nil {
		return nil, err
	}
	href := "/api/v1/pictures/" + hash.String()
	return &pictureOutput{Location: href, Body: Picture{
		Ref: "blob:" + hash.String(), Href: href, Format: picture.Format, Width: picture.Width, Height: picture.Height, Frames: picture.Frames, Bytes: size,
	}}, nil
}

func (s *Server) picture(ctx context.Context, by access.User, in *PictureInput) (*textOutput, error) {
	if err := by.May(access.ListingRead, ""); err != nil {
		return nil, err
	}
	missing := fault.NotFound.Say("There is no such picture.")
	hash, err := blob.Parse(in.Hash)
	if err != nil {
		return nil, missing.Because(err)
	}
	r, size, err := s.Blob.Get(ctx, hash)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	if size > s.Limits.Picture {
		return nil, missing
	}
	content, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	// The store keeps other things too: only pictures are given out here, and only as what they are.
	picture, err := blob.CheckPicture(bytes.NewReader(content))
	if err != nil {
		return nil, missing.Because(err)
	}
	return &textOutput{"image/" + picture.Format, content}, nil
}
