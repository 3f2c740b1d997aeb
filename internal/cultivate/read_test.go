package cultivate

import "testing"

func TestShippedIndustriesAreWhole(t *testing.T) {
	industries, lessons, err := Read(Shipped())
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := industries["shoes"]; !ok || len(lessons) == 0 {
		t.Errorf("%d industries and %d lessons ship", len(industries), len(lessons))
	}
}
