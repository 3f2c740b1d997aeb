package detect

import "github.com/ownmark/ownmark/engine/score"

// feature is one input of the score. Its name is the name of the Signal it makes.
type feature int

// The features. The order is that of the report; the model file goes by names.
const (
	brandClaimed feature = iota
	brandHinted
	brandDisguised
	brandMisspelt
	brandUndeclared
	brandOtherwise
	brandOwn
	brandMix
	termReplica
	termGrade
	termSource
	termEvasion
	termDenial
	termContact
	priceLow
	priceFarBelow
	pricePlausible
	priceUnauthorised
	specificationImplausible
	sellerAuthorised
	sellerUnauthorised
	sellerLookalike
	sellerNew
	sellerEstablished
	sellerPoor
	stockBulk
	stockSingle
	goodsUsed
	shipsElsewhere
	talkWholesale
	talkProvenance
	partOnly
	pictureCatalogue
	pictureFake
	pictureShared
	featureCount
)

// prior is what sense says of a feature before any label is seen. Weights are bits for each unit of the feature; how each is measured
// stands in the function that fills it. The spreads are small on purpose: a few hundred labels may correct a prior, not replace it, and
// what is known to be an accident of the labels at hand (nobody authorised sells fakes in them, most fakes ship from one country) is
// held by a bound.
var priors = [featureCount]score.Feature{
	brandClaimed:             {Name: "brand-claimed", Prior: 1.0, Spread: 0.7, Sign: score.Positive, Bound: 2.5},
	brandHinted:              {Name: "brand-hinted", Prior: 2.2, Spread: 0.8, Sign: score.Positive, Bound: 4},
	brandDisguised:           {Name: "brand-disguised", Prior: 4.0, Spread: 1.0, Sign: score.Positive},
	brandMisspelt:            {Name: "brand-misspelt", Prior: 2.5, Spread: 0.8, Sign: score.Positive},
	brandUndeclared:          {Name: "brand-undeclared", Prior: 0.4, Spread: 0.3, Sign: score.Positive, Bound: 0.8},
	brandOtherwise:           {Name: "brand-otherwise", Prior: -2.0, Spread: 1.0, Sign: score.Negative},
	brandOwn:                 {Name: "brand-own", Prior: -1.5, Spread: 0.5, Sign: score.Negative, Bound: 2.5},
	brandMix:                 {Name: "brand-mix", Prior: 1.5, Spread: 0.7, Sign: score.Positive},
	termReplica:              {Name: "term-replica", Prior: 4.5, Spread: 1.0, Sign: score.Positive},
	termGrade:                {Name: "term-grade", Prior: 3.0, Spread: 1.0, Sign: score.Positive},
	termSource:               {Name: "term-source", Prior: 2.0, Spread: 0.8, Sign: score.Positive},
	termEvasion:              {Name: "term-evasion", Prior: 3.0, Spread: 1.0, Sign: score.Positive},
	termDenial:               {Name: "term-denial", Prior: 1.0, Spread: 0.5, Sign: score.Positive, Bound: 2},
	termContact:              {Name: "term-contact", Prior: 1.0, Spread: 0.5, Sign: score.Positive, Bound: 2},
	priceLow:                 {Name: "price-low", Prior: 2.5, Spread: 0.7, Sign: score.Positive},
	priceFarBelow:            {Name: "price-far-below", Prior: 0.8, Spread: 0.4, Sign: score.Positive},
	pricePlausible:           {Name: "price-plausible", Prior: -1.5, Spread: 0.7, Sign: score.Negative, Bound: 3},
	priceUnauthorised:        {Name: "price-unauthorised", Prior: 1.0, Spread: 0.5, Sign: score.Positive},
	specificationImplausible: {Name: "specification-implausible", Prior: 3.0, Spread: 0.8, Sign: score.Positive},
	sellerAuthorised:         {Name: "seller-authorised", Prior: -6, Spread: 0.7, Sign: score.Negative, Bound: 7},
	sellerUnauthorised:       {Name: "seller-unauthorised", Prior: 0.7, Spread: 0.4, Sign: score.Positive, Bound: 1.2},
	sellerLookalike:          {Name: "seller-lookalike", Prior: 2.5, Spread: 0.7, Sign: score.Positive},
	sellerNew:                {Name: "seller-new", Prior: 0.8, Spread: 0.4, Sign: score.Positive, Bound: 1.5},
	sellerEstablished:        {Name: "seller-established", Prior: -1.2, Spread: 0.4, Sign: score.Negative, Bound: 2},
	sellerPoor:               {Name: "seller-poor-ratings", Prior: 0.8, Spread: 0.4, Sign: score.Positive, Bound: 1.5},
	stockBulk:                {Name: "stock-bulk", Prior: 0.8, Spread: 0.4, Sign: score.Positive},
	stockSingle:              {Name: "stock-single", Prior: -1.0, Spread: 0.5, Sign: score.Negative, Bound: 2},
	goodsUsed:                {Name: "goods-used", Prior: -2.5, Spread: 0.8, Sign: score.Negative, Bound: 4},
	shipsElsewhere:           {Name: "ships-elsewhere", Prior: 0.3, Spread: 0.1, Sign: score.Positive, Bound: 0.5},
	talkWholesale:            {Name: "talk-wholesale", Prior: 1.0, Spread: 0.5, Sign: score.Positive, Bound: 2},
	talkProvenance:           {Name: "talk-provenance", Prior: -0.7, Spread: 0.3, Sign: score.Negative, Bound: 1},
	partOnly:                 {Name: "part-only", Prior: -1.5, Spread: 0.6, Sign: score.Negative, Bound: 2.5},
	pictureCatalogue:         {Name: "picture-catalogue", Prior: 2.0, Spread: 0.5, Sign: score.Positive, Bound: 4},
	pictureFake:              {Name: "picture-fake", Prior: 4.0, Spread: 0.8, Sign: score.Positive, Bound: 6},
	pictureShared:            {Name: "picture-shared", Prior: 0.7, Spread: 0.3, Sign: score.Positive, Bound: 1.5},
}

// unfitted are the features that the data models are fitted on say nothing of: no labelled set has its pictures. A model without a weight for them
// gives them their prior.
var unfitted = []feature{pictureCatalogue, pictureFake, pictureShared}

// biasPrior is the log-odds, in bits, of a fake when nothing at all speaks for or against: about one in twenty-three.
const biasPrior = -4.5
