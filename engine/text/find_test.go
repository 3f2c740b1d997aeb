package text

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func mustMatcher(t testing.TB, o Options, names ...Name) *Matcher {
	t.Helper()
	m, err := NewMatcher(names, o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func plainNames(texts ...string) []Name {
	var names []Name
	for _, text := range texts {
		names = append(names, Name{Text: text})
	}
	return names
}

type found struct {
	Name, Text string
	Disguise   Disguise
}

func find(m *Matcher, s string) []found {
	var out []found
	runes := []rune(s)
	for _, x := range m.Find(nil, s) {
		out = append(out, found{m.names[x.Name].text, string(runes[x.Start:x.End]), x.Disguise})
	}
	return out
}

func TestFindPlain(t *testing.T) {
	m := mustMatcher(t, Options{}, append(plainNames("Nike", "Nike Air", "ANTA", "Aral", "Hermès", "Off-White", "New Balance", "H&M", "Levi's", "Dr. Martens",
		"The North Face", "Air Force 1", "耐克", "爱马仕", "美的", "回力", "小米", "李宁", "KT系列", "アップル"), Name{"Gap", true}, Name{"Coach", true})...)
	for _, c := range []struct {
		text string
		want []found
	}{
		{"an advantage in parallel lines", nil},
		{"NIKE shoes", []found{{"Nike", "NIKE", 0}}},
		{"Nike Air and nike", []found{{"Nike Air", "Nike Air", 0}, {"Nike", "nike", 0}}},
		{"Ｎｉｋｅ", []found{{"Nike", "Ｎｉｋｅ", 0}}},
		{"𝐍𝐢𝐤𝐞 shoes", []found{{"Nike", "𝐍𝐢𝐤𝐞", 0}}},
		{"Hermes, HERMÈS, herme\u0300s", []found{{"Hermès", "Hermes", 0}, {"Hermès", "HERMÈS", 0}, {"Hermès", "herme\u0300s", 0}}},
		{"off white / OFFWHITE / the lamp is off. White shirt", []found{{"Off-White", "off white", 0}, {"Off-White", "OFFWHITE", 0}}},
		{"newbalance New-Balance NEW BALANCE", []found{{"New Balance", "newbalance", 0}, {"New Balance", "New-Balance", 0}, {"New Balance", "NEW BALANCE", 0}}},
		{"H&M, H & M, h m", []found{{"H&M", "H&M", 0}, {"H&M", "H & M", 0}}},
		{"Levis levi’s", []found{{"Levi's", "Levis", 0}, {"Levi's", "levi’s", 0}}},
		{"Dr Martens dr. martens", []found{{"Dr. Martens", "Dr Martens", 0}, {"Dr. Martens", "dr. martens", 0}}},
		{"North Face jacket", []found{{"The North Face", "North Face", 0}}},
		{"AirForce1 air force 1", []found{{"Air Force 1", "AirForce1", 0}, {"Air Force 1", "air force 1", 0}}},
		{"Nike™ Nike's nike2024 男鞋nike白", []found{{"Nike", "Nike", 0}, {"Nike", "Nike", 0}, {"Nike", "nike", 0}, {"Nike", "nike", 0}}},
		{"stopgap gap2 gap-toothed", []found{{"Gap", "gap", 0}}},
		{"正品耐克运动鞋", []found{{"耐克", "耐克", 0}}},
		{"完美的礼物 精美的 美的空调", []found{{"美的", "美的", 0}}},
		{"飞轮回力弹簧 回力鞋", []found{{"回力", "回力", 0}}},
		{"安踏KT系列 李宁", []found{{"KT系列", "KT系列", 0}, {"李宁", "李宁", 0}}},
		{"アップルパイ アップル", []found{{"アップル", "アップル", 0}}},
		{"", nil},
		{"\xff\xfeNike\xff", []found{{"Nike", "Nike", 0}}},
	} {
		if diff := cmp.Diff(c.want, find(m, c.text)); diff != "" {
			t.Errorf("%q: %s", c.text, diff)
		}
	}
}
