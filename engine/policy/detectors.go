package policy

// Names of the detectors: what [Policy.Without] may hold, and what ties and rings
// say of who found them.
const (
	DetectorShared   = "shared_identifiers"
	DetectorTakeover = "takeover_wave"
	DetectorClaims   = "claim_fraud"
	DetectorFlows    = "money_patterns"
	DetectorLockstep = "lockstep"
	DetectorSpam     = "message_spam"
	DetectorStuffing = "credential_stuffing"
	DetectorBustOut  = "bust_out"
	DetectorDrains   = "takeover_drain"
)

// DetectorNames are the names of all, in the order in which equal scores are
// settled.
func DetectorNames() []string {
	return []string{DetectorStuffing, DetectorTakeover, DetectorDrains, DetectorClaims, DetectorFlows, DetectorLockstep, DetectorSpam, DetectorBustOut, DetectorShared}
}
