// Package market is the marketplace as Ownmark sees it: listings, the sellers' accounts behind them, and what goods of a
// kind cost. Listings come in by file (feed.go and its neighbours), by API and by stream; it hands them to detect.
package market
