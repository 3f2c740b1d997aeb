// Package enforce turns verdicts into decisions. A listing the machine suspects waits in the queue as a Review; a person takes
// it, decides with a reason, and may take the decision back. What stands on a listing is what the marketplace acts on.
//
// Rights holders give notice of listings, which wait for the same decision.
//
// detect hands it work by the event detect.Scanned; it tells of each act by enforce.Decided and enforce.Undone. Every decision
// is whole (its row, its ledger entry, its event) or absent.
package enforce
