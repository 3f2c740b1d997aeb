package detect

// SignalInfo says what a signal means, for pages that explain it.
type SignalInfo struct {
	Name               string
	Title              string // a few words
	TitleChinese       string
	Explanation        string // why it is evidence, and against what it is measured
	ExplanationChinese string

	evidence        string // {0}, {1} … stand for the arguments
	evidenceChinese string
}

// Signals are all signals, in the order of the features.
func Signals() []SignalInfo { return catalogueOfSignals[:] }

// InfoOf is what a signal's name means; false when it is none of today's.
func InfoOf(name string) (SignalInfo, bool) {
	i, ok := signalIndex[name]
	if !ok {
		return SignalInfo{}, false
	}
	return catalogueOfSignals[i], true
}

var signalIndex = func() map[string]feature {
	index := make(map[string]feature, featureCount)
	for i := range catalogueOfSignals {
		catalogueOfSignals[i].Name = priors[i].Name
		index[priors[i].Name] = feature(i)
	}
	return index
}()

var catalogueOfSignals = [featureCount]SignalInfo{
	brandClaimed: {
		Title: "Brand claimed", TitleChinese: "声称品牌",
		Explanation:        "The listing says that the goods are of a protected brand. By itself this only makes the other signals matter.",
		ExplanationChinese: "商品信息称其属于受保护的品牌。这一点本身只说明其他线索值得看。",
		evidence:           "“{0}” says that the goods are {1}",
		evidenceChinese:    "“{0}”表示商品是 {1}",
	},
	brandHinted: {
		Title: "Brand hinted at", TitleChinese: "暗指品牌",
		Explanation:        "The brand is not named, but called by a nickname or by its emblem, as sellers of copies do to escape filters.",
		ExplanationChinese: "没有写出品牌名，而用绰号或标志特征代称；卖仿品的人常这样躲避过滤。",
		evidence:           "“{0}” is a way to mean {1} without its name",
		evidenceChinese:    "“{0}”是不写名字而指 {1} 的说法",
	},
	brandDisguised: {
		Title: "Brand name disguised", TitleChinese: "变形书写品牌名",
		Explanation:        "The name is written so that people read it and filters do not. Honest sellers have no reason to.",
		ExplanationChinese: "品牌名经过变形，人能读懂而过滤程序认不出。诚实的卖家没有理由这样写。",
		evidence:           "“{0}” is {1} written with {2}",
		evidenceChinese:    "“{0}”是用{2}写成的 {1}",
	},
	brandMisspelt: {
		Title: "Brand name misspelt", TitleChinese: "品牌名写错",
		Explanation:        "The name is a letter or a sound away from the brand's. It may be a slip; in new goods sold by the dozen it seldom is.",
		ExplanationChinese: "写法与品牌名只差一个字母或同音字。可能是笔误，但成批的新货很少如此。",
		evidence:           "“{0}” reads as {1} with {2}",
		evidenceChinese:    "“{0}”读作 {1}，有{2}",
	},
	brandUndeclared: {
		Title: "Brand not declared", TitleChinese: "未填写品牌",
		Explanation:        "The text names the brand, the brand field does not: the listing is kept out of checks that go by the field.",
		ExplanationChinese: "文字里写了品牌，品牌栏却没有填写，从而避开按该栏进行的检查。",
		evidence:           "{0} is named in the text but not given as the brand",
		evidenceChinese:    "文字中提到 {0}，品牌栏却未填写",
	},
	brandOtherwise: {
		Title: "Brand named otherwise", TitleChinese: "提到品牌但另有所指",
		Explanation:        "The brand is named, but the goods are not said to be its: an accessory for it, a comparison, a denial, a book or a service about it.",
		ExplanationChinese: "提到了品牌，但并未称商品出自该品牌：配件、对比、否认，或有关的书籍与服务。",
		evidence:           "{0} is named, but {1}",
		evidenceChinese:    "提到 {0}，但{1}",
	},
	brandOwn: {
		Title: "Sold under another name", TitleChinese: "以自有品牌出售",
		Explanation:        "The brand field names a brand that is none of those protected, often the seller's own: the goods are said to be its.",
		ExplanationChinese: "品牌栏填写的不是受保护品牌，往往是卖家自有品牌，即声明商品出自该品牌。",
		evidence:           "“{0}” is declared as the brand",
		evidenceChinese:    "品牌栏填写的是“{0}”",
	},
	brandMix: {
		Title: "Several luxury brands", TitleChinese: "多个奢侈品牌并列",
		Explanation:        "One listing offers goods of several luxury houses at once, which no genuine supply does.",
		ExplanationChinese: "同一商品同时出售多个奢侈品牌，正规货源不会如此。",
		evidence:           "several luxury brands are offered in one listing",
		evidenceChinese:    "同一商品列出多个奢侈品牌",
	},
	termReplica: {
		Title: "Words for a copy", TitleChinese: "仿品用语",
		Explanation:        "The text uses words of the trade in copies, in a context where they are seldom innocent.",
		ExplanationChinese: "文字使用了仿品交易的用语，且在此语境下很少是无意的。",
		evidence:           "“{0}” is said of copies",
		evidenceChinese:    "“{0}”是形容仿品的话",
	},
	termGrade: {
		Title: "Grade of copies", TitleChinese: "仿品等级用语",
		Explanation:        "Copies are sold by grade and by batch; genuine goods are not.",
		ExplanationChinese: "仿品按等级、批次出售，正品则不然。",
		evidence:           "“{0}” is a grade or a batch of copies",
		evidenceChinese:    "“{0}”是仿品的等级或批次",
	},
	termSource: {
		Title: "Source of copies", TitleChinese: "仿品来源用语",
		Explanation:        "The text tells a story that copies are sold with: overruns, tail goods, a factory's back door.",
		ExplanationChinese: "文字讲的是出售仿品的常见来历：尾单、原单、工厂流出。",
		evidence:           "“{0}” is a story told of where copies come from",
		evidenceChinese:    "“{0}”是仿品常见的来历说法",
	},
	termEvasion: {
		Title: "Evasion", TitleChinese: "规避检查",
		Explanation:        "The text speaks of hiding the brand from the marketplace or from customs.",
		ExplanationChinese: "文字提到如何避开平台或海关的检查。",
		evidence:           "“{0}” speaks of getting past checks",
		evidenceChinese:    "“{0}”涉及规避检查",
	},
	termDenial: {
		Title: "Protests too much", TitleChinese: "过度声明正品",
		Explanation:        "The text insists that the goods are genuine. Those whose goods are have little need to.",
		ExplanationChinese: "文字反复强调是正品，而真正的正品很少需要这样说。",
		evidence:           "“{0}” insists",
		evidenceChinese:    "“{0}”属于过度声明",
	},
	termContact: {
		Title: "Contact off the platform", TitleChinese: "引导站外联系",
		Explanation:        "The buyer is led away from the marketplace, where nobody sees what is sold.",
		ExplanationChinese: "把买家引到平台之外，使交易不受监督。",
		evidence:           "“{0}” leads the buyer off the platform",
		evidenceChinese:    "“{0}”把买家引到站外",
	},
	priceLow: {
		Title: "Price below genuine goods", TitleChinese: "价格低于正品",
		Explanation:        "The price lies below what nineteen in twenty genuine new goods of the brand cost in this category, measured in robust standard deviations of the logarithm.",
		ExplanationChinese: "价格低于该品牌此类全新正品二十分之十九的价位，以对数价格的稳健标准差衡量。",
		evidence:           "{0} against a usual {1} for {2}{3}; genuine ones seldom cost less than {4}",
		evidenceChinese:    "售价 {0}，而 {2}{3}通常 {1}，正品很少低于 {4}",
	},
	priceFarBelow: {
		Title: "Price far below genuine goods", TitleChinese: "价格远低于正品",
		Explanation:        "How often the price could be doubled before it reaches half of what genuine goods cost at the least. Each doubling weighs the same.",
		ExplanationChinese: "价格要翻几倍才到正品低位价的一半；每翻一倍分量相同。",
		evidence:           "the price is {0} of the usual one",
		evidenceChinese:    "价格仅为常价的 {0}",
	},
	pricePlausible: {
		Title: "Price of genuine goods", TitleChinese: "价格与正品相符",
		Explanation:        "The price is one at which genuine new goods of the brand are sold.",
		ExplanationChinese: "价格处于该品牌全新正品的范围内。",
		evidence:           "{0} is a price of genuine {2}{3}, usually {1}",
		evidenceChinese:    "售价 {0}，属于 {2}{3}的正品价位，通常 {1}",
	},
	priceUnauthorised: {
		Title: "Cheap and unauthorised", TitleChinese: "低价且未获授权",
		Explanation:        "A low price may be a sale by an authorised seller. This one is not: each explains the other's innocent reading away.",
		ExplanationChinese: "低价可能是授权卖家促销，但此卖家未获授权，两者相互印证。",
		evidence:           "{0} from a seller whom {1} has not authorised",
		evidenceChinese:    "未获 {1} 授权的卖家，售价 {0}",
	},
	specificationImplausible: {
		Title: "Too much for the money", TitleChinese: "规格与价格不符",
		Explanation:        "What is promised, so many terabytes or pieces, cannot be made for the price.",
		ExplanationChinese: "所承诺的容量或件数，以此价格无法制造。",
		evidence:           "{0} does not pay for what is promised",
		evidenceChinese:    "{0} 不足以买到所承诺的规格",
	},
	sellerAuthorised: {
		Title: "Authorised seller", TitleChinese: "授权卖家",
		Explanation:        "The rights holder has named this seller's account as one that may sell the brand.",
		ExplanationChinese: "权利人已将该账号列为授权卖家。",
		evidence:           "{0} has authorised this seller",
		evidenceChinese:    "{0} 已授权该卖家",
	},
	sellerUnauthorised: {
		Title: "Seller not authorised", TitleChinese: "卖家未获授权",
		Explanation:        "The rights holder has said who may sell the brand, and this account is not among them. Resale is lawful; by itself this is weak.",
		ExplanationChinese: "权利人列出了授权卖家，此账号不在其中。转售本身合法，单独看分量很轻。",
		evidence:           "{0} has not authorised this seller",
		evidenceChinese:    "{0} 未授权该卖家",
	},
	sellerLookalike: {
		Title: "Name like an official store", TitleChinese: "店名貌似官方",
		Explanation:        "The seller's name makes it look like the brand's own store, and the brand has not authorised it.",
		ExplanationChinese: "店名看似品牌自营，而品牌并未授权。",
		evidence:           "“{0}” sounds like a store of {1}, which has not authorised it",
		evidenceChinese:    "“{0}”貌似 {1} 的店铺，但未获其授权",
	},
	sellerNew: {
		Title: "New account", TitleChinese: "新账号",
		Explanation:        "The account was young when the goods were listed, and it has more than a person's one or two things to sell.",
		ExplanationChinese: "上架时账号刚注册不久，且出售的不止一两件个人物品。",
		evidence:           "the account was {0} days old when it listed the goods",
		evidenceChinese:    "上架时账号注册仅 {0} 天",
	},
	sellerEstablished: {
		Title: "Established seller", TitleChinese: "老卖家",
		Explanation:        "Years of selling, many ratings, nearly all of them good.",
		ExplanationChinese: "经营多年，评价数量多且好评率高。",
		evidence:           "selling since {0}, {2} of {1} ratings positive",
		evidenceChinese:    "自 {0} 起经营，{1} 条评价中好评占 {2}",
	},
	sellerPoor: {
		Title: "Poor ratings", TitleChinese: "好评率低",
		Explanation:        "Fewer buyers than usual were content.",
		ExplanationChinese: "满意的买家少于常见水平。",
		evidence:           "{1} of {0} ratings are positive",
		evidenceChinese:    "{0} 条评价中好评占 {1}",
	},
	stockBulk: {
		Title: "Large stock", TitleChinese: "库存量大",
		Explanation:        "More pieces than a person or a small shop would hold of goods this dear. Counted in tenfolds of three thousand dollars' worth.",
		ExplanationChinese: "以商品价位而言，库存超出个人或小店所能持有。以三千美元货值为准，按十倍计。",
		evidence:           "{0} pieces of what usually costs {1} each",
		evidenceChinese:    "{0} 件，而每件通常 {1}",
	},
	stockSingle: {
		Title: "A single piece", TitleChinese: "仅一件",
		Explanation:        "One piece is offered, as people do with their own things.",
		ExplanationChinese: "只有一件，像个人出售自己的物品。",
		evidence:           "one piece is offered",
		evidenceChinese:    "仅出售一件",
	},
	goodsUsed: {
		Title: "Used goods", TitleChinese: "二手商品",
		Explanation:        "Few pieces, said to be used: low prices are usual and copies are rarer.",
		ExplanationChinese: "数量少且标为二手：价格低很正常，仿品也较少。",
		evidence:           "the goods are said to be {0}",
		evidenceChinese:    "商品标为{0}",
	},
	shipsElsewhere: {
		Title: "Ships from elsewhere", TitleChinese: "发货地与卖家不在同一国家",
		Explanation:        "The goods ship from another country than the seller's. Common in honest trade; very weak.",
		ExplanationChinese: "发货国与卖家所在国不同。正常贸易中也常见，分量很轻。",
		evidence:           "ships from “{0}”, the seller is in {1}",
		evidenceChinese:    "自“{0}”发货，卖家位于 {1}",
	},
	talkWholesale: {
		Title: "Sold by the lot", TitleChinese: "批发用语",
		Explanation:        "A seller without authorisation offers the brand's goods by the lot or to resellers.",
		ExplanationChinese: "未获授权的卖家批量出售该品牌商品，或招徕转售者。",
		evidence:           "“{0}” offers the goods by the lot",
		evidenceChinese:    "“{0}”表示批量出售",
	},
	talkProvenance: {
		Title: "Tells where it is from", TitleChinese: "说明来历或瑕疵",
		Explanation:        "The text says where the thing was bought or what is wrong with it. Anyone can write that, so it weighs little.",
		ExplanationChinese: "文字说明了购买渠道或瑕疵。谁都可以这样写，分量很轻。",
		evidence:           "“{0}” tells of the thing's past",
		evidenceChinese:    "“{0}”说明了物品的来历",
	},
	partOnly: {
		Title: "A part or accessory", TitleChinese: "配件或包装",
		Explanation:        "What is sold is a part, an empty box or something that goes with the brand's goods, so its price says little.",
		ExplanationChinese: "出售的是配件、空盒或搭配用品，价格因此不说明问题。",
		evidence:           "“{0}” says that it is not the thing itself",
		evidenceChinese:    "“{0}”表示并非商品本身",
	},
	pictureCatalogue: {
		Title: "Rights holder's picture", TitleChinese: "权利人的图片",
		Explanation:        "A picture of the listing is one of the rights holder's own, and this seller is not authorised. Copies are often sold with pictures of the original; so are goods honestly resold.",
		ExplanationChinese: "商品图片是权利人自己的图片，而该卖家未获授权。仿品常盗用正品图片，但正当转售者也会使用。",
		evidence:           "a picture is {1} one of {0}'s own{3}: {2} of 256 bits differ",
		evidenceChinese:    "图片与 {0} 自己的图片{1}{3}：256 位中有 {2} 位不同",
	},
	pictureFake: {
		Title: "Picture of a known fake", TitleChinese: "已认定仿品的图片",
		Explanation:        "A person found a listing with this picture to be a fake. Pictures that rights holders or authorised sellers show as well do not count.",
		ExplanationChinese: "使用此图片的另一商品已由人工认定为仿品。权利人或授权卖家也在使用的图片不计入。",
		evidence:           "a picture is {1} one of {0}, which was found to be a fake{3}: {2} of 256 bits differ",
		evidenceChinese:    "图片与 {0} 的图片{1}{3}，后者已被认定为仿品：256 位中有 {2} 位不同",
	},
	pictureShared: {
		Title: "Picture of many sellers", TitleChinese: "多个卖家共用图片",
		Explanation:        "Sellers who should have nothing to do with each other show one picture, as those do who sell for one workshop. Counted in doublings from three sellers on; pictures of rights holders and authorised sellers do not count.",
		ExplanationChinese: "本应互不相干的卖家使用同一图片，同一作坊的分销者常如此。自三个卖家起按倍数计；权利人和授权卖家的图片不计入。",
		evidence:           "{0} sellers show the same picture",
		evidenceChinese:    "{0} 个卖家使用同一图片",
	},
}
