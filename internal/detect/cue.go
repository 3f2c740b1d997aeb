package detect

// cue is a phrase that changes what a listing means without naming a brand or the trade in copies.
type cue uint8

const (
	noCue      cue = iota
	wholesale      // sold by the lot, to resellers
	provenance     // where the seller says the goods come from, or what is wrong with them
	partOf         // a part, an empty box or something that goes with the goods
	childGoods     // goods in children's sizes
	trialGoods     // a small size, to try
	official       // says "official" of itself; looked for in the seller's name
	firstKind      // this and what follows are kindsOfGoods
)

// cues are ordinary phrases of sellers everywhere, by what they mean. They are folded like names.
var cues = []struct {
	cue     cue
	phrases []string
}{
	{wholesale, []string{
		"wholesale", "bulk order", "bulk welcome", "bulk price", "moq", "minimum order", "for resellers", "resellers welcome",
		"dropship", "dropshipping", "by the dozen", "per dozen", "factory price",
		"factory direct", "direct from factory",
		"批发", "起批", "厂价", "出厂价", "工厂直发", "工厂直供", "厂家直销", "一件代发", "支持代发", "代理", "招代理", "混批", "档口", "货源", "量大从优", "批量",
		"al por mayor", "mayorista", "por lotes", "großhandel", "grosshandel", "en gros", "prix de gros", "grossiste", "оптом", "опт", "мелкий опт",
		"размерный ряд", "atacado", "no atacado", "revenda", "grosir", "ecer", "reseller welcome", "toptan", "toptan satış",
	}},
	{provenance, []string{
		"receipt", "invoice", "bought at", "bought from", "purchased at", "proof of purchase", "gift", "unwanted", "wrong size", "duplicate", "selling because",
		"worn once", "worn twice", "moving out", "outlet", "duty free", "till receipt", "serviced", "scuffed", "scratches", "scratched", "stain", "cracked", "patina", "peeling",
		"missing", "pre-loved", "pre-owned", "parallel import", "japan version", "consignment",
		"小票", "购入", "订单截图", "自用", "闲置", "买错", "重复款", "瑕疵", "磨损", "折痕", "起球", "免税店", "直邮", "奥莱", "专柜购入", "提货单", "二手", "中古",
		"ticket de compra", "factura", "regalo", "rechnung", "kassenbon", "geschenk", "fehlkauf", "facture", "cadeau", "ticket de caisse", "чек есть", "с чеком", "подарили", "не подошёл размер",
		"nota fiscal", "presente", "nota", "fatura", "faturası", "hediye",
	}},
	{partOf, []string{
		"empty box", "box only", "strap only", "case only", "sole only", "laces only", "parts only", "for parts", "not included",
		"replacement part", "spare part", "replacement strap", "replacement band", "replacement filter", "replacement battery", "screen protector", "dust bag only", "manual only", "stickers only",
		"空盒", "仅盒子", "仅表带", "不含主机", "仅包装", "配件", "替换", "代用件", "表带", "手机壳", "保护壳", "贴膜", "鞋带", "鞋垫", "纸袋",
		"caja vacía", "solo caja", "leere schachtel", "nur karton", "nur verpackung", "ersatzteil", "boîte vide", "pièce détachée", "пустая коробка", "запчасть", "caixa vazia", "kotak kosong", "kardus saja", "boş kutu", "yedek parça",
	}},
	{official, []string{
		"official", "officiel", "oficial", "offiziell", "resmi", "официальный", "outlet", "flagship", "factory store", "authentic store", "original store", "sale", "clearance", "store", "shop",
		"旗舰", "旗舰店", "专卖", "专卖店", "官方", "专营店", "直营", "折扣", "名品折扣",
	}},
	{childGoods, []string{
		"kids", "kid's", "kids'", "children's", "toddler", "infant", "baby", "boys", "girls", "boys'", "girls'", "junior", "youth", "big kids", "little kids",
		"儿童", "童鞋", "童装", "婴儿", "大童", "小童", "niños", "niño", "kinder", "enfant", "enfants", "детские", "infantil", "anak", "çocuk",
	}},
	{trialGoods, []string{
		"mini size", "travel size", "tester", "discovery set", "miniature", "mini", "refill", "1.5ml", "2ml", "中小样", "旅行装", "试用装", "迷你装", "替换装",
	}},
}
