package cli

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/ownmark/ownmark/internal/detect"
)

// measured writes a small labelled set: twenty clean sales by authorised sellers and ten cheap ones by strangers, one label of each kind
// with a trick.
func measured(t *testing.T) (folder string) {
	t.Helper()
	folder = t.TempDir()
	var listings, labels strings.Builder
	for i := range 30 {
		price, seller, label, trick := 140, fmt.Sprint("S-own", i%5), "genuine", "authorised"
		if i%3 == 0 {
			price, seller, label, trick = 12, fmt.Sprint("S-", i), "fake", "price"
		}
		fmt.Fprintf(&listings, `{"id":"L%d","title":"Haldenfjord Trail %d","brand":"Haldenfjord","category":"shoes","price":%d,"currency":"USD","quantity":200,"seller":{"id":%q}}`+"\n", i, i, price, seller)
		fmt.Fprintf(&labels, `{"id":"L%d","label":%q,"brand":"halden","trick":%q}`+"\n", i, label, trick)
	}
	for name, text := range map[string]string{
		"listings.jsonl": listings.String(), "labels.jsonl": labels.String(),
		"brands.jsonl": `{"id":"halden","name":"Haldenfjord","categories":["shoes"],"authorised_sellers":["S-own0","S-own1","S-own2","S-own3","S-own4"],"prices":{"shoes":{"currency":"USD","low":80,"typical":150}}}` + "\n",
		"wrong.jsonl":  `{"id":"L0","label":"perhaps"}` + "\n",
		"other.jsonl":  `{"id":"elsewhere","label":"fake"}` + "\n",
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func ownmark(args ...string) (code int, out, errOut string) {
	var o, e bytes.Buffer
	code = Run(context.Background(), args, strings.NewReader(""), &o, &e, nil)
	return code, o.String(), e.String()
}

func TestEvalMeasures(t *testing.T) {
	folder := measured(t)
	at := func(name string) string { return filepath.Join(folder, name) }
	files := []string{"--listings", at("listings.jsonl"), "--brands", at("brands.jsonl"), "--labels", at("labels.jsonl")}
	code, out, errOut := ownmark(append([]string{"eval"}, files...)...)
	if code != 0 {
		t.Fatal(code, errOut)
	}
	for _, want := range []string{"30 listings, 10 of them fakes", "review or fake  1.000", "price           10      10"} {
		if !strings.Contains(strings.Join(strings.Fields(out), " "), strings.Join(strings.Fields(want), " ")) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
	code, out, errOut = ownmark(append([]string{"eval", "--format", "json", "--folds", "3", "--without", "seller"}, files...)...)
	if code != 0 {
		t.Fatal(code, errOut)
	}
	var report detect.Report
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		t.Fatal(err)
	}
	if report.Folds != 3 || report.Listings != 30 || *report.Suspected.Recall != 1 || len(report.Without) != 1 {
		t.Errorf("%+v", report)
	}
}

func TestTrainWritesAModelThatEvalReads(t *testing.T) {
	folder := measured(t)
	at := func(name string) string { return filepath.Join(folder, name) }
	files := []string{"--listings", at("listings.jsonl"), "--brands", at("brands.jsonl"), "--labels", at("labels.jsonl")}
	if code, _, errOut := ownmark(append([]string{"train", "--out", at("model.json"), "--note", "made up"}, files...)...); code != 0 {
		t.Fatal(code, errOut)
	}
	file, err := os.Open(at("model.json"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	model, err := detect.ReadModel(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(model.Data["listings"]) != 64 || model.TrainedOn != "made up" || len(model.Reports) != 5 || model.Reports[0].Folds != 5 {
		t.Errorf("%+v", model)
	}
	if code, out, errOut := ownmark(append([]string{"eval", "--errors", "--model", at("model.json")}, files...)...); code != 0 || !strings.Contains(out, "review or fake") {
		t.Error(code, out, errOut)
	}
}

func TestEvalRefusesBadInput(t *testing.T) {
	folder := measured(t)
	at := func(name string) string { return filepath.Join(folder, name) }
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"a wrong label":        {[]string{"--labels", at("wrong.jsonl")}, "lines[1]: The label must be fake or genuine"},
		"labels of others":     {[]string{"--labels", at("other.jsonl")}, "1 labels have no listing"},
		"no such file":         {[]string{"--labels", at("nowhere.jsonl")}, "cannot be opened"},
		"a model of nonsense":  {[]string{"--labels", at("labels.jsonl"), "--model", at("labels.jsonl")}, "is no model file"},
		"nothing to leave out": {[]string{"--labels", at("labels.jsonl"), "--without", "horoscope"}, "There is nothing called"},
		"one fold":             {[]string{"--labels", at("labels.jsonl"), "--folds", "1"}, "at least two folds"},
		"folds and a model":    {[]string{"--labels", at("labels.jsonl"), "--folds", "5", "--model", at("labels.jsonl")}, "would not be used"},
	} {
		code, _, errOut := ownmark(append([]string{"eval", "--listings", at("listings.jsonl"), "--brands", at("brands.jsonl")}, c.args...)...)
		if code != 2 || !strings.Contains(errOut, c.says) {
			t.Errorf("%s: exit %d, %s", name, code, errOut)
		}
	}
}
