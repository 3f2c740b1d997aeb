package text

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/ownmark/ownmark/engine/text/internal/letters"
)

func TestFindChinese(t *testing.T) {
	m := mustMatcher(t, Options{}, append(plainNames("耐克", "阿迪达斯", "爱马仕", "波司登", "苏泊尔", "迪奥", "珀莱雅", "普拉达", "鸿星尔克", "始祖鸟", "蒙口", "回力",
		"李宁", "路易威登", "乔丹AJ", "小米"), Name{"苹果", true}, Name{"万代", true})...)
	for _, c := range []struct {
		text string
		want []found
	}{
		{"愛馬仕包", []found{{"爱马仕", "愛馬仕", Variant}}},
		{"爱.马.仕 手缝", []found{{"爱马仕", "爱.马.仕", Spaced}}},
		{"耐 / 克 空军一号", []found{{"耐克", "耐 / 克", Spaced}}},
		{"耐🔥克 板鞋", []found{{"耐克", "耐🔥克", Invisible}}},
		{"耐\u200b克", []found{{"耐克", "耐\u200b克", Invisible}}},
		{"阿迪达丝 三条杠", []found{{"阿迪达斯", "阿迪达丝", Homophone}}},
		{"波斯登极寒羽绒服", []found{{"波司登", "波斯登", Homophone}}},
		{"苏泊儿不粘锅", []found{{"苏泊尔", "苏泊儿", Homophone}}},
		{"迪傲 旷野男士香水", []found{{"迪奥", "迪傲", Homophone}}},
		{"珀菜雅 双抗精华", []found{{"珀莱雅", "珀菜雅", Homoglyph}}},
		{"普拉哒 尼龙三合一", []found{{"普拉达", "普拉哒", Homophone}}},
		{"鸿星尓克 板鞋", []found{{"鸿星尔克", "鸿星尓克", Homoglyph}}},
		{"回カ经典款", []found{{"回力", "回カ", Homoglyph}}},
		{"木子宁 跑鞋", []found{{"李宁", "木子宁", Split}}},
		{"shi zu niao 冲锋衣", []found{{"始祖鸟", "shi zu niao", Homophone}}},
		{"meng kou 羽绒服", []found{{"蒙口", "meng kou", Homophone}}},
		{"路易威登包 路易威鄧", []found{{"路易威登", "路易威登", 0}, {"路易威登", "路易威鄧", Homophone}}},
		{"乔丹AJ1", []found{{"乔丹AJ", "乔丹AJ", 0}}},
		{"里宁静的小路", nil},
		{"没有耐克制的", []found{{"耐克", "耐克", 0}}},
		{"苹果树苗 苹果手机", []found{{"苹果", "苹果", 0}}},
		{"千秋万代传承", nil},
		{"这双鞋耐,克重足", nil},
	} {
		if diff := cmp.Diff(c.want, find(m, c.text)); diff != "" {
			t.Errorf("%q: %s", c.text, diff)
		}
	}
}

// TestChineseDisguises writes Chinese names in other characters and counts what is found.
func TestChineseDisguises(t *testing.T) {
	table := letters.Shared()
	var names []Name
	for _, n := range append(brandNames(t), shopNames(t)...) {
		names = append(names, Name{Text: n.Text})
	}
	m := mustMatcher(t, Options{}, names...)
	sounds := map[uint16][]rune{}
	traditional := map[rune]rune{}
	for r := rune(0x4e00); r < 0x9fa0; r++ {
		cell := table.Of(r)
		if cell.Sound != 0 && cell.Flags&letters.Variant == 0 {
			sounds[cell.Sound] = append(sounds[cell.Sound], r)
		}
		if cell.Flags&letters.Variant != 0 {
			traditional[cell.Fold] = r
		}
	}
	write := map[string]func(r *rand.Rand, s []rune) []rune{
		"one homophone": func(r *rand.Rand, s []rune) []rune {
			i := r.IntN(len(s))
			alike := sounds[table.Of(s[i]).Sound]
			if len(alike) < 2 {
				return nil
			}
			s[i] = alike[r.IntN(len(alike))]
			return s
		},
		"traditional": func(_ *rand.Rand, s []rune) []rune {
			changed := false
			for i := range s {
				if x := traditional[s[i]]; x != 0 {
					s[i], changed = x, true
				}
			}
			if !changed {
				return nil
			}
			return s
		},
		"separator": func(r *rand.Rand, s []rune) []rune {
			by := []rune(".*·-/ ")[r.IntN(6)]
			var out []rune
			for i, x := range s {
				if i > 0 {
					out = append(out, by)
				}
				out = append(out, x)
			}
			return out
		},
	}
	floors := map[string]float64{"one homophone": 0.8, "traditional": 0.95, "separator": 0.95}
	for kind, change := range write {
		r := rand.New(rand.NewPCG(5, 6))
		tried, hits := 0, 0
		for id := range names {
			n := &m.names[id]
			if len(n.han) < 2 || table.Of(n.han[0]).Sound == 0 || table.Of(n.han[len(n.han)-1]).Sound == 0 {
				continue
			}
			changed := change(r, append([]rune(nil), n.han...))
			if changed == nil || string(changed) == string(n.han) {
				continue
			}
			tried++
			text := fmt.Sprintf([]string{"%s 运动鞋 男款", "正品 %s 包邮", "%s女包2024新款"}[id%2], string(changed))
			for _, x := range m.Find(nil, text) {
				if x.Name == id || m.names[x.Name].text == n.text || string(m.names[x.Name].han) == string(n.han) {
					hits++
					break
				}
			}
		}
		recall := float64(hits) / float64(tried)
		t.Logf("%-14s %6.2f %% of %d", kind, 100*recall, tried)
		if recall < floors[kind] {
			t.Errorf("%s: recall %.3f is below %.2f", kind, recall, floors[kind])
		}
	}
}

func TestOrdinaryChinese(t *testing.T) {
	m := mustMatcher(t, Options{}, brandNames(t)...)
	for _, text := range []string{
		"今天天气很好,我们去公园散步吧", "完美的设计,精美的包装,优美的线条", "这款锅具适合各种炉灶使用,清洗方便", "高品质面料,舒适透气,适合春夏穿着", "现货速发,七天无理由退换货",
		"请按照说明书安装,如有疑问请联系客服", "儿童益智玩具,锻炼孩子的动手能力", "纯手工制作,每一件都是独一无二的", "耐磨防滑的鞋底,走路更安全", "这条裤子版型很好,显瘦又百搭",
		"大米小麦玉米高粱,五谷杂粮营养丰富", "会里面有很多人,他们都在等你", "特别不错的选择,没的说", "安他一个罪名,理应受罚", "回来力气大了不少,比以前更有精神",
	} {
		for _, f := range find(m, text) {
			t.Errorf("%q: %v is no mention", text, f)
		}
	}
}
