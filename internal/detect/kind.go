package detect

import "strings"

// goodsKind is a sort of goods and what it costs beside the brand's usual goods of a category. A brand's reference is for all that it sells
// in a category together: within it a down coat costs several times what a T-shirt does, for every brand alike. Shares are rough.
type goodsKind struct {
	name    string
	share   float64            // of the usual price, where by has none for the category
	by      map[string]float64 // by category
	phrases []string           // in the words of sellers everywhere, folded like names
}

// kindsOfGoods are told apart by the words of a title. Where several are named the cheapest counts, for what goes with a coat is no coat;
// of those dearer than usual, the dearest.
var kindsOfGoods = []goodsKind{
	{"trifle", 0.12, nil, []string{
		"water filter", "filter", "filters", "brush heads", "brush head", "hose", "gasket", "seal ring", "attachment", "diffuser", "charger", "cable", "adapter", "earpads", "ear pads", "ear tips", "remote control", "ink", "toner", "cartridge", "battery pack", "stylus",
		"滤网", "滤芯", "刷头", "密封圈", "充电器", "充电头", "数据线", "耳垫", "遥控器", "墨盒", "硒鼓", "ersatzfilter", "aufsteckbürsten", "ladegerät", "cargador", "filtro", "chargeur", "зарядка", "фильтр", "carregador", "şarj aleti",
		"socks", "sock", "shoelaces", "laces", "insoles", "sticker", "stickers", "patch", "pin badge", "hair tie", "headband", "wristband", "sample vial", "vial", "sachet", "lanyard", "mug", "magnet", "bead", "gift bag", "paper bag", "shopping bag",
		"sheet mask", "mask sheet", "1 sheet", "deluxe sample", "sample", "samples", "cleaning kit", "cleaning cloth", "polishing cloth", "shoe cleaner", "balsam", "care kit", "luggage tag", "jibbitz", "minifigure", "polybag", "booster pack", "postcard", "poster",
		"袜子", "短袜", "中筒袜", "船袜", "鞋带", "鞋垫", "贴纸", "发圈", "发带", "小样", "试管", "挂绳", "片装面膜", "擦拭布", "行李牌", "补充包", "calcetines", "socken", "chaussettes", "носки", "meias", "kaos kaki", "çorap", "cordones", "schnürsenkel", "lacets", "шнурки",
	}},
	{"keyring", 0.15, map[string]float64{"accessories": 0.5, "bags": 0.15}, []string{
		"keychain", "key ring", "keyring", "key chain", "key pouch", "key holder", "key case", "bag charm", "charm", "charms", "coin purse", "coin pouch", "lighter case", "airtag holder", "phone strap", "hair clip", "studs", "bandeau", "twilly", "wrappy",
		"钥匙扣", "钥匙包", "零钱包", "挂件", "包挂", "吊饰", "llavero", "monedero", "schlüsselanhänger", "porte-clés", "porte-monnaie", "брелок", "ключница", "chaveiro", "porta-moedas", "gantungan kunci", "anahtarlık",
	}},
	{"card holder", 0.2, map[string]float64{"accessories": 0.7, "bags": 0.2}, []string{
		"card holder", "cardholder", "card case", "id case", "card wallet", "business card holder", "passport holder", "passport cover",
		"卡包", "卡夹", "护照夹", "tarjetero", "kartenetui", "porte-cartes", "картхолдер", "визитница", "porta cartão", "porta-cartões", "kartlık",
	}},
	{"wallet", 0.4, map[string]float64{"accessories": 0.9, "bags": 0.35}, []string{
		"wallet", "purse organizer", "pouch", "clutch pouch", "cosmetic bag", "toiletry bag", "wristlet", "sackpack", "drawstring bag", "gym sack", "belt bag", "waist bag", "fanny pack", "bum bag",
		"钱包", "长款钱夹", "短款钱夹", "化妆包", "手拿包", "抽绳包", "cartera", "billetera", "geldbörse", "portemonnaie", "portefeuille", "pochette", "кошелёк", "кошелек", "carteira", "dompet", "cüzdan",
	}},
	{"small wear", 0.4, map[string]float64{"accessories": 0.75}, []string{
		"belt", "scarf", "gloves", "mittens", "cap", "hat", "beanie", "toque", "visor", "bucket hat", "balaclava", "bow tie", "tie", "suspenders",
		"帽子", "棒球帽", "渔夫帽", "毛线帽", "腰带", "皮带", "围巾", "手套", "领带", "gorra", "cinturón", "gorro", "mütze", "gürtel", "schal", "kappe", "casquette", "bonnet", "ceinture", "écharpe", "кепка", "шапка", "ремень", "шарф", "boné", "cinto", "topi", "ikat pinggang", "şapka", "kemer",
	}},
	{"underwear", 0.3, nil, []string{
		"boxers", "briefs", "boxer", "boxer briefs", "trunks", "thong", "bra", "bralette", "panties", "underwear", "undershirt", "swim shorts", "bikini",
		"内裤", "文胸", "平角裤", "calzoncillos", "unterhose", "boxershorts", "caleçon", "трусы", "cueca", "calcinha", "celana dalam",
	}},
	{"tee", 0.5, nil, []string{
		"t-shirt", "t shirt", "tshirt", "tee", "tank top", "tank", "crew tee", "shorts", "short sleeve", "leggings shorts",
		"T恤", "短袖", "短裤", "背心", "camiseta", "playera", "pantalones cortos", "kurze hose", "футболка", "шорты", "camisa polo", "bermuda", "kaos", "tişört", "şort",
	}},
	{"polo", 0.75, nil, []string{"polo shirt", "polo", "polos", "oxford shirt", "shirt", "POLO衫", "polo衫", "衬衫", "camisa", "hemd", "chemise", "рубашка", "поло", "gömlek"}},
	{"sweatshirt", 1.1, nil, []string{
		"hoodie", "hoody", "hooded sweatshirt", "sweatshirt", "crewneck", "sweater", "pullover", "cardigan", "sweatpants", "joggers", "cargo pants", "jeans",
		"卫衣", "连帽衫", "毛衣", "针织衫", "卫裤", "牛仔裤", "sudadera", "jersey de punto", "vaqueros", "kapuzenpullover", "pulli", "sweat à capuche", "толстовка", "худи", "свитер", "джинсы", "moletom", "kapüşonlu",
	}},
	{"jacket", 1.3, map[string]float64{"shoes": 1, "bags": 1}, []string{
		"jacket", "blazer", "windbreaker", "fleece jacket", "bomber", "softshell", "soft shell", "hardshell", "tracksuit", "track suit", "full set", "varsity jacket",
		"夹克", "冲锋衣", "硬壳", "软壳", "外套", "套装", "西装", "chaqueta", "chándal", "jacke", "veste", "куртка", "ветровка", "костюм", "jaqueta", "jaket", "ceket",
	}},
	{"coat", 1.6, map[string]float64{"shoes": 1, "bags": 1}, []string{
		"down jacket", "puffer", "puffer jacket", "parka", "coat", "trench coat", "trench", "overcoat", "shearling",
		"羽绒服", "羽绒", "派克大衣", "大衣", "风衣", "皮草", "abrigo", "plumífero", "daunenjacke", "mantel", "doudoune", "manteau", "пуховик", "пальто", "парка", "casaco", "mont",
	}},
	{"slides", 0.45, nil, []string{
		"slides", "slide", "slippers", "slipper", "flip flops", "flip-flops", "sandals", "sandal", "clog", "espadrilles", "ballerinas",
		"拖鞋", "凉鞋", "凉拖", "人字拖", "洞洞鞋", "chanclas", "sandalias", "badelatschen", "hausschuhe", "claquettes", "tongs", "шлёпанцы", "шлепанцы", "тапочки", "сандалии", "chinelo", "sandal jepit", "terlik",
	}},
	{"boots", 1.2, map[string]float64{"apparel": 1, "bags": 1, "accessories": 1}, []string{"boots", "boot", "knee boots", "靴子", "马丁靴", "短靴", "长靴", "botas", "stiefel", "bottes", "ботинки", "сапоги", "bota", "bot"}},
	{"make-up", 0.5, nil, []string{
		"lipstick", "lip balm", "lip gloss", "lip glow", "mascara", "eyeliner", "nail polish", "le vernis", "blush", "concealer", "eyeshadow", "lip enhancer",
		"口红", "唇膏", "唇釉", "睫毛膏", "眼线", "指甲油", "腮红", "眼影", "pintalabios", "lippenstift", "rouge à lèvres", "помада", "тушь", "batom", "ruj",
	}},
	{"perfume", 1.4, map[string]float64{"accessories": 1, "apparel": 1, "bags": 1}, []string{
		"eau de parfum", "edp", "extrait", "extrait de parfum", "perfume", "parfum", "cologne", "香水", "浓香水", "eau de parfum spray", "духи", "парфюм", "туалетная вода", "parfüm",
	}},
	{"memory", 0.3, nil, []string{"microsd", "micro sd", "microsdhc", "microsdxc", "sdhc", "sdxc", "memory card", "sd card", "usb flash drive", "flash drive", "usb stick", "内存卡", "存储卡", "U盘", "tarjeta de memoria", "speicherkarte", "carte mémoire", "карта памяти", "флешка"}},
	{"wired", 0.25, nil, []string{"wired headphones", "wired in-ear", "wired earphones", "wired", "earphones", "有线耳机", "mouse pad", "mousepad", "screen protector", "phone case"}},
}

// Modifiers: the same goods made smaller.
const (
	childShare = 0.65 // children's sizes
	trialShare = 0.5  // travel sizes and miniatures
)

// usualKind is what the brand's usual goods are where they are not the category's: a house of down coats asks more for a coat than for a
// shirt, but a coat is its usual goods.
var usualKind = map[string]map[string]string{
	"apparel": {
		"Moncler": "coat", "Canada Goose": "coat", "Bosideng": "coat", "Mackage": "coat", "Parajumpers": "coat", "Arc'teryx": "jacket", "The North Face": "jacket",
		"Patagonia": "jacket", "Mammut": "jacket", "Haglöfs": "jacket", "Lacoste": "polo", "Ralph Lauren": "polo", "Fred Perry": "polo", "Psycho Bunny": "polo",
		"Levi's": "sweatshirt", "Fear of God Essentials": "sweatshirt", "Sp5der": "sweatshirt", "Stone Island": "sweatshirt", "Supreme": "sweatshirt", "Calvin Klein": "tee",
		"Real Madrid": "polo", "FC Barcelona": "polo", "Manchester United": "polo", "NFL Jersey": "polo", "NBA Jersey": "tee", "Dickies": "sweatshirt",
	},
	"shoes":       {"Crocs": "slides", "Birkenstock": "slides", "Hermès": "slides", "Dr. Martens": "boots", "Timberland": "boots", "UGG": "boots", "Teva": "slides"},
	"beauty":      {"MAC": "make-up", "NARS": "make-up", "Huda Beauty": "make-up", "Kylie Cosmetics": "make-up", "Fenty Beauty": "make-up", "Rare Beauty": "make-up", "Maybelline": "make-up", "Charlotte Tilbury": "make-up", "Perfect Diary": "make-up", "Creed": "perfume", "Byredo": "perfume", "Jo Malone": "perfume", "Baccarat Rouge 540": "perfume", "Tom Ford": "perfume"},
	"electronics": {"SanDisk": "memory", "Kingston": "memory", "Anker": "trifle", "Belkin": "trifle", "UGREEN": "trifle", "Baseus": "trifle"},
	"accessories": {"Pandora": "keyring", "New Era": "small wear", "Sanrio": "keyring", "Crocs": "trifle", "Anker": "trifle", "Belkin": "trifle", "UGREEN": "trifle", "Baseus": "trifle", "Apple": "trifle", "GoPro": "trifle"},
	"appliances":  {},
}

// kindNamed is the index of a kind; it panics for a name that is none, which a test would see at once.
func kindNamed(name string) int {
	for i := range kindsOfGoods {
		if kindsOfGoods[i].name == name {
			return i
		}
	}
	panic("no kind of goods is called " + name)
}

func (k *goodsKind) in(category string) float64 {
	if share, ok := k.by[category]; ok {
		return share
	}
	return k.share
}

// usualShares is, by category, the share that the brand's own usual kind has; a category without one is left out.
func usualShares(name string) map[string]float64 {
	var shares map[string]float64
	for category, brands := range usualKind {
		kind, ok := brands[name]
		if !ok {
			continue
		}
		if shares == nil {
			shares = map[string]float64{}
		}
		shares[category] = kindsOfGoods[kindNamed(kind)].in(category)
	}
	return shares
}

// makeup gathers what kinds a listing names.
type makeup struct {
	cheap, dear float64 // the share of the cheapest kind below the usual, of the dearest above; 0 for none
	child       bool
	trial       bool
}

func (m *makeup) see(share float64) {
	switch {
	case share < 1 && (m.cheap == 0 || share < m.cheap):
		m.cheap = share
	case share >= 1 && share > m.dear:
		m.dear = share
	}
}

// share is what goods so made up cost beside the usual ones of a brand whose usual kind has the share usual, 0 for the category's; known
// reports whether the kind of goods was said at all.
func (m *makeup) share(usual float64) (share float64, known bool) {
	share = 1
	switch {
	case m.cheap > 0:
		share, known = m.cheap, true
	case m.dear > 0:
		share, known = m.dear, true
	}
	if usual > 0 {
		if known {
			share = min(share/usual, 1.6)
		}
		known = known || m.child
	}
	if m.child {
		share *= childShare
	}
	if m.trial {
		share *= trialShare
	}
	return share, known
}

// millilitres is the volume a text states, 0 for none: the greatest number before "ml".
func millilitres(s string) float64 {
	if !strings.Contains(s, "ml") && !strings.Contains(s, "ML") && !strings.Contains(s, "mL") {
		return 0
	}
	return quantityBefore(s, "ml")
}
