package detect

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/ownmark/ownmark/engine/score"
)

// Model is what turns features into a verdict: weights, calibration and thresholds, with where they come from. The JSON form is the model
// file that `ownmark train` writes.
type Model struct {
	Version     string             `json:"version"`
	Made        string             `json:"made"`       // YYYY-MM-DD
	Data        map[string]string  `json:"data"`       // SHA-256 of each file it was fitted on
	TrainedOn   string             `json:"trained_on"` // what those were, in words
	Bias        float64            `json:"bias"`       // bits
	Weights     map[string]float64 `json:"weights"`    // bits for each unit, by feature
	Calibration score.Calibration  `json:"calibration"`
	Review      float64            `json:"review"`            // probability from which a person should look
	Fake        float64            `json:"fake"`              // probability from which the machine is sure enough to act
	Curve       []Bin              `json:"curve,omitempty"`   // the cases it was trained on by the score of models that had not seen them; for Curve
	Reports     []Report           `json:"reports,omitempty"` // its cross-validation, with everything and with fields left out

	CalibratedBy CalibratedBy `json:"calibrated_by,omitzero"`

	weights score.Model
}

//go:embed data/model.json
var shippedModel []byte

// ShippedModel is the model that comes with the binary.
var ShippedModel = sync.OnceValue(func() *Model {
	m, err := parseModel(shippedModel)
	if err != nil {
		panic(fmt.Sprintf("shipped model: %v", err)) // a test reads it
	}
	return m
})

// ReadModel reads a model file. The error says what is wrong with it.
func ReadModel(r io.Reader) (*Model, error) {
	data, err := io.ReadAll(io.LimitReader(r, 4<<20))
	if err != nil {
		return nil, fmt.Errorf("read model: %w", err)
	}
	return parseModel(data)
}

// Write writes the model file.
func (m *Model) Write(w io.Writer) error {
	if err := json.MarshalWrite(w, m, json.Deterministic(true), jsontext.WithIndent("\t")); err != nil {
		return fmt.Errorf("write model: %w", err)
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// Name gives the model its version: the day it was made and the beginning of a digest of all that it decides by.
func (m *Model) Name() {
	body, err := json.Marshal([]any{m.Bias, m.Weights, m.Calibration, m.Review, m.Fake}, json.Deterministic(true))
	if err != nil {
		panic(err) // numbers that prepare has checked
	}
	digest := sha256.Sum256(body)
	m.Version = m.Made + "." + hex.EncodeToString(digest[:4])
}

func parseModel(data []byte) (*Model, error) {
	m := &Model{}
	if err := json.Unmarshal(data, m); err != nil {
		return nil, fmt.Errorf("read model: %w", err)
	}
	return m, m.prepare()
}

// prepare checks the model and puts its weights in the order of the features. A feature without a weight weighs nothing, but for those unfitted, which
// weigh their prior; a weight without a feature is an error, for a model of another age would be silently wrong.
func (m *Model) prepare() error {
	m.weights = score.Model{Bias: m.Bias, Weights: make([]float64, featureCount)}
	for _, f := range unfitted {
		m.weights.Weights[f] = priors[f].Prior
	}
	known := map[string]int{}
	for i, f := range priors {
		known[f.Name] = i
	}
	for name, weight := range m.Weights {
		i, ok := known[name]
		if !ok {
			return fmt.Errorf("model %s has a weight for %q, which is no feature here", m.Version, name)
		}
		if math.IsNaN(weight) || math.IsInf(weight, 0) || weight*float64(priors[i].Sign) < 0 {
			return fmt.Errorf("model %s: the weight of %q is %g, which cannot be", m.Version, name, weight)
		}
		m.weights.Weights[i] = weight
	}
	if !(m.Review > 0 && m.Review <= m.Fake && m.Fake <= 1) {
		return errors.New("a model's thresholds must rise from review to fake, within 0 and 1")
	}
	if err := checkCurve(m.Curve); err != nil {
		return err
	}
	return m.Calibration.Check()
}

// Weight is the bits that a unit of a feature weighs, by the feature's name; 0 for one there is not.
func (m *Model) Weight(name string) float64 {
	f, ok := signalIndex[name]
	if !ok {
		return 0
	}
	return m.weights.Weights[f]
}

// judge is the verdict on the features of a listing.
func (m *Model) judge(w *work) Result {
	p := m.Calibration.Probability(m.weights.Score(w.x[:]))
	r := Result{Verdict: Clear, Score: math.Round(p*1e4) / 1e4}
	switch {
	case p >= m.Fake:
		r.Verdict = Fake
	case p >= m.Review:
		r.Verdict = Review
	}
	return r
}
