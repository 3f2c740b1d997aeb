package photo_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/jpeg"
	"os"

	"github.com/ownmark/ownmark/engine/photo"
)

// A brand's catalogue picture is kept; a seller's copy of it, mirrored and saved anew, is found.
func Example() {
	file, err := os.Open("testdata/bridge-1-original.jpg")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer file.Close()
	bounds := photo.Bounds{Bytes: 20 << 20, Pixels: 40_000_000}
	catalogue, err := photo.Decode(context.Background(), file, bounds)
	if err != nil {
		fmt.Println(err)
		return
	}
	index := photo.NewIndex()
	for _, h := range photo.Look(catalogue).Keep {
		index.Add(h, 7)
	}

	size := catalogue.Bounds()
	mirrored := image.NewRGBA(size)
	for y := size.Min.Y; y < size.Max.Y; y++ {
		for x := size.Min.X; x < size.Max.X; x++ {
			mirrored.Set(size.Max.X-1-(x-size.Min.X), y, catalogue.At(x, y))
		}
	}
	var sent bytes.Buffer
	if err := jpeg.Encode(&sent, mirrored, &jpeg.Options{Quality: 40}); err != nil {
		fmt.Println(err)
		return
	}
	copied, err := photo.Decode(context.Background(), &sent, bounds)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, h := range photo.Look(copied).Ask {
		for _, found := range index.Near(nil, h, photo.Near) {
			fmt.Println("like picture", found.ID)
		}
	}
	// Output: like picture 7
}
