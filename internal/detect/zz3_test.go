package detect
import ("testing";"github.com/ownmark/ownmark/internal/market")
func TestScratchTitles(t *testing.T){
 _,brands:=development(t)
 s,_:=NewScanner(brands,today)
 for _,r:=range []struct{t,c string;p float64}{
 {"Coach Leather Tote Bag Brown","bags",40},{"COACH SIGNATURE CROSSBODY","bags",35},{"Vans Low Top Skate Shoes Black","shoes",15},{"Omega Seamaster Diver 300M Blue Dial","watches",120},{"Omega Speedmaster Professional","watches",120},
 {"Puma RS-X Sneakers","shoes",14},{"Champion Reverse Weave Hoodie","apparel",8},{"Converse Run Star Hike","shoes",15},{"Supreme Box Logo Hoodie Red","apparel",20},{"Supreme Hoodie","apparel",20},{"Apple Watch Series 9","watches",35},{"Diesel Jeans Slim","apparel",20},
 {"Guess Handbag Women","bags",12},{"Guess watch gold","watches",12},{"Fossil Chronograph Watch Brown Leather","watches",20},{"Off-White Arrow T-Shirt","apparel",25},{"Gap Hoodie","apparel",5},{"Air Jordan 1 Retro High OG Chicago","shoes",60},{"Air Jordan 1 Retro High OG Chicago","shoes",95},{"Nike Dunk Low Panda","shoes",40},{"Yeezy Boost 350 V2 Zebra","shoes",60},{"LV Keepall 45","bags",150},{"Gucci Ace Sneakers","shoes",90},
 {"Gucci G-Timeless Watch","watches",70},{"Dior B23 High Top","shoes",90},{"Rolex Datejust 41 Blue Jubilee","watches",150},{"AP Royal Oak 15400 Blue Dial","watches",150},{"MK Jet Set Tote","bags",20},{"Travis Scott x Air Jordan 1 Low","shoes",95},{"Chanel No 5 100ml","beauty",25},{"MAC Ruby Woo lipstick","beauty",4},{"Nike kids socks 3 pack","apparel",9},{"Nike slides Victori One","shoes",25},{"Louis Vuitton keychain","accessories",220},{"Nike Air Max 90 women","shoes",80},{"LV Monogram Scarf","accessories",30},{"Hermes Birkin 30 Togo Gold","bags",300},
 }{ p:=r.p; l:=market.Listing{ID:"x",Title:r.t,Price:&p,Currency:"USD",Category:r.c,Seller:market.Seller{ID:"Sx"}}
  v:=s.Scan(&l); t.Logf("%-40s %-8s $%-5g %-7s %.2f %s",r.t,r.c,r.p,v.Verdict,v.Score,v.Brand); if v.Verdict==Clear { for _,g:=range v.Signals { t.Logf("      %+.2f %s: %s",g.Weight,g.Name,g.Evidence)}}}
}
