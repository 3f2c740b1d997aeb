package text

import (
	"strings"
	"testing"
)

func TestTerms(t *testing.T) {
	for _, c := range []struct {
		language, text string
		kind           TermKind
		guilty         bool // some term of this kind keeps its strength
	}{
		{"en", "Best replica handbag, mirror quality, all colours", Replica, true},
		{"en", "AAA+ quality bag same as original", Replica, true},
		{"en", "UA Jordan 1 from the best batch", Replica, true},
		{"en", "superclone watch 3235 movement", Replica, true},
		{"en", "LJR batch Dunk, passes legit check", Grade, true},
		{"en", "export overrun polo shirts from the same factory", Source, true},
		{"en", "logo covered in photos, brand name sent separately", Evasion, true},
		{"en", "DM for brand, discreet packaging", Evasion, true},
		{"en", "100% original, not fake, guaranteed", Denial, true},
		{"en", "whatsapp me for the album", Contact, true},
		{"en", "1:1 with retail, double box", Replica, true},
		{"zh", "高仿一比一 支持验货", Replica, true},
		{"zh", "莆田纯原 公司级 真标", Grade, true},
		{"zh", "外贸原单尾货 剪标", Source, true},
		{"zh", "懂的来 标另寄 双层发货", Evasion, true},
		{"zh", "加V信看图", Contact, true},
		{"zh", "微❤同号", Contact, true},
		{"zh", "超A版本 过毒", Grade, true},
		{"zh", "顶级复刻", Replica, true},
		{"zh-Hant", "頂級復刻 純原", Replica, true},
		{"zh", "绝对正品 假一赔十", Denial, true},
		{"es", "réplica primera línea, calidad espejo", Replica, true},
		{"es", "bolso imitación perfecta", Replica, true},
		{"de", "Nachbildung wie original, kaum zu unterscheiden", Replica, true},
		{"fr", "imitation haut de gamme, qualité miroir", Replica, true},
		{"ru", "люкс копия 1:1, не отличить от оригинала", Replica, true},
		{"pt", "réplica primeira linha idêntica ao original", Replica, true},
		{"id", "tas KW super mirror quality", Replica, true},
		{"tr", "birebir kopya, A kalite çakma", Replica, true},
		{"tr", "1. sınıf ithal muadil", Replica, true},
		// The innocent uses.
		{"en", "1:1 SATA drive duplicator, standalone", Replica, false},
		{"en", "1:1 scale model of a lighthouse", Replica, false},
		{"en", "1:1 maths tutoring online", Replica, false},
		{"en", "AAA batteries, 24 pack", Replica, false},
		{"en", "flashlight runs on AAA", Replica, false},
		{"en", "Replica football shirt, official licensed home kit", Replica, false},
		{"en", "Dinosaur skull replica for the classroom", Replica, false},
		{"en", "Roman coin replica, museum shop", Replica, false},
		{"en", "Mirror for the bathroom, aluminium frame", Replica, false},
		{"en", "Beware of replicas: buy from us only", Replica, false},
		{"en", "How to spot a fake watch, paperback", Replica, false},
		{"en", "A4 copy paper, 80 gsm", Replica, false},
		{"en", "Clone your old SSD with this dock", Replica, false},
		{"en", "We never sell fakes or copies", Replica, false},
		{"zh", "莆田木雕 观音摆件", Source, false},
		{"zh", "莆田桂圆干 特产", Source, false},
		{"en", "PUTIEN restaurant voucher, lor mee for two", Source, false},
		{"zh", "高仿真绿植 客厅摆放", Replica, false},
		{"zh", "纯原生木浆抽纸", Grade, false},
		{"zh", "1:1配比 AB滴胶", Replica, false},
		{"zh", "一对一外教 1比1 试听课", Replica, false},
		{"zh", "7号AAA碱性电池", Replica, false},
		{"zh", "A货翡翠手镯 天然", Grade, false},
		{"zh", "谨防假冒 拒绝高仿", Replica, false},
		{"zh", "索尼原装手柄 全新", Source, false},
		{"de", "Maßstab 1:1 Modellbau Nachbildung", Replica, false},
		{"ru", "масштабная модель, точная копия танка, диорама", Replica, false},
		{"es", "pilas AAA alcalinas", Replica, false},
		{"tr", "AAA pil 4'lü", Replica, false},
		{"en", "2.2 kW electric motor", Grade, false},
	} {
		guilty := false
		var seen []string
		runes := []rune(c.text)
		for _, term := range Terms(nil, c.text, c.language) {
			seen = append(seen, string(runes[term.Start:term.End])+"="+term.Innocent)
			guilty = guilty || term.Kind == c.kind && term.Strength >= 0.3
		}
		if guilty != c.guilty {
			t.Errorf("%q: kind %d: guilty is %v, want %v: %v", c.text, c.kind, guilty, c.guilty, seen)
		}
	}
}

// TestTermsDev prints, with -v, what the lexicon says of each listing of the development set.
func TestTermsDev(t *testing.T) {
	said := map[bool]int{}
	total := map[bool]int{}
	for _, l := range listings(t) {
		s := l.Title + "\n" + l.Description
		runes := []rune(s)
		best := 0.0
		var words []string
		for _, term := range Terms(nil, s, l.Language) {
			best = max(best, term.Strength)
			words = append(words, string(runes[term.Start:term.End])+"="+term.Innocent)
		}
		fake := l.label == "fake"
		total[fake]++
		if best >= 0.6 {
			said[fake]++
		}
		if fake != (best >= 0.6) && testing.Verbose() {
			t.Logf("%s %s %.2f [%s] %s", l.label, l.trick, best, strings.Join(words, ", "), strings.ReplaceAll(s, "\n", " / "))
		}
	}
	t.Logf("strength >= 0.6: %d of %d fakes, %d of %d genuine", said[true], total[true], said[false], total[false])
}
