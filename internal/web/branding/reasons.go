package branding

import (
	"fmt"
	"strings"

	"github.com/ownmark/ownmark/internal/cultivate"
)

// reasons are the sentences of engine/clearance in Chinese. A test holds them against the engine's.
var reasons = map[string]string{
	"“%s” and “%s” are the same name.":                                                            "“%s”与“%s”名称相同。",
	"One of “%s” and “%s” holds the whole of the other.":                                          "“%s”与“%s”，一个完整包含另一个。",
	"“%s” and “%s” look alike (%d of 100).":                                                       "“%s”与“%s”字形近似（%s/100）。",
	"“%s” and “%s” sound alike: one is how the other would be written in characters (%d of 100).": "“%s”与“%s”读音近似：一个像是另一个的汉字音译（%s/100）。",
	"“%s” and “%s” sound alike in Mandarin (%d of 100).":                                          "“%s”与“%s”普通话读音近似（%s/100）。",
	"“%s” and “%s” sound alike (%d of 100).":                                                      "“%s”与“%s”读音近似（%s/100）。",
	"A word that tells “%s” apart comes back in “%s”.":                                            "“%s”的显著部分在“%s”中重现。",
	"“%s” and “%s” are alike in parts only (%d of 100).":                                          "“%s”与“%s”仅部分近似（%s/100）。",
	"This mark is also known as “%s”.":                                                            "该商标又称“%s”。",
	"“%s” and “%s” mean the same.":                                                                "“%s”与“%s”含义相同。",
	"The logos are near copies of one another (%d of 100).":                                       "标志几乎相同（%s/100）。",
	"The goods are in the same similar group.":                                                    "商品属于同一类似群。",
	"The classes of one of them are not known; the goods may be alike.":                           "其中一方的类别不明，商品可能类似。",
	"The goods are in the same class.":                                                            "商品属于同一类别。",
	"The goods are in other classes, which are often found similar (%d of 100).":                  "商品类别不同，但常被认定为类似（%s/100）。",
	"The goods are far apart.":                                                                    "商品相差较远。",
	"The mark is widely known, so that other goods conflict too.":                                 "该商标知名度高，其他商品上也可能冲突。",
	"In so short a name each letter tells.":                                                       "名称很短，每个字母都有分量。",
}

// sentence is a kept reason in a language.
func sentence(language string, why cultivate.SaidWhy) string {
	format := strings.ReplaceAll(why.Says, "%d", "%s")
	if chinese := reasons[why.Says]; language == "zh" && chinese != "" {
		format = chinese
	}
	args := make([]any, len(why.Args))
	for i, a := range why.Args {
		args[i] = a
	}
	return fmt.Sprintf(format, args...)
}
