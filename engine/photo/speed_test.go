package photo

import (
	"bytes"
	"context"
	"image"
	"image/jpeg"
	"path/filepath"
	"testing"
	"time"
)

// BenchmarkPictures decodes and hashes photographs of about 0.2 megapixels, or generated pictures where there are none beside
// the project, on one processor. Its baseline, in the same run and picture by picture in turn, is the standard library's
// JPEG decoder alone.
func BenchmarkPictures(b *testing.B) {
	var pictures [][]byte
	paths, _ := filepath.Glob("../../../shared/data/photos/*.jpg")
	for _, path := range paths {
		pictures = append(pictures, read(b, path))
	}
	if len(pictures) == 0 {
		for seed := range uint64(40) {
			pictures = append(pictures, asJPEG(b, scene(seed), nil))
		}
	}
	var decoding, hashing, looking time.Duration
	n := 0
	for b.Loop() {
		for _, content := range pictures {
			start := time.Now()
			if _, err := jpeg.Decode(bytes.NewReader(content)); err != nil {
				b.Fatal(err)
			}
			decoding += time.Since(start)

			start = time.Now()
			m, err := Decode(context.Background(), bytes.NewReader(content), within)
			if err != nil {
				b.Fatal(err)
			}
			Of(m)
			hashing += time.Since(start)

			start = time.Now()
			Look(m)
			looking += time.Since(start)
			n++
		}
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(n)/decoding.Seconds(), "decoded/s")
	b.ReportMetric(float64(n)/hashing.Seconds(), "decoded+hashed/s")
	b.ReportMetric(float64(decoding)/float64(hashing), "ratio")
	b.ReportMetric(float64(looking.Microseconds())/float64(n), "µs/look")
}

func BenchmarkParts(b *testing.B) {
	var m image.Image = blobs(512, 400, 1)
	for b.Loop() {
		Parts(m)
	}
}
