package enforce

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/encoding/unicode"

	"github.com/ownmark/ownmark/internal/fault"
)

const claimFile = "listing,right,reasons,evidence,location\nL1,r1,\"Our mark,\nnot our goods\",The logo,https://m.example/L1\n\n,,,,\nL2,r2,'=1+1 is no reason,,\n"

func TestReadClaims(t *testing.T) {
	utf16, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(strings.ReplaceAll(claimFile, "L2", "编号二"))
	ok(t, err)
	for name, file := range map[string]string{
		"a table":                    claimFile,
		"with a byte order mark":     "\ufeff" + claimFile,
		"with Windows' line ends":    strings.ReplaceAll(claimFile, "\n", "\r\n"),
		"from a spreadsheet":         utf16,
		"with a header in capitals":  strings.Replace(claimFile, "listing,right", "Listing_ID, RIGHT", 1),
		"with a Chinese header":      strings.Replace(claimFile, "listing,right,reasons,evidence,location", "商品编号,权利编号,理由,证据,网址", 1),
		"with tabs":                  "listing\tright\treasons\tevidence\tlocation\nL1\tr1\t\"Our mark,\nnot our goods\"\tThe logo\thttps://m.example/L1\n\n\nL2\tr2\t=1+1 is no reason\n",
		"with semicolons":            "listing;right;reasons;evidence;location\nL1;r1;\"Our mark,\nnot our goods\";The logo;https://m.example/L1\n\n\nL2;r2;'=1+1 is no reason\n",
		"with columns nobody filled": "listing,right,reasons,evidence,location,,\nL1,r1,\"Our mark,\nnot our goods\",The logo,https://m.example/L1,,\n\n\nL2,r2,'=1+1 is no reason,,,,\n",
	} {
		rows, err := ReadClaims([]byte(file))
		if err != nil || len(rows) != 2 {
			t.Errorf("%s: %d rows, %v", name, len(rows), err)
			continue
		}
		first, second := rows[0], rows[1]
		if first.Listing != "L1" || first.Right != "r1" || first.Reasons != "Our mark,\nnot our goods" || first.Location != "https://m.example/L1" || first.Line != 2 {
			t.Errorf("%s: %+v", name, first)
		}
		if second.Right != "r2" || second.Reasons != "=1+1 is no reason" || second.Problem != nil || second.Line != 6 {
			t.Errorf("%s: %+v", name, second)
		}
	}
	rows, err := ReadClaims([]byte("\n" + `{"listing":"L1","office":"CN","number":"7","reasons":"x"}` + "\n\n" + `{"listing":1}` + "\n" + `{"listing":"a","listing":"b"}` + "\n[]\n" + `{"sql":"x"}` + "\n"))
	ok(t, err)
	if len(rows) != 5 || rows[0].Number != "7" || rows[0].Line != 2 || rows[0].Problem != nil {
		t.Fatalf("%+v", rows)
	}
	for _, bad := range rows[1:] {
		if f, isFault := fault.As(bad.Problem); !isFault || f.Kind != fault.Invalid || bad.Raw == "" || bad.Listing != "" {
			t.Errorf("%+v", bad)
		}
	}
	rows, err = ReadClaims([]byte("listing,number,reasons\nL1,1,a\"b\nL2,2,fine\nL3,3,x,y,z\nL4,4,\"never ends\nL5,5,lost"))
	ok(t, err)
	if len(rows) != 4 || rows[0].Problem == nil || rows[1].Problem != nil || rows[1].Listing != "L2" || rows[2].Problem == nil || rows[3].Problem == nil || rows[3].Line != 5 {
		t.Errorf("%+v", rows)
	}
}

func TestReadClaimsRefuses(t *testing.T) {
	for name, file := range map[string]string{
		"nothing":               "",
		"blank lines":           "\ufeff \n\t\n",
		"a header alone":        "listing,right,reasons\n",
		"a column twice":        "listing,right,reasons,Listing\nL1,r1,x,L2\n",
		"twice by another name": "listing,right,reasons,url,location\nL1,r1,x,y,z\n",
		"a column of no kind":   "listing,right,reasons,=cmd|' /C calc'!A0\nL1,r1,x,y\n",
		"no listing":            "right,reasons\nr1,x\n",
		"no right":              "listing,reasons\nL1,x\n",
		"no reasons":            "listing,right\nL1,r1\n",
		"another encoding":      "listing,right,reasons\nL1,r1,\xc9\xcc\xb1\xea\n",
		"half of UTF-16":        "\xff\xfel\x00i\x00\x00\xd8",
		"a picture":             "\x89PNG\r\n\x1a\n\x00\x00",
		"a quote without end":   "\"listing",
		"too many rows":         "listing,right,reasons\n" + strings.Repeat("L,r,x\n", MaxClaimRows+1),
		"too many lines":        strings.Repeat("{}\n", MaxClaimRows+1),
		"100 MB":                strings.Repeat(" ", 100<<20),
	} {
		_, err := ReadClaims([]byte(file))
		if f, isFault := fault.As(err); !isFault || f.Field != "file" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWriteRefused(t *testing.T) {
	var out bytes.Buffer
	evil := ClaimRow{Line: 7, Listing: "=HYPERLINK(\"http://x\")", Right: "+1", Reasons: "-2+3", Evidence: "@SUM(A1)", Location: "a,\"b\"\nc", Raw: "\tx"}
	ok(t, WriteRefused(&out, []Refused{{evil, "There is no such listing."}}))
	for _, cell := range []string{`"'=HYPERLINK(""http://x"")"`, ",'+1,", ",'-2+3,", ",'@SUM(A1),", "'\tx"} {
		if !strings.Contains(out.String(), cell) {
			t.Errorf("no %s in %s", cell, out.String())
		}
	}
	rows, err := ReadClaims(out.Bytes())
	ok(t, err)
	evil.Line, evil.Raw = 2, ""
	if len(rows) != 1 || rows[0] != evil {
		t.Errorf("came back as %+v", rows)
	}
}

func FuzzReadClaims(f *testing.F) {
	f.Add([]byte(claimFile))
	f.Add([]byte(`{"listing":"L1","right":"r1","reasons":"x"}` + "\n{"))
	f.Add([]byte("\xff\xfel\x00"))
	f.Add([]byte("listing;number;reasons\n\"\n\""))
	f.Fuzz(func(t *testing.T, file []byte) {
		rows, err := ReadClaims(file)
		if err != nil {
			if _, isFault := fault.As(err); !isFault {
				t.Fatalf("no fault: %v", err)
			}
			return
		}
		var refused []Refused
		var readable []ClaimRow
		line := 0
		for _, row := range rows {
			if row.Line <= line {
				t.Fatalf("line %d after line %d", row.Line, line)
			}
			line = row.Line
			for _, text := range []string{row.Listing, row.Right, row.Reasons, row.Raw} {
				if !utf8.ValidString(text) {
					t.Fatalf("%q", text)
				}
			}
			if row.Problem == nil && row != (ClaimRow{Line: row.Line}) {
				refused, readable = append(refused, Refused{row, "why"}), append(readable, row)
			}
		}
		var out bytes.Buffer
		if err := WriteRefused(&out, refused); err != nil {
			t.Fatal(err)
		}
		table, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(out.Bytes(), []byte("\ufeff")))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, cell := range slices.Concat(table...) {
			if cell != "" && strings.IndexByte(formulaSigns, cell[0]) >= 0 {
				t.Fatalf("a formula: %q", cell)
			}
		}
		if len(readable) == 0 {
			return
		}
		again, err := ReadClaims(out.Bytes())
		if err != nil || len(again) != len(readable) {
			t.Fatalf("%d rows came back as %d: %v", len(readable), len(again), err)
		}
	})
}
