package api

import (
	"context"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/fault"
)

// Verdict is what the machine makes of a listing.
type Verdict struct {
	ID      string   `json:"id" doc:"Of the listing."`
	Verdict string   `json:"verdict" enum:"clear,review,fake"`
	Score   float64  `json:"score" doc:"Probability of a fake." minimum:"0" maximum:"1"`
	Brand   string   `json:"brand" doc:"The id of the brand concerned; empty when none is."`
	Signals []Signal `json:"signals" nullable:"false" doc:"The evidence, strongest first."`
	Action  string   `json:"action" enum:"clear,review,restrict,remove" doc:"What the policy makes of it."`
	Rule    string   `json:"rule" doc:"The policy's rule that matched; empty when none did."`
	Policy  int64    `json:"policy" doc:"The number of the policy; 0 is the shipped one."`
}

// Signal is one piece of evidence.
type Signal struct {
	Name     string  `json:"name" example:"price-low"`
	Weight   float64 `json:"weight" doc:"In bits: +1 doubles the odds of a fake, a negative weight speaks for genuine goods."`
	Evidence string  `json:"evidence" doc:"What was seen and what it is held against."`
	Field    string  `json:"field" doc:"The listing's field; empty when several are meant."`
	Start    int     `json:"start" doc:"Where in the field, in Unicode code points; 0 and 0 for the whole field."`
	End      int     `json:"end"`

	Picture *SeenPicture `json:"picture,omitempty" doc:"Where a picture of the listing was seen before, of signals about pictures."`
}

// SeenPicture is where a picture of a listing was seen before.
type SeenPicture struct {
	Image    int    `json:"image" doc:"Which of the listing's images, from 0."`
	Ref      string `json:"ref" doc:"Of the other picture."`
	Listing  string `json:"listing,omitempty" doc:"That the other picture is of; absent for a rights holder's."`
	Distance int    `json:"distance" doc:"Bits of 256 that differ."`
	Mirrored bool   `json:"mirrored"`
	Turned   bool   `json:"turned"`
}

// Opinion is the verdict that stands for a listing.
type Opinion struct {
	Verdict
	Model     string    `json:"model" doc:"What weighed the signals."`
	Revision  int64     `json:"revision" doc:"Of the brands it was held against."`
	Version   int64     `json:"listing_version"`
	ScannedAt time.Time `json:"scanned_at"`
	ChangedAt time.Time `json:"changed_at" doc:"Since when verdict and brand are these."`
}

func verdictOf(r detect.Judgement, language string) Verdict {
	v := Verdict{ID: string(r.ID), Verdict: string(r.Verdict), Score: r.Score, Brand: string(r.Brand), Signals: make([]Signal, len(r.Signals)),
		Action: string(r.Action), Rule: r.Rule, Policy: int64(r.Policy)}
	for i, s := range r.Signals {
		v.Signals[i] = Signal{Name: s.Name, Weight: s.Weight, Evidence: s.EvidenceIn(language), Field: s.Field, Start: s.Start, End: s.End}
		if seen, is := s.Sighting(); is {
			v.Signals[i].Picture = &SeenPicture{seen.Image, seen.Ref, string(seen.Listing), seen.Distance, seen.Mirrored, seen.Turned}
		}
	}
	return v
}

func opinionOf(o detect.Opinion, language string) Opinion {
	return Opinion{Verdict: verdictOf(o.Judgement, language), Model: o.Model, Revision: o.Revision, Version: o.Version, ScannedAt: o.ScannedAt, ChangedAt: o.ChangedAt}
}

// ScanInput says how the evidence is told.
type ScanInput struct {
	Language string `query:"language" doc:"Of the evidence." enum:"en,zh" default:"en"`
}

type scanOutput struct {
	Body Verdict
}

func (s *Server) registerScan() {
	register(s, operation{
		method: http.MethodPost, path: "/api/v1/scan", id: "scan-listing", tag: "Scan", summary: "Scan one listing before it goes live",
		description: "The answer is the machine's opinion with its evidence. Nothing is kept, so it may be asked as often as you like.",
		verb:        access.ListingSubmit, body: s.Limits.Body,
		request: &huma.RequestBody{Required: true, Content: media(s.schema(reflect.TypeFor[Listing]()), typeJSON)},
	}, s.scan)
}

func (s *Server) scan(ctx context.Context, by access.User, in *ScanInput) (*scanOutput, error) {
	one := *callOf(ctx)
	if len(one.body) == 0 {
		return nil, newProblem(http.StatusBadRequest, "The request has no body.")
	}
	// Read as a batch of one, so that a listing is the same thing wherever it is sent.
	one.contentType = typeNDJSON
	one.body = append([]byte(nil), one.body...)
	for i, b := range one.body {
		if b == '\n' {
			one.body[i] = ' ' // between tokens only: JSON has no line breaks elsewhere
		}
	}
	batch, err := parseBatch(&one, s.Limits)
	if err != nil {
		return nil, err
	}
	if len(batch.bad) > 0 {
		bad := batch.bad[0]
		return nil, fault.Invalid.Say("%s", sentence(bad.Reason)).At(bad.Field)
	}
	result, err := s.Detect.Scan(ctx, by, batch.listings[0])
	if err != nil {
		return nil, err
	}
	return &scanOutput{verdictOf(result, in.Language)}, nil
}
