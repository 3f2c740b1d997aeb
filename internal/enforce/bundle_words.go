package enforce

// bundleWords is the Chinese of a bundle's pages, which stand outside the console and its catalogues.
var bundleWords = map[string]string{
	"Bundle of evidence": "证据包", "made": "制作于", "Stage": "阶段", "Place": "地点", "Summary": "案情摘要", "Listings": "商品", "Listing": "商品", "Title": "标题", "Seller": "卖家", "Sellers": "卖家",
	"Verdict": "机器判断", "Decision": "决定", "Decisions": "决定", "Name": "名称", "Country": "国家/地区", "Joined": "注册日期", "First seen": "首次发现", "Test buys": "取证购买", "Order": "订单号", "Price": "价格",
	"Finding": "鉴定结论", "What authorities and courts did": "执法与司法结果", "Day": "日期", "What": "事项", "Goods": "货物", "Quantity": "数量", "Money": "金额", "Authority": "机关", "withdrawn": "已撤回",
	"Chain of custody": "保管链", "Documents": "文件", "Note": "备注", "What was done, and when": "办案经过", "When": "时间", "Who": "人员", "Ledger": "账本", "How to check this bundle": "如何核验本证据包",
	"Where": "地点", "Seal": "封签号", "Written down": "记录于", "document": "文件", "ledger": "账本", "as stored at": "保存状态截至", "Brand as declared": "卖家申报品牌", "Category": "类目", "Ships from": "发货地",
	"Version": "版本", "Changed": "更改于", "Description": "描述", "Pictures": "图片", "not kept: only the address is known": "未保存，仅知其地址", "Score": "评分", "Model": "模型", "Scanned": "扫描于", "Signal": "信号",
	"What was seen": "所见", "Bits": "比特", "Reason": "理由", "undone": "已撤销", "superseded": "已被取代", "None.": "无。", "Notices": "通知", "State": "状态",
	"A machine's verdict is an opinion, not a finding of fact. A listing or a seller in this bundle is suspected, not judged, unless a decision or a court named here says so.":                                                                          "机器判断仅为意见，并非事实认定。除非此处所列决定或法院另有认定，本证据包中的商品和卖家仅属涉嫌，未经认定。",
	"manifest.json names every file with its size and SHA-256. The hash of the manifest stands in seal.json, an entry of the ledger; seal.proof leads from it to a checkpoint signed by the ledger's key. The program does all of it, without a server:": "manifest.json 列出每个文件的大小和 SHA-256。清单本身的哈希记于账本条目 seal.json，seal.proof 由该条目通向以账本密钥签名的检查点。以下程序可完成全部核验，无需服务器：",
	"Take the key from the marketplace's own page of its ledger, not from this bundle alone: a key that comes with what it vouches for vouches for nothing.":                                                                                             "请从平台公布的账本页面取得密钥，不要只用证据包自带的密钥：与被证明之物一同送来的密钥什么也证明不了。",

	"lead": "线索", "opened": "立案", "raid": "查处", "charged": "起诉", "convicted": "定罪", "closed": "结案",
	"planned": "已计划", "bought": "已下单", "received": "已收货", "examined": "已鉴定", "abandoned": "已放弃", "counterfeit": "假冒", "genuine": "正品", "inconclusive": "无法确定",
	"seizure": "查扣", "arrest": "抓获", "charge": "起诉", "conviction": "定罪", "fine": "罚款", "damages": "赔偿", "pairs": "双", "pieces": "件", "kg": "公斤", "persons": "人",
	"clear": "未见异常", "review": "待审核", "fake": "疑似假货", "remove": "下架", "restrict": "限制", "approve": "放行", "escalate": "上报", "upheld": "成立", "refused": "不成立",
	"changed": "已更改", "moved": "阶段变更", "shared": "已共享", "unshared": "取消共享", "linked": "加入", "unlinked": "移出", "noted": "备注", "attached": "添加文件", "test-buy-planned": "计划取证购买",
	"test-buy-moved": "取证购买", "custody": "保管", "fact": "记录", "fact-withdrawn": "撤回记录", "bundle-sealed": "封存证据包",
}
