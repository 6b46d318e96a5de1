package netra

import (
	"math"
	"time"
)

// safety says what a repetition of a request does; see sdks/spec/methods.json.
type safety byte

const (
	safeRead  safety = 'G'
	keyed     safety = 'K'
	pure      safety = 'P'
	onceOnly  safety = 'O'
	deletion  safety = 'D'
	baseDelay        = 500 * time.Millisecond
	mostDelay        = 8 * time.Second
)

// happening is how one attempt ended.
type happening int

const (
	answered  happening = iota // an answer of the service
	notSent                    // refused, DNS, TLS: the service saw nothing
	ambiguous                  // reset, end of file, timeout, a proxy's 408, 502, 504: it may be done
)

// decision is what follows an attempt.
type decision int

const (
	giveUp decision = iota
	again
	renew // sign in again with the refresh token, then the same attempt
	unknown
)

// decide says what follows an attempt. It reads no clock and no randomness.
func decide(kind safety, what happening, refused *Error, canRenew bool, longest time.Duration) decision {
	switch what {
	case notSent:
		return again
	case ambiguous:
		if kind == onceOnly {
			return unknown
		}
		return again
	}
	switch {
	case refused == nil:
		return giveUp
	case refused.Status == 401 && canRenew:
		return renew
	case refused.Status == 429, refused.Status == 503, refused.Code == "IDEMPOTENCY_IN_PROGRESS":
		if refused.RetryAfter > longest {
			return giveUp
		}
		return again
	}
	return giveUp
}

// delay is the time before attempt number `attempt` + 1; random is in [0, 1).
func delay(attempt int, after time.Duration, random float64) time.Duration {
	backoff := time.Duration(math.Min(float64(mostDelay), float64(baseDelay)*math.Pow(2, float64(attempt))))
	return max(after, time.Duration((0.5+0.5*random)*float64(backoff)))
}
