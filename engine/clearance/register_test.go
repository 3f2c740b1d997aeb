package clearance

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestReadCSV(t *testing.T) {
	var got []Mark
	err := ReadCSV(strings.NewReader("\ufeffID,Mark,Owner,Classes,Also,Groups,Reputed,Remark\n"+
		"7,Nike,Nike Inc.,\"25, 28;18\",耐克;Swoosh,2507,yes,x\n8,,nobody,,,,,\n\"9\",\"Li \"\"Ning\"\"\",,25\n"),
		func(m Mark) error { got = append(got, m); return nil })
	want := []Mark{
		{ID: "7", Name: "Nike", Owner: "Nike Inc.", Classes: []int{25, 28, 18}, Also: []string{"耐克", "Swoosh"}, Groups: []string{"2507"}, Reputed: true},
		{ID: "9", Name: `Li "Ning"`, Classes: []int{25}},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v %+v", err, got)
	}
	stop := errors.New("stop")
	for file, says := range map[string]string{
		"":                                 "empty",
		"owner\nx\n":                       "line 1",
		"mark,classes\nNike,25\nPuma,46":   "line 3",
		"mark,reputed\nNike,perhaps":       "line 2",
		"mark\n\"Nike":                     "line 2",
		"name,classes\nNike,\"25,,7,x\"\n": "Nice class",
	} {
		if err := ReadCSV(strings.NewReader(file), func(Mark) error { return nil }); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", file, err)
		}
	}
	if err := ReadCSV(strings.NewReader("mark\nNike"), func(Mark) error { return stop }); err != stop {
		t.Errorf("an error of each: %v", err)
	}
}

const registerFile = `<?xml version="1.0"?>
<tmk:TrademarkBag xmlns:tmk="http://www.wipo.int/standards/XMLSchema/ST96/Trademark" xmlns:com="http://www.wipo.int/standards/XMLSchema/ST96/Common">
 <tmk:Trademark>
  <com:ApplicationNumber><com:ApplicationNumberText>018000001</com:ApplicationNumberText></com:ApplicationNumber>
  <tmk:MarkRepresentation><tmk:MarkReproduction><tmk:WordMarkSpecification><tmk:MarkVerbalElementText>ANTA</tmk:MarkVerbalElementText>
   <tmk:MarkTransliteration>安踏</tmk:MarkTransliteration></tmk:WordMarkSpecification></tmk:MarkReproduction></tmk:MarkRepresentation>
  <tmk:GoodsServicesBag><tmk:GoodsServices><tmk:ClassDescriptionBag>
   <tmk:ClassDescription><tmk:ClassNumber>09</tmk:ClassNumber></tmk:ClassDescription>
   <tmk:ClassDescription><tmk:ClassNumber>200</tmk:ClassNumber></tmk:ClassDescription>
   <tmk:ClassDescription><tmk:ClassNumber>25</tmk:ClassNumber></tmk:ClassDescription>
  </tmk:ClassDescriptionBag></tmk:GoodsServices>
   <tmk:GoodsServices><tmk:ClassificationKindCode>Domestic</tmk:ClassificationKindCode><tmk:ClassDescription><tmk:ClassNumber>39</tmk:ClassNumber></tmk:ClassDescription></tmk:GoodsServices></tmk:GoodsServicesBag>
  <tmk:ApplicantBag><tmk:Applicant><com:Contact><com:Name><com:OrganizationName><com:OrganizationStandardName>Anta (China)</com:OrganizationStandardName></com:OrganizationName></com:Name></com:Contact></tmk:Applicant></tmk:ApplicantBag>
 </tmk:Trademark>
 <tmk:Trademark><com:RegistrationNumber>2</com:RegistrationNumber></tmk:Trademark>
</tmk:TrademarkBag>`

func TestReadST96(t *testing.T) {
	var got []Mark
	err := ReadST96(strings.NewReader(registerFile), func(m Mark) error { got = append(got, m); return nil })
	want := []Mark{{ID: "018000001", Name: "ANTA", Also: []string{"安踏"}, Owner: "Anta (China)", Classes: []int{9, 25}}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v %+v", err, got)
	}
	for file, says := range map[string]string{
		"":                          "no mark",
		"<a></a>":                   "no mark",
		"<a><Trademark>":            "line 1",
		strings.Repeat("<a>", 1000): "too deep",
		"<!DOCTYPE a [<!ENTITY b \"c\">]><a><TradeMark>&b;</TradeMark></a>": "invalid character entity",
	} {
		if err := ReadST96(strings.NewReader(file), func(Mark) error { return nil }); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%.60q: %v", file, err)
		}
	}
}

// FuzzReadST96 and FuzzReadCSV hold that what is read has a name and classes that are some.
func FuzzReadST96(f *testing.F) {
	f.Add(registerFile)
	f.Add("<TradeMark><ClassNumber>1</ClassNumber></TradeMark>")
	f.Fuzz(func(t *testing.T, file string) {
		_ = ReadST96(strings.NewReader(file), func(m Mark) error { return whole(t, m) })
	})
}

func FuzzReadCSV(f *testing.F) {
	f.Add("mark,classes\nNike,25\n")
	f.Add("name,also,reputed\n\"a\nb\",c;d,yes\n")
	f.Fuzz(func(t *testing.T, file string) {
		_ = ReadCSV(strings.NewReader(file), func(m Mark) error { return whole(t, m) })
	})
}

func whole(t *testing.T, m Mark) error {
	if m.Name == "" {
		t.Fatalf("a mark without a name: %+v", m)
	}
	for _, c := range m.Classes {
		if c < 1 || c > 45 {
			t.Fatalf("class %d", c)
		}
	}
	return nil
}
