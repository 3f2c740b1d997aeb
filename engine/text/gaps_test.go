package text

import (
	"slices"
	"testing"
)

// gapMatcher finds the marks of the tests in this file; no Cyrillic spelling is among their names.
func gapMatcher(t testing.TB) *Matcher {
	return mustMatcher(t, Options{}, append(plainNames("Nike", "Adidas", "Gucci", "Louis Vuitton", "Chanel", "Rolex", "Prada", "Hermès", "Garmin", "Seiko", "Samsung",
		"Casio", "Lacoste", "Calvin Klein", "Puma", "Versace", "Dior", "Balenciaga", "Burberry", "Philips", "Xiaomi", "LEGO", "Dyson", "Reebok", "New Balance", "LV",
		"Moncler", "Cartier", "Michael Kors", "Tommy Hilfiger", "Converse", "Bosch", "Skechers", "Columbia", "Huawei", "Panasonic", "Omega",
		"普拉达", "阿迪达斯", "耐克", "乐高", "回力", "爱马仕", "李宁", "路易威登"), Name{"Apple", true})...)
}

func TestGaps(t *testing.T) {
	m := gapMatcher(t)
	for _, c := range []struct{ text, name, written string }{
		{"часы РОЛ*КС мужские", "Rolex", "РОЛ*КС"},
		{"кроссовки Найк", "Nike", "Найк"},
		{"Адидас оригинал", "Adidas", "Адидас"},
		{"сумка Гуччи", "Gucci", "Гуччи"},
		{"сумка Луи Виттон женская", "Louis Vuitton", "Луи Виттон"},
		{"духи Шанель", "Chanel", "Шанель"},
		{"Ролекс", "Rolex", "Ролекс"},
		{"очки Прада", "Prada", "Прада"},
		{"платок Гермес", "Hermès", "Гермес"},
		{"Эрмес сумка", "Hermès", "Эрмес"},
		{"часы Сейко", "Seiko", "Сейко"},
		{"часы Касио", "Casio", "Касио"},
		{"поло Лакост", "Lacoste", "Лакост"},
		{"бельё Кельвин Кляйн", "Calvin Klein", "Кельвин Кляйн"},
		{"Версаче", "Versace", "Версаче"},
		{"Диор", "Dior", "Диор"},
		{"Баленсиага", "Balenciaga", "Баленсиага"},
		{"Бёрберри тренч", "Burberry", "Бёрберри"},
		{"Филипс", "Philips", "Филипс"},
		{"телефон Самсунг", "Samsung", "Самсунг"},
		{"телефон Сяоми", "Xiaomi", "Сяоми"},
		{"конструктор Лего", "LEGO", "Лего"},
		{"фен Дайсон", "Dyson", "Дайсон"},
		{"Рибок", "Reebok", "Рибок"},
		{"Нью Баланс 574", "New Balance", "Нью Баланс"},
		{"Монклер", "Moncler", "Монклер"},
		{"Картье", "Cartier", "Картье"},
		{"Майкл Корс", "Michael Kors", "Майкл Корс"},
		{"Томми Хилфигер", "Tommy Hilfiger", "Томми Хилфигер"},
		{"Скечерс", "Skechers", "Скечерс"},
		{"Панасоник", "Panasonic", "Панасоник"},
		{"普ada 包", "Prada", "普ada"},
		{"阿迪dasi 运动鞋", "Adidas", "阿迪dasi"},
		{"耐k 空军", "耐克", "耐k"},
		{"乐/高积木", "乐高", "乐/高"},
		{"回カ球鞋", "回力", "回カ"},
		{"香奈el 古cci", "Gucci", "古cci"},
		{"爱ma仕 手提包", "爱马仕", "爱ma仕"},
		{"li宁 跑鞋", "李宁", "li宁"},
		{"路易wei登", "路易威登", "路易wei登"},
	} {
		seen := find(m, c.text)
		if !slices.ContainsFunc(seen, func(f found) bool { return f.Name == c.name && f.Text == c.written }) {
			t.Errorf("%q: want %s as %q, found %v", c.text, c.name, c.written, seen)
		}
	}
}

func TestGapRoles(t *testing.T) {
	m := gapMatcher(t)
	for _, c := range []struct {
		language, text string
		want           Role
	}{
		{"ru", "сумка из кожи, не Hermès", Negation}, {"ru", "это не Rolex", Negation}, {"ru", "Не Гуччи!", Negation},
		{"id", "jam tangan, bukan Garmin", Negation}, {"id", "Bukan Garmin asli", Negation},
		{"en", "canvas tote, NOT Louis Vuitton", Negation}, {"en", "This is NOT a Rolex", Negation}, {"en", "unbranded, not Nike", Negation},
		{"zh", "真皮包,不是LV", Negation}, {"zh", "不是LV哦", Negation}, {"zh", "并非爱马仕", Negation},
		{"de", "Herrenuhr, kein Rolex", Negation}, {"de", "keine Gucci Tasche", Negation}, {"de", "Das ist keine Prada", Negation},
		{"es", "bolso de piel, no es Gucci", Negation}, {"es", "No es Gucci", Negation}, {"fr", "pas un Hermès", Negation}, {"pt", "não é Prada", Negation}, {"tr", "Rolex değil", Negation},
		{"en", "diver homage watch, Seiko NH35 inside", Compatible}, {"en", "automatic watch with Seiko movement", Compatible},
		{"en", "Seiko NH35 movement, sterile dial", Compatible}, {"en", "fits Garmin Fenix 7", Compatible}, {"en", "strap for Apple Watch", Compatible},
		{"fr", "bracelet pour Garmin", Compatible}, {"de", "Armband für Garmin Fenix", Compatible}, {"es", "correa para Garmin", Compatible}, {"pt", "pulseira para Garmin", Compatible},
		{"ru", "ремешок для Garmin", Compatible}, {"id", "tali untuk Garmin", Compatible}, {"tr", "Garmin için kordon", Compatible}, {"tr", "Samsung uyumlu kılıf", Compatible},
		{"zh", "适用于佳明 Garmin 表带", Compatible}, {"zh", "兼容乐高积木", Compatible}, {"en", "works with Dyson V11", Compatible},
		{"en", "inspired by Chanel", Comparison}, {"en", "perfume dupe Chanel", Comparison}, {"en", "Chanel dupe", Comparison}, {"en", "Rolex style watch", Comparison},
		{"en", "Prada-style bag", Comparison}, {"en", "our blender vs Dyson", Comparison}, {"en", "better than Dyson", Comparison}, {"en", "cheaper than LEGO", Comparison},
		{"en", "alternative to Dyson", Comparison}, {"es", "mejor que Dyson", Comparison}, {"de", "besser als Dyson", Comparison}, {"fr", "mieux que Dyson", Comparison},
		{"ru", "лучше чем Dyson", Comparison}, {"ru", "лучше Dyson", Comparison}, {"pt", "melhor que Dyson", Comparison}, {"id", "lebih baik dari Dyson", Comparison}, {"tr", "Dyson'dan daha iyi", Comparison},
		{"zh", "比Dyson还好用", Comparison}, {"zh", "爱马仕风格", Comparison}, {"de", "im Stil von Chanel", Comparison}, {"de", "Chanel-Stil Jacke", Comparison},
		{"fr", "style Chanel", Comparison}, {"es", "tipo Chanel", Comparison}, {"it", "stile Chanel", Comparison}, {"tr", "Chanel tarzı", Comparison},
		{"en", "a book about Chanel", Media}, {"en", "Chanel: a biography, hardcover", Media}, {"en", "film poster House of Gucci", Media}, {"en", "House of Gucci DVD", Media},
		{"en", "documentary about LEGO", Media}, {"en", "Rolex repair service", Media}, {"en", "we repair Rolex watches", Media}, {"en", "Dyson repair and servicing", Media},
		{"de", "Buch über Chanel", Media}, {"de", "Rolex Reparatur", Media}, {"fr", "livre sur Chanel", Media}, {"fr", "réparation Rolex", Media}, {"es", "libro sobre Chanel", Media},
		{"es", "reparación de relojes Rolex", Media}, {"ru", "книга о Chanel", Media}, {"ru", "ремонт часов Rolex", Media}, {"pt", "livro sobre Chanel", Media}, {"pt", "conserto Rolex", Media},
		{"id", "buku tentang Chanel", Media}, {"id", "servis jam Rolex", Media}, {"tr", "Chanel hakkında kitap", Media}, {"tr", "Rolex tamiri", Media}, {"zh", "关于爱马仕的书", Media}, {"zh", "爱马仕包包维修", Media},
		{"en", "Nike Official Store", SellerName}, {"en", "Welcome to the Nike store", SellerName}, {"en", "sold by Nike Outlet", SellerName}, {"zh", "耐克官方旗舰店", SellerName},
		{"ru", "магазин Nike", SellerName}, {"ru", "Официальный магазин Nike", SellerName},
		{"en", "Rolex Submariner, box and papers", Claim}, {"en", "Nike Air Max 90 for men", Claim}, {"en", "Chanel bag, not used", Claim}, {"ru", "кроссовки Nike, не подошёл размер", Claim},
		{"de", "Nike Schuhe, keine Mängel", Claim}, {"es", "zapatillas Nike, no usadas", Claim}, {"en", "Chanel book tote bag", Claim}, {"en", "Seiko 5 automatic watch", Claim},
		{"en", "Gucci bag, better than ever", Claim}, {"en", "Rolex with service papers", Claim}, {"en", "Seiko Prospex, NH35 calibre", Claim},
	} {
		matches := m.Find(nil, c.text)
		roles := m.Roles(nil, c.text, c.language, matches)
		if !slices.Contains(roles, c.want) {
			t.Errorf("%s %q: roles %v, want %v", c.language, c.text, roles, c.want)
		}
	}
}

// TestSpelledWithAnAccent: one accent of the kind that languages spell names with is no disguise; others are, and so are two.
func TestSpelledWithAnAccent(t *testing.T) {
	m, err := NewMatcher([]Name{{Text: "Pokemon"}, {Text: "Gucci"}, {Text: "Hermes"}, {Text: "Lancome"}, {Text: "L'Oreal"}, {Text: "Estee Lauder"}, {Text: "Citroen"}}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]Disguise{
		"Pokemon cards": 0, "Pokémon cards": Variant, "Poke\u0301mon cards": Variant, "POKÉMON": Variant, "Hermès Kelly": Variant, "Lancôme": Variant, "L'Oréal Paris": Variant,
		"Estée Lauder": Variant, "Citroën": Variant,
		"Gùcci": Invisible, "Güççi": Invisible, "Pókemon": Invisible, "Pökémon": Invisible, "P0kémon": Leet, "G\u0335ucci": Invisible,
	} {
		found := m.Find(nil, text)
		if len(found) != 1 || (found[0].Disguise != want && found[0].Disguise&want == 0) {
			t.Errorf("%q: %v, want %v", text, found, want)
		}
	}
}
