// Package cultivate takes workshops from copies to brands of their own. An industry is data: what is taught, on what terms
// makers are admitted, how their goods are tested. Industries and belts ask to join; for one that is taken up a Cohort opens
// with a limited number of places. A Maker is a firm's way through one cohort: from stage to stage, each entered when its
// conditions are met or somebody has waived them and said why.
//
// A person moves makers; the room says what is missing. Each move is whole (its row, its ledger entry, its event) or absent.
//
// The rooms to its left supply what is known of a maker as a seller. What the rooms to its right know comes in through
// interfaces declared beside the conditions that need it; a condition nobody can answer is not shown.
package cultivate
