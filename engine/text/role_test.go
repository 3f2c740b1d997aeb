package text

import (
	"slices"
	"strings"
	"testing"
)

func TestRoles(t *testing.T) {
	m := mustMatcher(t, Options{}, append(plainNames("Nike", "Dyson", "Chanel", "iPhone", "Hoka", "ASICS", "Rolex", "LEGO", "耐克", "戴森", "华为", "Levi's", "Hermès", "Samsung", "Canon", "Garmin",
		"Speedy"), Name{"Coach", true}, Name{"Gap", true}, Name{"Apple", true}, Name{"Guess", true}, Name{"Diesel", true}, Name{"Vans", true}, Name{"苹果", true}, Name{"Patagonia", true})...)
	for _, c := range []struct {
		language, text string
		want           []Role
	}{
		{"en", "Nike running shoes size 42", []Role{Claim}},
		{"en", "case for iPhone 15", []Role{Compatible}},
		{"en", "filter compatible with Dyson V10", []Role{Compatible}},
		{"en", "strap fits Garmin watches", []Role{Compatible}},
		{"en", "laces for Hoka, ASICS and Nike", []Role{Compatible, Compatible, Compatible}},
		{"en", "perfume inspired by Chanel", []Role{Comparison}},
		{"en", "Chanel style quilted bag", []Role{Comparison}},
		{"en", "alternative to Levi's jeans", []Role{Comparison}},
		{"en", "plain tote, not Chanel", []Role{Negation}},
		{"en", "not affiliated with Dyson", []Role{Negation}},
		{"en", "used Nike trainers, worn twice", []Role{SecondHand}},
		{"en", "Nike trainers, never used", []Role{Claim}},
		{"en", "Chanel: a biography, paperback", []Role{Media}},
		{"en", "poster of a Rolex dial, art print", []Role{Media}},
		{"en", "Nike official store", []Role{SellerName}},
		{"en", "gap between the doors", []Role{OrdinaryWord}},
		{"en", "gift for the head coach", []Role{OrdinaryWord}},
		{"en", "apple pie dish", []Role{OrdinaryWord}},
		{"en", "Guess the word game", []Role{OrdinaryWord}},
		{"en", "diesel engine oil", []Role{OrdinaryWord}},
		{"en", "floor mats for cargo vans", []Role{OrdinaryWord}},
		{"en", "wool from Patagonia region", []Role{OrdinaryWord}},
		{"en", "Coach leather crossbody bag", []Role{Claim}},
		{"en", "Gap hoodie, navy", []Role{Claim}},
		{"en", "Vans shoes black", []Role{Claim}},
		{"en", "speedy delivery worldwide", []Role{OrdinaryWord}},
		{"en", "no returns accepted Nike trainers", []Role{Claim}},
		{"zh", "无忧退货 耐克板鞋", []Role{Claim}},
		{"zh", "没有瑕疵 耐克板鞋 支持退换", []Role{Claim}},
		{"zh", "适用戴森V10滤网", []Role{Compatible}},
		{"zh", "耐克同款运动鞋", []Role{Comparison}},
		{"zh", "非耐克,自有品牌", []Role{Negation}},
		{"zh", "二手耐克板鞋", []Role{SecondHand}},
		{"zh", "耐克官方旗舰店", []Role{SellerName}},
		{"zh", "洛川苹果脆甜", []Role{OrdinaryWord}},
		{"zh", "苹果手机壳", []Role{Compatible}},
		{"zh", "耐克板鞋 男", []Role{Claim}},
		{"zh", "不输戴森的吹风机", []Role{Comparison}},
		{"de", "Hülle für iPhone 15", []Role{Compatible}},
		{"de", "kein Chanel, eigene Marke", []Role{Negation}},
		{"de", "ähnlich wie Chanel", []Role{Comparison}},
		{"de", "Nike Schuhe gebraucht", []Role{SecondHand}},
		{"fr", "coque pour iPhone", []Role{Compatible}},
		{"fr", "ce n'est pas un Hermès", []Role{Negation}},
		{"fr", "sac inspiré de Chanel", []Role{Comparison}},
		{"fr", "baskets Nike d'occasion", []Role{SecondHand}},
		{"es", "funda para iPhone", []Role{Compatible}},
		{"es", "no es Chanel", []Role{Negation}},
		{"es", "bolso estilo Chanel", []Role{Comparison}},
		{"es", "zapatillas Nike usadas", []Role{SecondHand}},
		{"pt", "capa para iPhone", []Role{Compatible}},
		{"pt", "não é Chanel", []Role{Negation}},
		{"ru", "чехол для iPhone", []Role{Compatible}},
		{"ru", "сумка в стиле Chanel", []Role{Comparison}},
		{"ru", "не Chanel", []Role{Negation}},
		{"ru", "кроссовки Nike б/у", []Role{SecondHand}},
		{"id", "casing untuk iPhone", []Role{Compatible}},
		{"id", "bukan Chanel", []Role{Negation}},
		{"id", "sepatu Nike bekas", []Role{SecondHand}},
		{"tr", "iPhone için kılıf", []Role{Compatible}},
		{"tr", "Chanel tarzı çanta", []Role{Comparison}},
		{"tr", "Apple ürünü değildir", []Role{Negation}},
		{"tr", "ikinci el Nike ayakkabı", []Role{SecondHand}},
	} {
		matches := m.Find(nil, c.text)
		got := m.Roles(nil, c.text, c.language, matches)
		if !slices.Equal(got, c.want) {
			var names []string
			for _, r := range got {
				names = append(names, r.String())
			}
			t.Errorf("%q: got %v, want %v", c.text, names, c.want)
		}
	}
}

// TestRolesDev prints, with -v, the roles of mentions in the development set by trick.
func TestRolesDev(t *testing.T) {
	m := mustMatcher(t, Options{}, brandNames(t)...)
	for _, l := range listings(t) {
		for _, field := range []string{l.Title, l.Description} {
			runes := []rune(field)
			matches := m.Find(nil, field)
			roles := m.Roles(nil, field, l.Language, matches)
			if len(roles) != len(matches) {
				t.Fatalf("%d roles for %d matches", len(roles), len(matches))
			}
			var said []string
			for i, x := range matches {
				said = append(said, m.names[x.Name].text+"="+string(runes[x.Start:x.End])+":"+roles[i].String())
			}
			if len(said) > 0 {
				t.Logf("%s %s {%s} %s", l.label, l.trick, strings.Join(said, " "), strings.ReplaceAll(field, "\n", " / "))
			}
		}
	}
}
