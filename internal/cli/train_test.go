package cli

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/ownmark/ownmark/internal/clock"
	"github.com/ownmark/ownmark/internal/detect"
)

// TestShippedModelIsFresh trains again on what the shipped model says it was trained on: the development set, where it lies beside the
// project, and the simulated marketplaces it names. Where features or the text engine have changed:
//
//	ownmark train --listings … --brands … --labels … --world 4000 --seed 1 --seed 2 --out internal/detect/data/model.json
func TestShippedModelIsFresh(t *testing.T) {
	folder := filepath.Join("..", "..", "..", "shared", "data", "dev")
	if _, err := os.Stat(folder); err != nil {
		t.Skip("the development set is not beside the project")
	}
	shipped := detect.ShippedModel()
	files := labelled{Listings: filepath.Join(folder, "listings.jsonl"), Brands: filepath.Join(folder, "brands.jsonl"), Labels: filepath.Join(folder, "labels.jsonl")}
	for part, name := range map[string]string{"listings": files.Listings, "brands": files.Brands, "labels": files.Labels} {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if digest := sha256.Sum256(data); shipped.Data[part] != hex.EncodeToString(digest[:]) {
			t.Errorf("the model was not fitted to these %s", part)
		}
	}
	now := clock.At(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)).Now
	cases, brands, err := files.read(&console{err: t.Output()})
	if err != nil {
		t.Fatal(err)
	}
	corpora := []detect.Corpus{{Cases: cases, Brands: brands}}
	for name := range shipped.Data {
		var listings int
		var seed uint64
		if n, _ := fmt.Sscanf(name, simulatedName, &listings, &seed); n != 2 {
			continue
		}
		corpus, err := simulatedCorpus(listings, seed)
		if err != nil {
			t.Fatal(err)
		}
		corpus.Weight = 0.5
		corpora = append(corpora, corpus)
	}
	if len(corpora) < 3 {
		t.Fatal("the shipped model was not trained on simulated marketplaces")
	}
	slices.SortFunc(corpora[1:], func(a, b detect.Corpus) int { return cmp.Compare(a.Name, b.Name) })
	m, err := detect.TrainOn(corpora, now)
	if err != nil {
		t.Fatal(err)
	}
	const drift = 0.25 // bits; below it a change of the features is no reason for another model
	for name, weight := range m.Weights {
		if math.Abs(weight-shipped.Weights[name]) > drift {
			t.Errorf("%s weighs %.2f now, %.2f in the shipped model: train it again", name, weight, shipped.Weights[name])
		}
	}
	if len(m.Weights) != len(shipped.Weights) {
		t.Error("the features are others now: train it again")
	}
	if math.Abs(m.Review-shipped.Review) > 0.05 || math.Abs(m.Fake-shipped.Fake) > 0.05 || m.CalibratedBy.Method != shipped.CalibratedBy.Method {
		t.Errorf("thresholds %.2f and %.2f by %s, shipped %.2f and %.2f by %s: train it again",
			m.Review, m.Fake, m.CalibratedBy.Method, shipped.Review, shipped.Fake, shipped.CalibratedBy.Method)
	}
}

func TestSimulatedMarketplacesAreAskedForWhole(t *testing.T) {
	for _, cmd := range []trainCommand{{Seed: []uint64{1}}, {World: 100, WorldWeight: 0}, {World: 100, WorldWeight: -1}, {World: 100, WorldWeight: math.NaN()}} {
		if corpora, err := cmd.simulated(); err == nil {
			t.Errorf("%+v was taken: %d corpora", cmd, len(corpora))
		}
	}
	corpora, err := (&trainCommand{World: 300, WorldWeight: 0.5, Seed: []uint64{3, 4}}).simulated()
	if err != nil || len(corpora) != 2 || len(corpora[0].Cases) != 300 || corpora[1].Weight != 0.5 {
		t.Fatal(len(corpora), err)
	}
	if corpora[0].Cases[0].Listing.Title == corpora[1].Cases[0].Listing.Title {
		t.Error("two seeds gave one marketplace")
	}
}
