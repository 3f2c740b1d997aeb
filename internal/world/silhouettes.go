package world

// silhouettes draw each kind of goods. A model's proportions come from its own stream of chance, in the order they are
// asked for, so a model looks the same in each of its pictures.
var silhouettes = map[string]func(*subject){
	"running": func(s *subject) { s.shoe(0, s.between(70, 105)) }, "skate": func(s *subject) { s.shoe(0, s.between(44, 58)) },
	"hightop": func(s *subject) { s.shoe(130, s.between(44, 60)) },
	"boot":    (*subject).boot, "sandal": (*subject).sandal,
	"tee": (*subject).tee, "hoodie": (*subject).hoodie, "jacket": (*subject).jacket, "jeans": (*subject).jeans,
	"tote": (*subject).tote, "shoulder": (*subject).shoulderBag, "backpack": (*subject).backpack,
	"blocks": (*subject).blocks, "plush": (*subject).plush, "car": (*subject).car, "figure": (*subject).figure,
	"earbuds": (*subject).earbuds, "headphones": (*subject).headphones, "speaker": (*subject).speaker, "phone": (*subject).phone,
	"card": (*subject).card, "camera": (*subject).camera, "powerbank": (*subject).powerbank, "gamepad": (*subject).gamepad,
	"kettle": (*subject).kettle, "hairdryer": (*subject).hairdryer, "vacuum": (*subject).vacuum, "coffee": (*subject).coffee,
	"cooker": (*subject).cooker, "filter": (*subject).filter,
	"watch": (*subject).watch, "smartwatch": (*subject).smartwatch,
	"cream": (*subject).cream, "lipstick": (*subject).lipstick, "perfume": (*subject).perfume, "serum": (*subject).serum,
	"case": (*subject).phoneCase, "sunglasses": (*subject).sunglasses, "scarf": (*subject).scarf, "bracelet": (*subject).bracelet,
	"cap": (*subject).cap, "wallet": (*subject).wallet,
	"book": (*subject).book, "mug": (*subject).mug, "food": (*subject).food, "plant": (*subject).plant,
}

var (
	ink   = rgb(0x1d1f24)
	paper = rgb(0xfaf9f6)
	steel = rgb(0xb8bec6)
)

// shadow is where the goods touch the ground.
func (s *subject) shadow(x, y, rx float64) {
	s.glow(ink, x, y, rx*1.15, rx*0.16, 0.42)
	s.glow(ink, x, y, rx*0.85, rx*0.07, 0.5)
}

func (s *subject) shoe(tall, sole float64) {
	toe, heel := s.between(545, 590), s.between(-18, 14)
	base := 690.0
	s.shadow(480, base+sole, 440)
	// Midsole and outsole.
	kick := s.between(0, 26)
	s.shade(s.second.lit(0.12), s.second.lit(-0.18), smooth(110, base-8-kick*0.4, 130, base+sole*0.55, 180, base+sole-6, 480, base+sole-10, 780, base+sole-4, 856, base+sole*0.6, 850, base-14, 700, base-26, 480, base-18, 250, base-14))
	s.shade(s.third.lit(-0.2), s.third.lit(-0.4), smooth(150, base+sole-16, 470, base+sole-20, 800, base+sole-16, 840, base+sole-2, 770, base+sole+10, 200, base+sole+10, 140, base+sole-4))
	if sole > 66 {
		for i := range 5 {
			x := 520 + float64(i)*62
			s.fill(s.second.lit(-0.22), stroke(7, x, base+sole*0.25, x+26, base+sole*0.62)...)
		}
	}
	// Lining seen over the collar, then the upper.
	s.fill(s.main.lit(-0.55), smooth(520, 405-tall, 600, 395-tall, 700, 400-tall, 780, 425-tall, 750, 480-tall, 600, 490-tall))
	upper := smooth(118, base, 128, toe+40, 190, toe, 290, toe-34, 390, 478, 462, 412-tall*0.7, 500, 366-tall, 560, 362-tall, 600, 440-tall, 680, 462-tall, 748, 432-tall, 796, 388-tall+heel, 828, 440-tall*0.6, 826, 540, 846, base-6, 700, base-12, 400, base-2)
	s.shade(s.main.lit(0.16), s.main.lit(-0.12), upper)
	// Toe cap, heel and eyestay.
	trim := s.main.lit(-0.22)
	if s.proportions.n(2) == 0 {
		trim = s.second.mixed(s.main, 0.25)
	}
	s.shade(trim.lit(0.12), trim.lit(-0.1), smooth(122, base-4, 132, toe+42, 196, toe+2, 272, toe-22, 300, toe+48, 312, base-6))
	s.shade(trim.lit(0.05), trim.lit(-0.16), smooth(706, base-12, 700, 590, 736, 510-tall*0.4, 808, 460-tall*0.6, 826, 540, 842, base-8))
	s.shade(trim.lit(0.14), trim, smooth(300, toe-34, 398, 482, 470, 412-tall*0.7, 524, 430-tall*0.8, 470, 520-tall*0.3, 376, 590))
	// A line along the side, the model's own.
	bend := s.between(560, 640)
	s.fill(s.main.lit(-0.3).clear(0.5), curve(5, 330, base-30, 450, bend, 600, bend-30, 720, 500-tall*0.3)...)
	// Tongue and laces.
	s.shade(s.second.lit(0.06), s.second.lit(-0.16), smooth(464, 404-tall*0.8, 496, 346-tall, 560, 340-tall, 556, 382-tall, 512, 420-tall*0.8))
	lace := paper
	if s.main.bright() > 0.8 {
		lace = s.third.mixed(ink, 0.2)
	}
	n := 5 + int(tall/45)
	for i := range n {
		part := float64(i) / float64(n-1)
		x, y := 352+part*140, toe-40-part*(120+tall*0.75)
		s.fill(lace.lit(-0.35), stroke(15, x-26, y+2, x+42, y+46)...)
		s.fill(lace, stroke(12, x-26, y-2, x+42, y+42)...)
	}
	s.fill(s.main.lit(0.6).clear(0.22), smooth(170, toe+30, 250, toe-10, 330, toe-24, 300, toe+6, 220, toe+24))
	s.logo(600, 575, 92, contrast(s.main, s.second))
}

// contrast is a tint that can be read on another: the wanted one, or a dark or light one where it cannot.
func contrast(on, wanted tint) tint {
	if d := on.bright() - wanted.bright(); d > 0.22 || d < -0.22 {
		return wanted
	}
	if on.bright() > 0.5 {
		return ink
	}
	return paper
}

func (s *subject) boot() {
	shaft := s.between(230, 320)
	s.shadow(470, 780, 400)
	s.shade(s.third.lit(-0.25), s.third.lit(-0.45), smooth(120, 710, 160, 780, 420, 776, 560, 752, 600, 782, 800, 782, 812, 700, 600, 690, 300, 700))
	for i := range 9 {
		x := 170 + float64(i)*70
		s.fill(ink.clear(0.35), box(x, 762, x+28, 784, 4))
	}
	body := smooth(122, 718, 130, 640, 210, 585, 340, 552, 430, 500, 462, 400, 470, shaft+30, 500, shaft, 640, shaft-8, 780, shaft+4, 796, shaft+40, 780, 420, 790, 560, 806, 708, 560, 716, 300, 720)
	s.shade(s.main.lit(0.18), s.main.lit(-0.16), body)
	s.shade(s.main.lit(-0.1), s.main.lit(-0.24), smooth(130, 712, 136, 644, 214, 588, 300, 566, 330, 640, 326, 716))
	s.fill(s.second, smooth(470, shaft+22, 500, shaft-14, 640, shaft-22, 786, shaft-6, 792, shaft+30, 640, shaft+18, 520, shaft+20))
	s.fill(s.main.lit(-0.28).clear(0.6), curve(6, 560, 700, 566, 560, 600, 420, 640, shaft+30)...)
	for i := range 6 {
		y := 530 - float64(i)*(530-shaft-40)/6
		x := 400 + float64(i)*14
		s.fill(s.third.lit(-0.3), stroke(14, x, y+4, x+110, y+22)...)
		s.fill(contrast(s.main, paper), stroke(10, x, y, x+110, y+18)...)
		s.fill(steel, ellipse(x+114, y+20, 10, 10))
	}
	s.logo(690, 520, 76, s.main.lit(-0.4))
}

func (s *subject) sandal() {
	s.shadow(490, 790, 410)
	thick, buckle := s.between(34, 62), s.between(0, 1) > 0.4
	for pair, at := range []point{{60, -150}, {0, 0}} { // the left one behind
		x, y := at.x, at.y
		s.shade(s.third.lit(-0.15), s.third.lit(-0.4), smooth(96+x, 690+y, 110+x, 780+y, 300+x, 792+y, 600+x, 786+y, 840+x, 792+y, 886+x, 740+y, 860+x, 680+y, 480+x, 700+y))
		s.shade(s.second.lit(0.14), s.second.lit(-0.1), smooth(88+x, 690+y, 140+x, 650+y, 320+x, 672+y, 560+x, 650+y, 780+x, 620+y, 884+x, 648+y, 880+x, 690+y+thick*0.3, 600+x, 720+y+thick*0.4, 300+x, 730+y+thick*0.4, 120+x, 730+y+thick*0.2))
		for strap := range 2 {
			sx := x + 190 + float64(strap)*210
			top := y + 500 - float64(strap)*24
			s.fill(s.main.lit(-0.5), smooth(sx+30, 660+y, sx+60, top+60, sx+120, top+34, sx+176, top+64, sx+200, 650+y))
			s.shade(s.main.lit(0.22), s.main.lit(-0.14), smooth(sx-10, 740+y, sx+4, 620+y, sx+44, top+40, sx+104, top, sx+150, top+30, sx+128, 610+y, sx+140, 740+y))
			if buckle {
				s.shade(rgb(0xd0ad62).lit(0.2), rgb(0xd0ad62).lit(-0.2), ring(9, box(sx+40, 590+y, sx+104, 640+y, 8))...)
				s.fill(rgb(0xd0ad62), box(sx+30, 610+y, sx+70, 620+y, 4))
			}
		}
		if pair == 1 {
			s.logo(660, 700, 48, contrast(s.second, s.main))
		}
	}
}

func (s *subject) shirt(sleeve float64) path {
	return smooth(380, 190, 330, 206, 250, 240, 190, 290, 190-sleeve*0.32, 300+sleeve, 250-sleeve*0.2, 330+sleeve, 280, 400, 292, 460, 290, 640, 286, 810, 500, 824, 714, 810, 710, 640, 708, 460, 720, 400, 750+sleeve*0.2, 330+sleeve, 810+sleeve*0.32, 300+sleeve, 810, 290, 750, 240, 670, 206, 620, 190, 560, 232, 500, 244, 440, 232)
}

func (s *subject) tee() {
	s.glow(ink, 510, 540, 400, 400, 0.22)
	body := s.shirt(s.between(110, 150))
	s.shade(s.main.lit(0.1), s.main.lit(-0.1), body)
	s.fill(s.main.lit(-0.3), smooth(380, 190, 440, 196, 500, 200, 560, 196, 620, 190, 560, 234, 500, 246, 440, 234))
	s.fill(s.main.lit(-0.16), curve(12, 384, 196, 440, 238, 500, 250, 560, 238, 616, 196)...)
	s.fill(s.main.lit(-0.25).clear(0.4), curve(6, 286, 400, 300, 340, 296, 280)...)
	s.fill(s.main.lit(-0.25).clear(0.4), curve(6, 714, 400, 700, 340, 704, 280)...)
	s.fill(s.main.lit(-0.2).clear(0.25), curve(22, 380, 790, 400, 660, 370, 540)...)
	s.fill(s.main.lit(0.4).clear(0.16), curve(26, 600, 780, 590, 640, 640, 500)...)
	if s.proportions.n(3) == 0 { // an abstract print
		x, y := 500.0, 470.0
		for i := range 4 {
			s.fill([]tint{s.second, s.third, s.second.lit(-0.2), s.third.lit(0.3)}[i].clear(0.9), box(x-120+float64(i)*62, y-40-s.between(0, 70), x-70+float64(i)*62, y+s.between(30, 110), 10))
		}
		return
	}
	s.logo(600, 360, 64, contrast(s.main, s.second))
}

func (s *subject) hoodie() {
	s.glow(ink, 510, 560, 420, 420, 0.22)
	s.shade(s.main.lit(-0.06), s.main.lit(-0.2), s.shirt(s.between(330, 360)))
	s.shade(s.main.lit(0.12), s.main.lit(-0.1), smooth(340, 220, 300, 300, 288, 460, 288, 640, 286, 810, 500, 824, 714, 810, 712, 640, 712, 460, 700, 300, 660, 220, 500, 270))
	// The hood.
	s.shade(s.main.lit(0.05), s.main.lit(-0.2), smooth(350, 240, 370, 150, 430, 110, 500, 104, 570, 110, 630, 150, 650, 240, 580, 300, 500, 320, 420, 300))
	s.shade(s.main.lit(-0.55), s.main.lit(-0.4), smooth(410, 240, 424, 176, 500, 150, 576, 176, 590, 240, 540, 282, 500, 292, 460, 282))
	s.fill(paper.lit(-0.08), curve(9, 452, 290, 446, 360, 452, s.between(410, 470))...)
	s.fill(paper.lit(-0.08), curve(9, 548, 290, 556, 360, 546, s.between(410, 470))...)
	pocket := s.between(580, 610)
	s.fill(s.main.lit(-0.2), smooth(370, pocket+150, 366, pocket+80, 420, pocket, 500, pocket-6, 580, pocket, 634, pocket+80, 630, pocket+150, 500, pocket+158))
	s.fill(s.main.lit(-0.06), smooth(378, pocket+144, 374, pocket+84, 426, pocket+8, 500, pocket+2, 574, pocket+8, 626, pocket+84, 622, pocket+144, 500, pocket+150))
	s.shade(s.main.lit(-0.22), s.main.lit(-0.3), box(288, 786, 712, 826, 14))
	s.logo(598, 410, 66, contrast(s.main, s.second))
}

func (s *subject) jacket() {
	s.glow(ink, 510, 560, 430, 420, 0.24)
	rows := 6 + s.proportions.n(3)
	s.shade(s.main.lit(-0.1), s.main.lit(-0.25), s.shirt(350))
	for side := range 2 {
		for i := range rows {
			y := 240 + float64(i)*560/float64(rows)
			h := 560/float64(rows) + 8
			x0, x1 := 288.0, 494.0
			if side == 1 {
				x0, x1 = 506, 712
			}
			if i == 0 {
				if side == 0 {
					x0 += 30
				} else {
					x1 -= 30
				}
			}
			tone := s.main
			if i < 2 && s.main.bright() < 0.75 {
				tone = s.second.mixed(s.main, 0.55)
			}
			s.shade(tone.lit(0.28), tone.lit(-0.2), box(x0, y, x1, y+h, h*0.42))
		}
	}
	for side := range 2 {
		for i := range 5 {
			part := float64(i) / 4
			x, y := 235-part*90, 320+part*310
			if side == 1 {
				x = 1000 - x
			}
			s.shade(s.main.lit(0.2), s.main.lit(-0.22), ellipse(x, y, 62, 48))
		}
	}
	s.shade(s.main.lit(0.14), s.main.lit(-0.3), box(390, 150, 610, 250, 44))
	s.fill(s.main.lit(-0.5), box(430, 160, 570, 190, 15))
	s.fill(steel.lit(-0.1), box(495, 190, 505, 812, 4))
	s.fill(steel, box(490, 240, 510, 280, 6))
	s.logo(606, 352, 66, contrast(s.main, paper))
}

func (s *subject) jeans() {
	s.glow(ink, 510, 560, 330, 430, 0.22)
	flare := s.between(-14, 26)
	for side := range 2 {
		m := func(x float64) float64 {
			if side == 1 {
				return 1000 - x
			}
			return x
		}
		s.shade(s.main.lit(0.08), s.main.lit(-0.1), smooth(m(330), 150, m(318), 300, m(310), 500, m(300-flare), 870, m(390), 884, m(460+flare/2), 872, m(486), 520, m(504), 400, m(504), 150))
		s.shade(s.main.lit(0.4).clear(0.35), s.main.lit(0.1).clear(0), smooth(m(360), 330, m(400), 320, m(430), 460, m(410), 700, m(370), 640))
		s.fill(s.second.lit(-0.05).clear(0.6), curve(4, m(346), 180, m(360), 240, m(420), 262, m(430), 262)...)
	}
	s.shade(s.main.lit(-0.1), s.main.lit(-0.2), box(326, 128, 674, 178, 10))
	for i := range 4 {
		x := 360 + float64(i)*90
		s.fill(s.main.lit(0.1), box(x, 122, x+18, 190, 4))
	}
	s.fill(s.main.lit(-0.35), curve(5, 500, 178, 500, 300, 484, 360)...)
	s.fill(rgb(0xb58a4c), ellipse(500, 152, 13, 13))
	s.fill(rgb(0x8a5a35), box(586, 134, 650, 172, 4))
	s.logo(618, 153, 26, paper)
}

func (s *subject) tote() {
	s.shadow(500, 815, 370)
	top, wide := s.between(370, 420), s.between(0, 50)
	s.fill(s.second.lit(-0.3), curve(24, 352, top+10, 372, 200, 500, 140, 628, 200, 648, top+10)...)
	s.shade(s.main.lit(0.16), s.main.lit(-0.14), smooth(190-wide, top, 350, top-8, 650, top-8, 810+wide, top, 800, 600, 770, 806, 640, 818, 360, 818, 230, 806, 200, 600))
	s.shade(s.main.lit(-0.1), s.main.lit(-0.24), smooth(190-wide, top, 350, top-8, 650, top-8, 810+wide, top, 800, top+40, 500, top+46, 200, top+40))
	s.fill(s.second, curve(26, 330, top+120, 340, 240, 400, 150, 500, 120, 600, 150, 660, 240, 670, top+120)...)
	for _, x := range []float64{330, 670} {
		s.shade(s.second.lit(0.1), s.second.lit(-0.2), box(x-26, top+96, x+26, top+190, 12))
		s.fill(rgb(0xc9a45a), ellipse(x, top+122, 10, 10))
	}
	s.fill(s.second.clear(0.75), curve(5, 226, 760, 360, 778, 640, 778, 774, 760)...)
	if s.proportions.n(2) == 0 { // an allover pattern of the maker's own
		for row := range 4 {
			for column := range 6 {
				x, y := 280+float64(column)*88+float64(row%2)*44, top+90+float64(row)*82
				if x < 750 && y > top+60 {
					s.fill(s.second.clear(0.34), polygon(x, y-18, x+14, y, x, y+18, x-14, y))
				}
			}
		}
	}
	s.logo(500, top+150, 96, contrast(s.main, rgb(0xcfae66)))
}

func (s *subject) shoulderBag() {
	s.shadow(500, 800, 350)
	top := s.between(440, 480)
	chain := s.proportions.n(2) == 0
	if chain {
		for i := range 26 {
			part := float64(i) / 25
			x := 200 + part*600
			y := top - 20 - 1320*part*(1-part)
			s.fill(rgb(0xcfae66).lit(float64(i%2)*0.3-0.15), ring(7, ellipse(x, y, 20, 14))...)
		}
	} else {
		s.fill(s.main.lit(-0.2), curve(22, 200, top, 260, 260, 420, 150, 580, 150, 740, 260, 800, top)...)
	}
	s.shade(s.main.lit(0.05), s.main.lit(-0.2), box(170, top-20, 830, 800, 60))
	flap := s.between(640, 700)
	s.shade(s.main.lit(0.22), s.main.lit(-0.08), smooth(168, top+10, 200, top-34, 500, top-42, 800, top-34, 832, top+10, 820, flap-70, 700, flap, 500, flap+24, 300, flap, 180, flap-70))
	if s.proportions.n(2) == 0 { // quilting
		for i := range 8 {
			x := 190 + float64(i)*82
			s.fill(s.main.lit(-0.35).clear(0.35), stroke(4, x, top, min(x+200, 800), top+min(200, (800-x)))...)
			s.fill(s.main.lit(-0.35).clear(0.35), stroke(4, x+40, top, max(x-160, 200), top+min(200, x-160))...)
		}
	}
	s.fill(s.main.lit(-0.35).clear(0.5), curve(5, 184, flap-76, 300, flap-10, 500, flap+14, 700, flap-10, 816, flap-76)...)
	gold := rgb(0xd0ad62)
	s.shade(gold.lit(0.3), gold.lit(-0.2), box(452, flap-34, 548, flap+40, 18))
	s.logo(500, flap+2, 54, ink)
}

func (s *subject) backpack() {
	s.shadow(500, 840, 300)
	top := s.between(180, 220)
	s.fill(s.main.lit(-0.35), curve(24, 440, top+20, 450, 120, 500, 105, 550, 120, 560, top+20)...)
	s.fill(s.main.lit(-0.3), curve(46, 270, 380, 220, 560, 270, 800)...)
	s.fill(s.main.lit(-0.3), curve(46, 730, 380, 780, 560, 730, 800)...)
	s.shade(s.main.lit(0.16), s.main.lit(-0.16), smooth(272, 430, 290, 280, 370, top, 500, top-14, 630, top, 710, 280, 728, 430, 734, 700, 716, 826, 500, 842, 284, 826, 266, 700))
	s.fill(s.second.clear(0.9), curve(9, 292, 420, 330, 290, 500, 238, 670, 290, 708, 420)...)
	pocket := s.between(540, 590)
	s.shade(s.main.lit(0.08), s.main.lit(-0.26), box(318, pocket, 682, 814, 46))
	s.fill(s.second, box(340, pocket+36, 660, pocket+46, 5))
	s.fill(steel, box(628, pocket+30, 650, pocket+84, 6))
	s.fill(s.third.lit(-0.1), box(250, 660, 290, 800, 14), box(710, 660, 750, 800, 14))
	s.logo(500, 400, 86, contrast(s.main, s.second))
}

func (s *subject) blocks() {
	s.shadow(500, 800, 390)
	tints := []tint{s.main, s.second, s.third, s.main.lit(0.3), rgb(0xd8b13a), rgb(0x4d7fb0), rgb(0xb64a3c), rgb(0x58865f)}
	brick := func(x, y float64, studs int, t tint) {
		w := float64(studs) * 72
		for i := range studs {
			sx := x + 36 + float64(i)*72
			s.shade(t.lit(0.12), t.lit(-0.05), box(sx-22, y-20, sx+22, y+10, 6))
			s.fill(t.lit(0.3), ellipse(sx, y-18, 22, 7))
		}
		s.shade(t.lit(0.1), t.lit(-0.18), box(x, y, x+w-3, y+74, 5))
		s.fill(paper.clear(0.2), box(x+6, y+6, x+w-12, y+14, 3))
	}
	for row := range 6 {
		y := 720 - float64(row)*76
		x := 140 + float64(row)*36 + s.between(0, 30)
		for x < 820-float64(row)*60 {
			n := 1 + s.proportions.n(4)
			t := tints[s.proportions.n(len(tints))]
			if s.proportions.n(3) == 0 {
				t = s.main
			}
			brick(x, y, n, t)
			x += float64(n) * 72
		}
	}
	s.logo(330, 758, 40, paper)
}

func (s *subject) plush() {
	s.shadow(500, 840, 260)
	long := s.between(0, 1) > 0.5
	fur := s.main
	for _, m := range []float64{-1, 1} {
		if long {
			s.shade(fur.lit(0.05), fur.lit(-0.15), smooth(500+m*70, 330, 500+m*60, 190, 500+m*95, 90, 500+m*140, 120, 500+m*150, 230, 500+m*130, 340))
			s.fill(rgb(0xe9b9bd), smooth(500+m*88, 300, 500+m*84, 200, 500+m*104, 140, 500+m*124, 200, 500+m*116, 300))
		} else {
			s.shade(fur.lit(0.05), fur.lit(-0.2), ellipse(500+m*150, 210, 72, 70))
			s.fill(rgb(0xe9c9b9), ellipse(500+m*148, 216, 40, 38))
		}
		s.shade(fur.lit(-0.02), fur.lit(-0.25), ellipse(500+m*190, 600, 66, 120))
		s.shade(fur.lit(0.02), fur.lit(-0.28), ellipse(500+m*125, 790, 96, 66))
		s.fill(s.second.mixed(paper, 0.3), ellipse(500+m*132, 794, 50, 38))
	}
	s.shade(fur.lit(0.1), fur.lit(-0.2), ellipse(500, 650, s.between(180, 205), 180))
	s.shade(fur.mixed(paper, 0.55), fur.mixed(paper, 0.35), ellipse(500, 668, 118, 124))
	s.shade(fur.lit(0.2), fur.lit(-0.12), ellipse(500, 370, 205, s.between(175, 195)))
	s.shade(fur.mixed(paper, 0.7), fur.mixed(paper, 0.5), ellipse(500, 430, 96, 72))
	for _, m := range []float64{-1, 1} {
		s.fill(ink, ellipse(500+m*82, 356, 21, 25))
		s.fill(paper, ellipse(500+m*82+7, 347, 7, 8))
		s.glow(rgb(0xe58d8d), 500+m*130, 420, 46, 34, 0.6)
	}
	s.fill(ink.lit(0.2), smooth(476, 404, 524, 404, 500, 434))
	s.fill(ink.lit(0.2), curve(7, 468, 454, 500, 470, 532, 454)...)
	s.shade(s.second, s.second.lit(-0.2), smooth(420, 528, 500, 548, 580, 528, 590, 560, 500, 580, 410, 560))
	s.logo(500, 690, 60, s.third)
}

func (s *subject) car() {
	s.shadow(500, 720, 420)
	roof := s.between(340, 390)
	s.shade(s.main.lit(0.22), s.main.lit(-0.2), smooth(100, 640, 110, 560, 190, 510, 290, 490, 380, roof+20, 480, roof-10, 600, roof-6, 700, roof+40, 790, 500, 880, 530, 900, 640, 880, 690, 500, 700, 130, 690))
	s.shade(rgb(0x9db4c4), rgb(0x5d7282), smooth(332, 492, 400, roof+40, 486, roof+18, 506, roof+18, 506, 494))
	s.shade(rgb(0x9db4c4), rgb(0x5d7282), smooth(530, 494, 530, roof+18, 600, roof+22, 672, roof+56, 724, 494))
	s.fill(paper.clear(0.35), polygon(420, roof+44, 450, roof+34, 400, 486, 372, 486))
	s.fill(s.second, box(120, 600, 884, 618, 6))
	s.fill(s.main.lit(-0.35), curve(5, 518, roof+20, 520, 560, 510, 684)...)
	s.fill(rgb(0xf6e7b0), ellipse(124, 574, 26, 22))
	s.fill(rgb(0xb5352f), box(868, 552, 896, 592, 8))
	for _, x := range []float64{270, 730} {
		s.fill(ink, ellipse(x, 690, 92, 92))
		s.shade(steel.lit(0.3), steel.lit(-0.2), ellipse(x, 690, 54, 54))
		for i := range 5 {
			p := ellipse(x, 690, 36, 36)[i*48/5]
			s.fill(ink.lit(0.3), ellipse(p.x, p.y, 9, 9))
		}
		s.fill(s.second, ellipse(x, 690, 14, 14))
	}
	s.logo(620, 560, 56, contrast(s.main, s.second))
}

func (s *subject) figure() {
	s.shadow(500, 840, 230)
	skin := rgb([]uint32{0xf2d3bd, 0xe0b795, 0x8f6248, 0xd8e3dc}[s.proportions.n(4)])
	ears := s.proportions.n(3)
	s.shade(s.main.lit(0.1), s.main.lit(-0.25), smooth(390, 560, 500, 540, 610, 560, 640, 700, 616, 826, 500, 840, 384, 826, 360, 700))
	s.shade(skin, skin.lit(-0.15), ellipse(345, 650, 38, 66), ellipse(655, 650, 38, 66))
	s.fill(s.third.lit(-0.3), ellipse(436, 836, 62, 26), ellipse(564, 836, 62, 26))
	for _, m := range []float64{-1, 1} {
		switch ears {
		case 0:
			s.shade(s.main.lit(0.1), s.main.lit(-0.15), smooth(500+m*90, 230, 500+m*150, 110, 500+m*200, 130, 500+m*190, 270))
		case 1:
			s.shade(s.main.lit(0.1), s.main.lit(-0.15), ellipse(500+m*170, 210, 66, 66))
		}
	}
	s.shade(s.main.lit(0.2), s.main.lit(-0.15), ellipse(500, 370, 240, s.between(205, 230)))
	s.shade(skin.lit(0.15), skin.lit(-0.08), ellipse(500, 410, 180, 150))
	for _, m := range []float64{-1, 1} {
		s.fill(ink, ellipse(500+m*78, 400, 30, 36))
		s.fill(s.second.mixed(rgb(0x4b7fae), 0.6), ellipse(500+m*78, 408, 20, 24))
		s.fill(paper, ellipse(500+m*78+9, 388, 10, 12))
		s.glow(rgb(0xe9807f), 500+m*128, 462, 42, 30, 0.6)
	}
	s.fill(rgb(0xa2453f), curve(8, 474, 480, 500, 494, 526, 480)...)
	s.fill(paper.clear(0.35), smooth(380, 230, 460, 190, 480, 206, 410, 262))
	s.logo(500, 690, 80, contrast(s.main, s.second))
}

func (s *subject) earbuds() {
	s.shadow(500, 810, 330)
	shell := s.main.mixed(paper, 0.1)
	s.shade(shell.lit(-0.1), shell.lit(-0.3), box(220, 330, 780, 500, 80))
	s.fill(ink.clear(0.55), box(250, 440, 750, 520, 30))
	for _, m := range []float64{-1, 1} {
		x := 500 + m*125
		s.shade(shell.lit(0.3), shell.lit(-0.1), box(x-26, 400, x+26, 590, 24))
		s.shade(shell.lit(0.35), shell.lit(-0.15), ellipse(x, 386, 70, 62))
		s.fill(ink.lit(0.25), ellipse(x-m*34, 380, 22, 30))
		s.fill(s.second, box(x-8, 540, x+8, 570, 6))
	}
	s.shade(shell.lit(0.25), shell.lit(-0.22), box(200, 500, 800, 810, s.between(80, 140)))
	s.fill(paper.clear(0.25), box(240, 530, 760, 550, 10))
	s.fill(rgb(0x6fbf73), ellipse(500, 600, 9, 9))
	s.logo(500, 690, 80, contrast(shell, s.second))
}

func (s *subject) headphones() {
	s.shadow(500, 830, 300)
	s.fill(s.main.lit(-0.15), curve(64, 230, 560, 240, 300, 380, 160, 500, 140, 620, 160, 760, 300, 770, 560)...)
	s.fill(s.main.lit(0.2), curve(24, 250, 520, 262, 310, 390, 182, 500, 164, 610, 182, 738, 310, 750, 520)...)
	s.fill(s.second, curve(40, 380, 176, 440, 156, 500, 150, 560, 156, 620, 176)...)
	long := s.between(150, 185)
	for _, m := range []float64{-1, 1} {
		x := 500 + m*262
		s.shade(steel, steel.lit(-0.3), box(x-14, 440, x+14, 560, 8))
		s.shade(ink.lit(0.35), ink.lit(0.1), ellipse(x-m*44, 640, 70, long))
		s.shade(s.main.lit(0.22), s.main.lit(-0.22), ellipse(x+m*16, 640, 84, long-8))
		s.fill(s.second.clear(0.9), ring(9, ellipse(x+m*22, 640, 52, long-46))...)
	}
	s.logo(784, 640, 66, contrast(s.main, s.second))
}

func (s *subject) speaker() {
	s.shadow(500, 760, 400)
	s.shade(s.main.lit(0.2), s.main.lit(-0.3), box(130, 380, 870, 750, 180))
	for row := range 7 {
		for column := range 17 {
			x, y := 220+float64(column)*35+float64(row%2)*17, 430+float64(row)*44
			s.fill(ink.clear(0.28), ellipse(x, y, 9, 9))
		}
	}
	for _, x := range []float64{160, 840} {
		s.shade(s.second.lit(0.1), s.second.lit(-0.3), ellipse(x, 565, 54, s.between(150, 166)))
		s.shade(ink.lit(0.4), ink.lit(0.15), ellipse(x, 565, 30, 96))
	}
	s.fill(s.third, curve(14, 300, 380, 320, 320, 380, 310)...)
	s.fill(s.main.lit(-0.4), box(340, 520, 660, 620, 40))
	s.logo(500, 570, 78, contrast(s.main.lit(-0.4), s.second))
}

func (s *subject) phoneShape(x float64, t tint, radius float64) {
	s.shade(t.lit(-0.35), t.lit(-0.45), box(x-176, 136, x+176, 834, radius+6))
	s.shade(t.lit(0.14), t.lit(-0.12), box(x-168, 142, x+168, 828, radius))
}

func (s *subject) phone() {
	s.shadow(520, 835, 310)
	radius := s.between(40, 66)
	// Back to the left behind, screen to the right in front.
	s.phoneShape(360, s.main, radius)
	s.shade(s.main.lit(0.05), s.main.lit(-0.22), box(214, 166, 380, 360, 44))
	for i := range 2 + s.proportions.n(2) {
		x, y := 258.0+float64(i%2)*82, 214+float64(i/2)*88
		s.fill(ink, ellipse(x, y, 34, 34))
		s.fill(rgb(0x39455a), ellipse(x, y, 20, 20))
		s.fill(paper.clear(0.7), ellipse(x-8, y-8, 5, 5))
	}
	s.logo(330, 500, 70, contrast(s.main, s.second))
	s.shade(ink.lit(0.1), ink, box(442, 160, 790, 846, radius))
	a, b := s.main.mixed(rgb(0x6a86c9), 0.55), s.second.mixed(rgb(0xd9866a), 0.5)
	s.shade(a.lit(0.25), b, box(454, 172, 778, 834, radius-10))
	s.fill(paper.clear(0.16), smooth(454, 600, 560, 480, 700, 560, 778, 420, 778, 834, 454, 834))
	s.fill(ink, box(586, 186, 646, 204, 9))
}

func (s *subject) phoneCase() {
	s.shadow(500, 840, 240)
	soft := s.main
	s.phoneShape(500, soft, 60)
	s.fill(soft.lit(0.3).clear(0.4), ring(12, box(340, 152, 660, 820, 52))...)
	s.shade(ink.lit(0.2), ink.lit(0.08), box(356, 166, s.between(520, 560), 350, 46))
	for i := range 3 {
		s.fill(rgb(0x4a5364), ellipse(404+float64(i%2)*80, 214+float64(i/2)*80, 26, 26))
	}
	if s.proportions.n(2) == 0 {
		s.fill(s.second.clear(0.85), ring(18, ellipse(500, 560, 110, 110))...)
	} else {
		for i := range 3 {
			s.fill(s.second.clear(0.8), box(380, 480+float64(i)*90, 620, 520+float64(i)*90, 20))
		}
	}
	s.fill(paper.clear(0.18), polygon(600, 145, 655, 145, 420, 825, 365, 825))
	s.logo(500, 740, 50, contrast(s.main, s.third))
}

func (s *subject) card() {
	s.shadow(500, 790, 280)
	s.shade(s.main.lit(-0.3), s.main.lit(-0.4), polygon(282, 166, 640, 166, 726, 262, 726, 796, 282, 796))
	s.shade(s.main.lit(0.12), s.main.lit(-0.12), polygon(276, 160, 632, 160, 718, 256, 718, 788, 276, 788))
	s.shade(s.second.lit(0.1), s.second.lit(-0.1), box(310, 300, 686, 560, 16))
	for i := range 6 {
		x := 312 + float64(i)*48
		s.fill(rgb(0xd8b86a), box(x, 180, x+28, 262, 5))
	}
	s.fill(s.third.lit(-0.2), box(310, 590, 560, 620, 8), box(310, 640, s.between(450, 640), 664, 8))
	s.fill(paper.clear(0.8), box(310, 690, 400, 740, 10))
	s.logo(498, 430, 130, contrast(s.second, s.main))
}

func (s *subject) camera() {
	s.shadow(500, 770, 370)
	hump := s.between(250, 300)
	s.shade(s.main.lit(0.2), s.main.lit(-0.1), smooth(370, 350, 410, hump, 590, hump, 630, 350))
	s.shade(s.main.lit(0.12), s.main.lit(-0.25), box(150, 340, 850, 760, 50))
	s.shade(s.second.lit(0.1), s.second.lit(-0.1), box(150, 340, 850, 420, 40))
	s.shade(ink.lit(0.2), ink.lit(0.1), box(170, 420, 290, 750, 40))
	s.fill(steel, box(210, 310, 290, 346, 8), box(700, 316, 770, 346, 8))
	s.fill(rgb(0xb5352f), ellipse(330, 380, 12, 12))
	r := s.between(165, 190)
	s.shade(ink.lit(0.3), ink, ellipse(530, 580, r, r))
	s.fill(steel.lit(-0.2), ring(10, ellipse(530, 580, r-16, r-16))...)
	s.shade(rgb(0x2a3347), rgb(0x141822), ellipse(530, 580, r-44, r-44))
	s.shade(rgb(0x6d8ac0).clear(0.7), rgb(0x1b2030).clear(0.2), ellipse(520, 566, r-84, r-84))
	s.fill(paper.clear(0.6), ellipse(486, 530, 24, 16))
	s.logo(500, hump+60, 44, contrast(s.main, paper))
}

func (s *subject) powerbank() {
	s.shadow(500, 830, 250)
	s.shade(s.main.lit(-0.3), s.main.lit(-0.42), box(306, 172, 706, 836, s.between(30, 90)))
	s.shade(s.main.lit(0.18), s.main.lit(-0.16), box(296, 164, 690, 828, 60))
	s.fill(ink.lit(0.2), box(380, 186, 470, 214, 12), box(520, 190, 590, 210, 10))
	for i := range 4 {
		s.fill(rgb(0x8fd0a0).clear(1-float64(i)*0.22), ellipse(420+float64(i)*46, 300, 9, 9))
	}
	s.fill(paper.clear(0.16), polygon(600, 164, 660, 164, 460, 828, 400, 828))
	s.logo(493, 560, 120, contrast(s.main, s.second))
}

func (s *subject) gamepad() {
	s.shadow(500, 760, 380)
	s.shade(s.main.lit(0.2), s.main.lit(-0.2), smooth(170, 420, 260, 340, 400, 340, 500, 356, 600, 340, 740, 340, 830, 420, 890, 640, 862, 760, 780, 760, 690, 640, 600, 610, 500, 606, 400, 610, 310, 640, 220, 760, 138, 760, 110, 640))
	s.shade(s.second.lit(0.1), s.second.lit(-0.15), smooth(390, 350, 500, 362, 610, 350, 620, 460, 500, 480, 380, 460))
	s.fill(ink.lit(0.25), box(226, 400, 262, 500, 8), box(194, 432, 294, 468, 8))
	for i := range 4 {
		p := ellipse(756, 450, 52, 52)[i*12]
		s.fill([]tint{rgb(0xc95a55), rgb(0x5a9a6b), rgb(0x5a7fc9), rgb(0xd7b24a)}[i].mixed(s.third, 0.3), ellipse(p.x, p.y, 21, 21))
	}
	for _, x := range []float64{s.between(360, 376), s.between(626, 640)} {
		s.fill(ink, ellipse(x, 560, 60, 60))
		s.shade(ink.lit(0.4), ink.lit(0.1), ellipse(x, 554, 44, 44))
	}
	s.logo(500, 416, 60, contrast(s.second, s.main))
}

func (s *subject) kettle() {
	s.shadow(500, 840, 270)
	s.fill(ink.lit(0.15), box(290, 790, 720, 846, 24))
	bulge := s.between(0, 50)
	s.fill(s.third.lit(-0.3), curve(52, 650, 320, 790, 330, 830, 470, 790, 620, 690, 680)...)
	s.shade(s.main.lit(0.2), s.main.lit(-0.2), smooth(352, 300, 500, 286, 648, 300, 690+bulge*0.4, 500, 716, 690, 700, 796, 500, 806, 300, 796, 284, 690, 310-bulge*0.4, 500))
	if s.proportions.n(2) == 0 { // gooseneck
		s.fill(s.main.lit(-0.08), curve(40, 318, 660, 220, 640, 200, 480, 150, 360, 110, 340)...)
	} else {
		s.shade(s.main.lit(0.1), s.main.lit(-0.16), polygon(356, 302, 270, 330, 322, 430))
	}
	s.fill(paper.clear(0.28), smooth(372, 350, 400, 340, 380, 560, 360, 740, 330, 740, 345, 540))
	s.shade(s.second.lit(0.2), s.second.lit(-0.2), smooth(350, 304, 400, 262, 500, 250, 600, 262, 650, 304, 500, 316))
	s.shade(s.third.lit(0.1), s.third.lit(-0.3), box(466, 214, 534, 262, 22))
	s.fill(s.second.lit(-0.1), box(296, 720, 704, 736, 6))
	s.logo(520, 560, 92, contrast(s.main, s.second))
}

func (s *subject) hairdryer() {
	s.shadow(500, 850, 250)
	s.fill(ink.lit(0.15), curve(18, 620, 820, 700, 880, 800, 850, 900, 880)...)
	s.shade(s.main.lit(0.05), s.main.lit(-0.25), smooth(520, 480, 640, 480, 660, 640, 668, 820, 610, 846, 556, 826, 540, 640))
	r := s.between(130, 150)
	s.shade(s.main.lit(0.25), s.main.lit(-0.22), smooth(250, 400-r*0.72, 500, 400-r, 700, 400-r, 770, 400, 700, 400+r, 500, 400+r, 250, 400+r*0.72))
	s.shade(s.second, s.second.lit(-0.3), smooth(256, 400-r*0.74, 150, 400-r*0.5, 140, 400, 150, 400+r*0.5, 256, 400+r*0.74, 268, 400))
	s.shade(ink.lit(0.35), ink.lit(0.1), ellipse(706, 400, 46, r*0.86))
	for i := range 5 {
		s.fill(steel.lit(-0.3), box(676, 320+float64(i)*36, 736, 330+float64(i)*36, 5))
	}
	s.fill(s.second, box(574, 580, 630, 620, 12), box(574, 640, 630, 680, 12))
	s.fill(paper.clear(0.3), smooth(290, 330, 480, 300, 640, 304, 480, 330))
	s.logo(460, 410, 84, contrast(s.main, s.second))
}

func (s *subject) vacuum() {
	s.shadow(430, 880, 260)
	s.shade(steel.lit(0.1), steel.lit(-0.2), polygon(560, 430, 596, 440, 470, 850, 436, 842))
	s.shade(s.second, s.second.lit(-0.3), smooth(270, 850, 300, 810, 560, 810, 600, 850, 590, 892, 280, 892))
	s.fill(ink.lit(0.2), box(276, 868, 594, 896, 10))
	s.shade(ink.lit(0.3), ink.lit(0.1), smooth(560, 300, 690, 330, 680, 470, 560, 450))
	s.shade(s.main.lit(0.2), s.main.lit(-0.2), smooth(500, 200, 620, 150, 690, 200, 700, 330, 640, 400, 540, 390, 490, 300))
	s.shade(rgb(0xcfd8de).clear(0.85), rgb(0x93a2ad).clear(0.85), box(528, s.between(350, 370), 650, 520, 40))
	s.fill(s.main.lit(-0.3), curve(44, 660, 210, 780, 250, 800, 380, 750, 470)...)
	s.shade(s.third.lit(-0.1), s.third.lit(-0.4), box(700, 440, 800, 530, 30))
	s.logo(594, 268, 74, contrast(s.main, s.second))
}

func (s *subject) coffee() {
	s.shadow(500, 850, 330)
	s.shade(s.main.lit(0.15), s.main.lit(-0.2), box(220, 180, 780, 850, 40))
	s.shade(ink.lit(0.2), ink.lit(0.05), box(290, 430, 710, 790, 20))
	s.shade(s.second.lit(0.1), s.second.lit(-0.1), box(220, 180, 780, s.between(280, 320), 40))
	s.shade(steel.lit(0.2), steel.lit(-0.2), box(430, 420, 570, 500, 14))
	s.fill(ink.lit(0.4), box(470, 500, 490, 540, 4), box(510, 500, 530, 540, 4))
	s.shade(paper, paper.lit(-0.15), smooth(440, 640, 560, 640, 550, 740, 500, 756, 450, 740))
	s.fill(paper.lit(-0.1), ring(10, ellipse(572, 686, 26, 28))...)
	s.fill(rgb(0x5a3a22), ellipse(500, 644, 56, 10))
	s.shade(steel, steel.lit(-0.3), box(280, 776, 720, 812, 10))
	s.fill(steel.lit(0.2), ellipse(640, 366, 34, 34))
	s.fill(ink, stroke(8, 640, 366, 656, 344)...)
	s.fill(rgb(0x8fd0a0), ellipse(300, 366, 10, 10), ellipse(336, 366, 10, 10))
	s.logo(400, 236, 70, contrast(s.second, s.main))
}

func (s *subject) cooker() {
	s.shadow(500, 830, 340)
	round := s.between(90, 150)
	s.shade(s.main.lit(0.15), s.main.lit(-0.22), box(190, 360, 810, 830, round))
	s.shade(s.second.lit(0.25), s.second.lit(-0.1), smooth(196, 420, 240, 300, 400, 250, 600, 250, 760, 300, 804, 420, 500, 440))
	s.shade(s.third.lit(-0.1), s.third.lit(-0.35), box(420, 220, 580, 266, 20))
	s.shade(ink.lit(0.25), ink.lit(0.1), box(370, 540, 630, 720, 30))
	s.fill(rgb(0x8fc6d8), box(410, 570, 590, 630, 8))
	for i := range 4 {
		s.fill(steel, ellipse(416+float64(i)*56, 680, 14, 14))
	}
	s.fill(paper.clear(0.25), smooth(280, 300, 420, 272, 440, 290, 300, 330))
	s.logo(500, 480, 64, contrast(s.main, s.second))
}

func (s *subject) filter() {
	s.shadow(500, 820, 280)
	top := s.between(250, 330)
	s.shade(s.main.lit(0.2), s.main.lit(-0.1), box(270, top, 730, 800, 20))
	folds := 12 + s.proportions.n(6)
	for i := range folds {
		x := 290 + float64(i)*420/float64(folds)
		s.shade(paper, paper.lit(-0.3), box(x, top+60, x+420/float64(folds)*0.62, 750, 3))
	}
	s.shade(s.second.lit(0.1), s.second.lit(-0.2), smooth(256, top+40, 300, top-30, 500, top-54, 700, top-30, 744, top+40, 700, top+80, 500, top+96, 300, top+80))
	s.shade(ink.lit(0.5), ink.lit(0.3), ellipse(500, top+16, 130, 44))
	s.shade(s.second, s.second.lit(-0.25), box(256, 750, 744, 822, 26))
	s.logo(500, 786, 44, contrast(s.second, paper))
}

func (s *subject) strap(metal bool, width float64) {
	if metal {
		for i := range 16 {
			y := 60 + float64(i)*58
			if y > 330 && y < 640 {
				continue
			}
			w := width
			s.shade(steel.lit(0.3), steel.lit(-0.25), box(500-w, y, 500+w, y+52, 10))
			s.shade(steel.lit(0.5), steel.lit(-0.1), box(500-w*0.4, y, 500+w*0.4, y+52, 8))
		}
		return
	}
	s.shade(s.second.lit(0.1), s.second.lit(-0.2), smooth(500-width, 400, 500-width*0.86, 60, 500, 30, 500+width*0.86, 60, 500+width, 400))
	s.shade(s.second.lit(-0.05), s.second.lit(-0.25), smooth(500-width, 590, 500-width*0.84, 920, 500, 964, 500+width*0.84, 920, 500+width, 590))
	for i := range 4 {
		s.fill(ink.clear(0.5), ellipse(500, 780+float64(i)*40, 9, 12))
	}
}

func (s *subject) watch() {
	s.glow(ink, 520, 540, 330, 430, 0.3)
	r := s.between(220, 250)
	s.strap(s.proportions.n(2) == 0, 110)
	s.shade(steel.lit(0.1), steel.lit(-0.35), box(500+r-10, 470, 500+r+46, 530, 10))
	s.shade(steel.lit(0.45), steel.lit(-0.3), ellipse(500, 500, r, r))
	bezel := steel.lit(-0.1)
	if s.proportions.n(2) == 0 {
		bezel = s.main.lit(-0.25)
	}
	s.shade(bezel.lit(0.2), bezel.lit(-0.2), ellipse(500, 500, r-14, r-14))
	s.shade(s.main.lit(0.2), s.main.lit(-0.15), ellipse(500, 500, r-50, r-50))
	on := contrast(s.main, paper)
	for i := range 12 {
		outer, inner := ellipse(500, 500, r-62, r-62)[i*4], ellipse(500, 500, r-92, r-92)[i*4]
		s.fill(on, stroke(9, outer.x, outer.y, inner.x, inner.y)...)
	}
	if s.proportions.n(2) == 0 {
		for _, at := range []point{{430, 500}, {570, 500}, {500, 575}} {
			s.fill(s.main.lit(-0.3), ellipse(at.x, at.y, 38, 38))
			s.fill(on.clear(0.8), ring(3, ellipse(at.x, at.y, 36, 36))...)
			s.fill(on, stroke(4, at.x, at.y, at.x+16, at.y-20)...)
		}
	} else {
		s.fill(paper, box(590, 484, 630, 516, 4))
	}
	s.fill(on, stroke(13, 500, 500, 428, 458)...)
	s.fill(on, stroke(9, 500, 500, 590, 412)...)
	s.fill(s.third.mixed(rgb(0xc9453c), 0.5), stroke(4, 480, 540, 540, 392)...)
	s.fill(on, ellipse(500, 500, 13, 13))
	s.logo(500, 430, 46, on)
	s.fill(paper.clear(0.14), polygon(420, 320, 520, 300, 400, 660, 330, 600))
}

func (s *subject) smartwatch() {
	s.glow(ink, 520, 540, 300, 440, 0.3)
	s.strap(false, s.between(118, 140))
	round := s.between(60, 190)
	s.shade(s.main.lit(0.1), s.main.lit(-0.35), box(312, 300, 688, 690, round))
	s.shade(ink.lit(0.12), ink, box(330, 318, 670, 672, round-14))
	glowing := s.main.mixed(rgb(0x6fc7c0), 0.6)
	s.fill(glowing.clear(0.9), ring(18, ellipse(500, 495, 130, 130))...)
	s.fill(paper, box(430, 440, 462, 530, 8), box(480, 440, 512, 530, 8), box(540, 440, 572, 530, 8))
	s.fill(s.second.mixed(rgb(0xe0a050), 0.5), box(440, 560, 560, 574, 6))
	s.shade(steel, steel.lit(-0.3), box(684, 450, 712, 530, 10))
	s.logo(500, 880, 44, contrast(s.second, s.main))
}

func (s *subject) cream() {
	s.shadow(500, 790, 300)
	lid := s.between(430, 480)
	s.shade(s.main.lit(0.3), s.main.lit(-0.08), box(240, lid+20, 760, 784, 60))
	s.fill(paper.clear(0.35), box(270, lid+60, 310, 740, 20))
	s.shade(s.second.lit(0.2), s.second.lit(-0.2), box(226, lid-170, 774, lid+30, 34))
	s.fill(paper.clear(0.3), box(246, lid-156, 754, lid-130, 13))
	s.fill(s.second.lit(-0.35).clear(0.5), box(226, lid+4, 774, lid+14, 3))
	s.fill(s.main.lit(-0.4).clear(0.7), box(380, 690, 620, 700, 4), box(420, 716, 580, 724, 4))
	s.logo(500, 610, 100, contrast(s.main.lit(0.15), s.second))
}

func (s *subject) lipstick() {
	s.shadow(520, 850, 240)
	s.shade(s.main.lit(0.25), s.main.lit(-0.1), smooth(380, 420, 384, 250, 470, s.between(130, 180), 500, 190, 502, 420))
	s.shade(rgb(0xd9bd7c).lit(0.2), rgb(0xd9bd7c).lit(-0.2), box(366, 400, 516, 560, 8))
	s.shade(s.second.lit(-0.1), s.second.lit(-0.3), box(346, 540, 536, 846, 12))
	s.fill(paper.clear(0.25), box(362, 556, 386, 832, 8))
	s.shade(s.second.lit(0.02), s.second.lit(-0.25), box(590, 470, 760, 846, 14))
	s.shade(rgb(0xd9bd7c), rgb(0xd9bd7c).lit(-0.2), box(590, 810, 760, 846, 10))
	s.fill(paper.clear(0.22), box(606, 486, 626, 800, 8))
	s.logo(441, 690, 76, contrast(s.second, rgb(0xd9bd7c)))
}

func (s *subject) perfume() {
	s.shadow(500, 840, 260)
	s.shade(s.third.lit(0.1), s.third.lit(-0.25), box(430, 140, 570, 290, 16))
	s.shade(rgb(0xd9bd7c).lit(0.2), rgb(0xd9bd7c).lit(-0.1), box(450, 286, 550, 336, 8))
	round, wide := s.between(20, 150), s.between(190, 240)
	glass := s.main.mixed(paper, 0.45)
	s.shade(glass.lit(0.35).clear(0.9), glass.lit(-0.15).clear(0.95), box(500-wide, 330, 500+wide, 840, round))
	s.shade(s.main.mixed(paper, 0.2).clear(0.75), s.main.clear(0.85), box(500-wide+30, 430, 500+wide-30, 808, max(round-24, 6)))
	s.fill(paper.clear(0.45), box(500-wide+20, 380, 500-wide+44, 780, 12))
	s.fill(paper.clear(0.9), box(400, 540, 600, 700, 6))
	s.logo(500, 600, 76, ink)
	s.fill(ink.clear(0.5), box(440, 664, 560, 672, 3))
}

func (s *subject) serum() {
	s.shadow(500, 850, 200)
	s.shade(ink.lit(0.3), ink.lit(0.1), smooth(456, 200, 470, 110, 500, 96, 530, 110, 544, 200))
	s.shade(s.second.lit(0.2), s.second.lit(-0.2), box(430, 190, 570, 310, 14))
	shoulder := s.between(340, 400)
	s.shade(s.main.lit(0.2), s.main.lit(-0.22), smooth(436, 300, 564, 300, 580, shoulder-30, 664, shoulder+40, 668, 600, 664, 836, 500, 850, 336, 836, 332, 600, 336, shoulder+40, 420, shoulder-30))
	s.fill(paper.clear(0.35), box(356, shoulder+70, 380, 800, 12))
	s.fill(paper.clear(0.92), box(350, 540, 650, 740, 4))
	s.logo(500, 606, 72, ink)
	s.fill(ink.clear(0.5), box(420, 668, 580, 676, 3), box(440, 694, 560, 700, 3))
}

func (s *subject) sunglasses() {
	s.shadow(500, 700, 400)
	s.fill(s.main.lit(-0.2), curve(26, 150, 420, 110, 380, 130, 330, 260, 300)...)
	s.fill(s.main.lit(-0.2), curve(26, 850, 420, 890, 380, 870, 330, 740, 300)...)
	drop := s.between(100, 160)
	for _, m := range []float64{-1, 1} {
		x := 500 + m*190
		rim := smooth(x-160, 430, x-120, 382, x, 374, x+120, 382, x+160, 430, x+140, 520, x+60, 480+drop, x-60, 480+drop, x-140, 520)
		s.shade(s.main.lit(0.15), s.main.lit(-0.25), rim)
		lens := smooth(x-136, 436, x-104, 406, x, 400, x+104, 406, x+136, 436, x+118, 514, x+50, 456+drop, x-50, 456+drop, x-118, 514)
		shade := s.third.mixed(ink, 0.6)
		s.shade(shade.lit(-0.1), shade.lit(0.35), lens)
		s.fill(paper.clear(0.2), polygon(x-90, 420, x-40, 412, x-80, 500, x-110, 490))
	}
	s.fill(s.main.lit(-0.1), curve(24, 440, 424, 500, 400, 560, 424)...)
	s.logo(836, 428, 28, contrast(s.main, rgb(0xd9bd7c)))
}

func (s *subject) scarf() {
	s.glow(ink, 510, 560, 400, 360, 0.26)
	s.shade(s.main.lit(0.12), s.main.lit(-0.12), box(200, 220, 800, 780, 22))
	bands := 3 + s.proportions.n(4)
	for i := range bands {
		at := 230 + float64(i)*540/float64(bands)
		wide := s.between(14, 60)
		t := []tint{s.second, s.third}[i%2].clear(0.5)
		s.fill(t, polygon(at, 220, at+wide, 220, at+wide, 780, at, 780))
		s.fill(t, polygon(200, at, 800, at, 800, at+wide, 200, at+wide))
	}
	s.shade(s.main.lit(-0.3).clear(0.5), s.main.lit(-0.3).clear(0.1), polygon(500, 220, 540, 220, 540, 780, 500, 780))
	for i := range 24 {
		x := 208 + float64(i)*25
		s.fill(s.main.lit(-0.1), stroke(6, x, 776, x, 830)...)
	}
	s.fill(paper, box(690, 690, 770, 750, 4))
	s.logo(730, 720, 36, ink)
}

func (s *subject) bracelet() {
	s.glow(ink, 510, 640, 380, 200, 0.3)
	n := 18 + s.proportions.n(10)
	metal := rgb([]uint32{0xd3b163, 0xc3c8cf, 0xd6a58c}[s.proportions.n(3)])
	s.fill(metal.lit(-0.1), ring(12, ellipse(500, 540, 330, 220))...)
	loop := ellipse(500, 540, 324, 214)
	for i := range n {
		p := loop[i*48/n]
		t := metal
		switch s.proportions.n(4) {
		case 0:
			t = s.main
		case 1:
			t = s.second
		}
		r := s.between(18, 34)
		s.shade(t.lit(0.35), t.lit(-0.3), ellipse(p.x, p.y, r, r))
		s.fill(paper.clear(0.6), ellipse(p.x-r*0.3, p.y-r*0.35, r*0.2, r*0.16))
	}
	s.fill(metal, curve(8, 500, 754, 500, 790, 500, 800)...)
	s.shade(s.main.lit(0.2), s.main.lit(-0.25), ellipse(500, 836, 48, 48))
	s.logo(500, 836, 46, contrast(s.main, metal.lit(0.4)))
}

func (s *subject) cap() {
	s.shadow(480, 730, 380)
	crown := s.between(250, 300)
	s.shade(s.main.lit(0.18), s.main.lit(-0.2), smooth(300, 620, 310, 420, 420, crown, 580, crown-6, 740, 340, 810, 500, 820, 640, 700, 690, 480, 680))
	s.fill(s.main.lit(-0.25).clear(0.6), curve(5, 530, crown, 440, 420, 420, 640)...)
	s.fill(s.main.lit(-0.25).clear(0.6), curve(5, 560, crown, 680, 420, 720, 660)...)
	s.shade(s.main.lit(-0.3), s.main.lit(-0.4), ellipse(552, crown-4, 26, 12))
	s.shade(s.second.lit(0.12), s.second.lit(-0.2), smooth(470, 610, 300, 600, 160, 640, 90, 700, 120, 724, 300, 712, 520, 712, 640, 690))
	s.fill(s.second.lit(-0.35).clear(0.5), curve(4, 140, 690, 300, 640, 480, 650)...)
	s.logo(410, 500, 100, contrast(s.main, s.second))
}

func (s *subject) wallet() {
	s.shadow(500, 760, 350)
	s.shade(s.main.lit(-0.25), s.main.lit(-0.4), box(190, 330, 826, 760, 34))
	s.shade(s.main.lit(0.16), s.main.lit(-0.14), box(176, 316, 812, 744, 34))
	s.fill(s.second.clear(0.8), ring(5, box(196, 336, 792, 724, 22))...)
	fold := s.between(500, 560)
	s.shade(s.main.lit(0.02), s.main.lit(-0.2), box(600, fold-60, 840, fold+70, 50))
	s.shade(rgb(0xd0ad62).lit(0.3), rgb(0xd0ad62).lit(-0.2), ellipse(660, fold+4, 28, 28))
	s.logo(380, 520, 110, contrast(s.main, rgb(0xd0ad62)))
}

func (s *subject) book() {
	s.shadow(510, 850, 280)
	s.shade(paper.lit(-0.05), paper.lit(-0.2), polygon(300, 850, 730, 850, 756, 826, 756, 180, 726, 160))
	for i := range 6 {
		x := 732 + float64(i)*4
		s.fill(ink.clear(0.12), polygon(x, 176, x+2, 176, x+2, 838, x, 838))
	}
	s.shade(s.main.lit(0.1), s.main.lit(-0.14), polygon(270, 160, 726, 160, 726, 846, 270, 846))
	s.shade(s.main.lit(-0.35).clear(0.8), s.main.lit(-0.3).clear(0.6), polygon(270, 160, 300, 160, 300, 846, 270, 846))
	on := contrast(s.main, paper)
	switch s.proportions.n(3) {
	case 0:
		s.fill(s.second, ellipse(512, 420, s.between(80, 150), s.between(80, 150)))
		s.fill(s.third.clear(0.8), ellipse(580, 470, 90, 90))
	case 1:
		for i := range 5 {
			s.fill([]tint{s.second, s.third}[i%2], polygon(330, 320+float64(i)*60, 690, 290+float64(i)*60, 690, 318+float64(i)*60, 330, 348+float64(i)*60))
		}
	default:
		s.shade(s.second, s.third, smooth(330, 560, 420, s.between(330, 420), 520, 480, 600, s.between(300, 420), 700, 560))
	}
	s.fill(on, box(340, 220, s.between(560, 680), 240, 4), box(340, 256, s.between(480, 620), 272, 4))
	s.fill(on.clear(0.8), box(340, 780, s.between(420, 540), 792, 3))
}

func (s *subject) mug() {
	s.shadow(480, 800, 280)
	s.fill(s.main.lit(-0.12), ring(46, ellipse(706, 560, 130, 150))...)
	taper := s.between(0, 50)
	s.shade(s.main.lit(0.15), s.main.lit(-0.15), smooth(250, 350, 240, 380, 250+taper*0.4, 600, 270+taper, 780, 330+taper, 804, 470, 808, 610-taper, 804, 670-taper, 780, 690-taper*0.4, 600, 700, 380, 690, 350, 470, 330))
	s.shade(s.main.lit(-0.3), s.main.lit(-0.15), ellipse(470, 356, 226, 46))
	s.fill(rgb(0x5b3b26), ellipse(470, 366, 196, 32))
	s.fill(s.second.clear(0.85), smooth(262, 520, 470, 548, 680, 520, 676, 580, 470, 610, 266, 580))
	s.fill(paper.clear(0.3), smooth(290, 420, 320, 424, 330, 600, 320, 740, 296, 700, 284, 560))
	s.logo(480, 680, 70, contrast(s.main, s.third))
}

func (s *subject) food() {
	if s.proportions.n(2) == 0 { // a jar
		s.shadow(500, 840, 240)
		s.shade(rgb(0xd99a35).mixed(s.main, 0.3).lit(0.15), rgb(0xa8651c).mixed(s.main, 0.3), box(290, 320, 710, 838, 70))
		s.fill(paper.clear(0.35), box(312, 380, 340, 780, 14))
		s.shade(s.second.lit(0.1), s.second.lit(-0.2), box(310, 210, 690, 330, 24))
		s.fill(paper.clear(0.95), box(350, s.between(470, 520), 650, 740, 10))
		s.fill(s.third.lit(-0.2), box(390, 640, 610, 654, 4), box(420, 676, 580, 688, 4))
		s.fill(s.main, ellipse(500, 580, 44, 44))
		return
	}
	s.shadow(500, 850, 260)
	s.shade(rgb(0xcdb08a).lit(0.1), rgb(0xb08f63), smooth(300, 230, 500, 220, 700, 230, 730, 500, 740, 830, 500, 850, 260, 830, 270, 500))
	s.shade(rgb(0xcdb08a).lit(-0.15), rgb(0xcdb08a), polygon(296, 180, 704, 180, 702, 250, 298, 250))
	s.shade(s.main.lit(0.1), s.main.lit(-0.1), box(350, 400, 650, s.between(690, 750), 14))
	s.fill(s.second, ellipse(500, 510, 70, 70))
	s.fill(s.third, smooth(470, 540, 500, 450, 530, 540, 500, 556))
	s.fill(contrast(s.main, paper), box(400, 620, 600, 634, 4), box(430, 652, 570, 664, 4))
}

func (s *subject) plant() {
	s.shadow(500, 860, 220)
	n := 7 + s.proportions.n(6)
	for i := range n {
		lean := (float64(i)/float64(n-1) - 0.5) * s.between(400, 620)
		tip := 210 + (lean*lean)/420 + s.between(0, 70)
		leaf := rgb([]uint32{0x4f7d4b, 0x6a9a58, 0x3d6647, 0x86a86a}[s.proportions.n(4)])
		x := 500 + lean
		s.fill(leaf.lit(-0.25), curve(8, 500, 640, 500+lean*0.4, 500, x, tip+60)...)
		s.shade(leaf.lit(0.15), leaf.lit(-0.1), smooth(x, tip, x+46, tip+70, x+30, tip+170, x, tip+200, x-30, tip+170, x-46, tip+70))
		s.fill(leaf.lit(0.35).clear(0.6), curve(4, x, tip+20, x, tip+180)...)
	}
	s.fill(rgb(0x4a382c), ellipse(500, 644, 170, 26))
	s.shade(s.main.lit(0.1), s.main.lit(-0.2), smooth(320, 650, 500, 676, 680, 650, 650, 800, 620, 862, 500, 870, 380, 862, 350, 800))
	s.shade(s.main.lit(0.2), s.main.lit(-0.05), smooth(306, 640, 500, 668, 694, 640, 698, 690, 500, 716, 302, 690))
}
