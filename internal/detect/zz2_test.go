package detect
import ("testing";"github.com/ownmark/ownmark/internal/market")
func TestScratchAmbiguous(t *testing.T){
 cases,brands:=development(t)
 c,_:=compile(brands)
 for _,k:=range cases { l:=k.Listing; w:=new(work); w.read(c,&l,today)
  for _,m:=range w.mentions { if m.slight && m.kind<lineEntry { b:=c.brands[m.brand]; in:=b.categories[l.Category]; t.Logf("%s %s role %d in=%v field=%s %q by %s | %s",k.Label.Label,k.Label.Trick,m.role,in,m.field,quote(&l,span{m.field,m.start,m.end,-1}),b.name,l.Title)} } }
 _ = market.Listing{}
}
