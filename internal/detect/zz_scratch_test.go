package detect
import ("testing";"math";"math/rand/v2";"github.com/ownmark/ownmark/internal/market";"fmt";"sort")
func TestScratchCatalogue(t *testing.T){
 cases,brands:=development(t)
 m,err:=Train(cases,brands,today); if err!=nil{t.Fatal(err)}
 t.Logf("review %v fake %v bias %v cal %+v",m.Review,m.Fake,m.Bias,m.Calibration)
 names:=[]string{}; for k:=range m.Weights{names=append(names,k)}; sort.Strings(names)
 for _,f:=range priors{ t.Logf("  %-26s prior %5.2f  fitted %5.2f",f.Name,f.Prior,m.Weights[f.Name]) }
 s,_:=NewScannerWith(brands,today,m)
 r:=rand.New(rand.NewPCG(1,2))
 for _,seller:=range []string{"S-nobody",""} {
 flagged,total:=0,0
 per:=map[string]int{}
 for _,b:=range brands{ for c,p:=range b.Prices{ sigma:=math.Log(p.Typical/p.Low)/1.645
  for range 40 { price:=p.Typical*math.Exp(-sigma*r.NormFloat64()); l:=market.Listing{ID:"x",Title:b.Name+" item model 12",Price:&price,Currency:p.Currency,Category:c,Seller:market.Seller{ID:market.SellerID(seller)}}
   total++; if v:=s.Scan(&l); v.Verdict!=Clear {flagged++; per[string(b.ID)+c]++} } }}
 t.Logf("seller %q genuine flagged %d of %d",seller,flagged,total)
 for _,ratio:=range []float64{0.05,0.1,0.2,0.3,0.4,0.5,0.6,0.7,0.8,1}{
  flagged,total=0,0
  for _,b:=range brands{ for c,p:=range b.Prices{ price:=p.Low*ratio; l:=market.Listing{ID:"x",Title:b.Name+" item model 12",Price:&price,Currency:p.Currency,Category:c,Seller:market.Seller{ID:market.SellerID(seller)}}
   total++; if v:=s.Scan(&l); v.Verdict!=Clear {flagged++} else if ratio==0.2 {per[b.Name+"/"+c]++} } }
  t.Log(fmt.Sprintf("  ratio to low %.2f: %d of %d",ratio,flagged,total))
 }
 t.Log(per)
 }
}
