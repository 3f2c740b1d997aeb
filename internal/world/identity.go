package world

import (
	"fmt"
	"strings"
)

// Identifiers have the form of real ones and belong to nobody, as far as can be told without asking a registry: mail
// under .example (RFC 2606), Chinese mobile numbers under 154, bank cards under 629999, organisation codes that begin
// with YY, other countries' telephone numbers with an area code of zeros. Check characters are right.

const organisationAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"

// creditCode is an 18-character unified social credit code (GB 32100-2015): "91" for a company, "92" for a sole trader,
// the place's six digits, an organisation code (GB 11714) and a check character.
func creditCode(c *chance, kind, region string) string {
	body := []byte("YY")
	for range 6 {
		body = append(body, organisationAlphabet[c.n(len(organisationAlphabet))])
	}
	code := kind + region + string(body)
	code += string(organisationCheck(string(body)))
	return code + string(creditCheck(code))
}

func organisationCheck(body string) byte {
	weights := [...]int{3, 7, 9, 10, 5, 8, 4, 2}
	sum := 0
	for i := range 8 {
		value := int(body[i] - '0')
		if body[i] >= 'A' {
			value = int(body[i]-'A') + 10
		}
		sum += value * weights[i]
	}
	return "0123456789X"[(11-sum%11)%11]
}

func creditCheck(code string) byte {
	sum, weight := 0, 1
	for i := range 17 {
		sum += strings.IndexByte(organisationAlphabet, code[i]) * weight
		weight = weight * 3 % 31
	}
	return organisationAlphabet[(31-sum%31)%31]
}

func phoneNumber(c *chance, country string) string {
	if country == "CN" {
		return "154" + c.digits(8)
	}
	return "+" + dialling[country] + "000" + c.digits(8)
}

var dialling = map[string]string{
	"US": "1", "CA": "1", "RU": "7", "FR": "33", "ES": "34", "IT": "39", "AT": "43", "GB": "44", "DE": "49", "MX": "52", "BR": "55", "AU": "61", "ID": "62",
	"JP": "81", "KR": "82", "TR": "90", "HK": "852", "TW": "886",
}

// asWritten is a Chinese mobile number in one of the ways people type it.
func asWritten(c *chance, phone string) string {
	if !strings.HasPrefix(phone, "154") {
		return phone
	}
	switch c.weighted(50, 20, 10, 10, 10) {
	case 1:
		return phone[:3] + " " + phone[3:7] + " " + phone[7:]
	case 2:
		return "+86-" + phone[:3] + "-" + phone[3:7] + "-" + phone[7:]
	case 3:
		return "+86 " + phone
	case 4:
		return "0086" + phone
	}
	return phone
}

func bankCard(c *chance) string { return "629999" + c.digits(13) }

func cardAsWritten(c *chance, card string) string {
	if c.percent(70) {
		return card
	}
	return card[:4] + " " + card[4:8] + " " + card[8:12] + " " + card[12:16] + " " + card[16:]
}

func mailbox(c *chance, name string) string {
	host := pick(c, []string{"mail", "inbox", "post", "corp"})
	if name == "" {
		return fmt.Sprintf("%s%s@%s.example", pick(c, []string{"shop", "sales", "info", "store", "x"}), c.digits(c.between(4, 6)), host)
	}
	return fmt.Sprintf("%s%s@%s.example", strings.ToLower(name), c.digits(3), host)
}

// Freight agents' addresses, a payment aggregator's card and a shop-management service's device are shared by accounts
// that have nothing to do with each other. Who links sellers must not link by them.
var freightAgents = []string{
	"广州市白云区太和镇云顺集运仓 %s",
	"深圳市龙岗区平湖华捷集货中心 %s",
	"Unit 4, Alder Freight Yard, Feltham TW13 %s",
}

const (
	aggregatorCard = "6299990000000000154"
	serviceDevice  = "5e1f5e1f00001540"
)

// syllable is a Chinese character for names and how it is read.
type syllable struct{ han, pinyin string }

var (
	nameFirst = []syllable{
		{"跃", "Yue"}, {"岚", "Lan"}, {"钧", "Jun"}, {"梵", "Fan"}, {"屹", "Yi"}, {"聿", "Yu"}, {"珩", "Heng"}, {"澈", "Che"}, {"野", "Ye"}, {"拾", "Shi"},
		{"庚", "Geng"}, {"叙", "Xu"}, {"墨", "Mo"}, {"砚", "Yan"}, {"沐", "Mu"}, {"苒", "Ran"}, {"骁", "Xiao"}, {"翎", "Ling"}, {"泊", "Bo"}, {"霁", "Ji"},
		{"稷", "Ji"}, {"攸", "You"}, {"晟", "Sheng"}, {"弈", "Yi"}, {"禾", "He"}, {"栎", "Li"}, {"箬", "Ruo"}, {"漱", "Shu"}, {"昀", "Yun"}, {"锵", "Qiang"},
	}
	nameSecond = []syllable{
		{"岩", "yan"}, {"步", "bu"}, {"桥", "qiao"}, {"垣", "yuan"}, {"舟", "zhou"}, {"岭", "ling"}, {"坞", "wu"}, {"棠", "tang"}, {"渡", "du"}, {"岫", "xiu"},
		{"里", "li"}, {"原", "yuan"}, {"塘", "tang"}, {"溪", "xi"}, {"麓", "lu"}, {"屿", "yu"}, {"栈", "zhan"}, {"汀", "ting"}, {"堡", "bao"}, {"川", "chuan"},
		{"榕", "rong"}, {"矶", "ji"}, {"浦", "pu"}, {"谷", "gu"}, {"巷", "xiang"}, {"岸", "an"}, {"枫", "feng"}, {"堤", "di"}, {"埠", "bu"}, {"衡", "heng"},
	}
	surnames = []syllable{
		{"林", "Lin"}, {"陈", "Chen"}, {"黄", "Huang"}, {"郑", "Zheng"}, {"吴", "Wu"}, {"许", "Xu"}, {"蔡", "Cai"}, {"杨", "Yang"}, {"刘", "Liu"}, {"张", "Zhang"},
		{"王", "Wang"}, {"李", "Li"}, {"周", "Zhou"}, {"胡", "Hu"}, {"沈", "Shen"}, {"罗", "Luo"}, {"谢", "Xie"}, {"潘", "Pan"}, {"叶", "Ye"}, {"戴", "Dai"},
	}
	givenNames = []syllable{
		{"志强", "Zhiqiang"}, {"建华", "Jianhua"}, {"丽", "Li"}, {"国荣", "Guorong"}, {"秀英", "Xiuying"}, {"浩", "Hao"}, {"伟明", "Weiming"}, {"小燕", "Xiaoyan"},
		{"金水", "Jinshui"}, {"文彬", "Wenbin"}, {"美玲", "Meiling"}, {"海生", "Haisheng"}, {"雪梅", "Xuemei"}, {"俊", "Jun"}, {"阿福", "Afu"}, {"春兰", "Chunlan"},
	}
)

// inventedName is a name of two characters, such as workshops give themselves and their own labels.
func inventedName(c *chance) (han, pinyin string) {
	a, b := pick(c, nameFirst), pick(c, nameSecond)
	return a.han + b.han, a.pinyin + b.pinyin
}

// handle is a made-up Latin word for shop names and watermarks.
func handle(c *chance) string {
	const heads, tails = "bdfghklmnprstvz", "aeiou"
	n := c.between(2, 3)
	b := make([]byte, 0, 8)
	for range n {
		b = append(b, heads[c.n(len(heads))], tails[c.n(len(tails))])
	}
	b = append(b, pick(c, []string{"n", "r", "s", "l", "", ""})...)
	b[0] -= 'a' - 'A'
	return string(b)
}
