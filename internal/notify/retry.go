package notify

import (
	"math/rand/v2"
	"time"
)

// retry is how a kind of message is tried again.
type retry struct {
	first    time.Duration // after the first failed try; doubles
	most     time.Duration // longest pause
	deadline time.Duration // age at which it is given up
}

// A page is worth its hour: after that the escalation has long gone on. An
// answer to a reporter survives a day of a mail server's maintenance.
func retryOf(kind string) retry {
	if kind == KindPage {
		return retry{first: time.Second, most: time.Minute, deadline: time.Hour}
	}
	return retry{first: 5 * time.Second, most: 15 * time.Minute, deadline: 24 * time.Hour}
}

// pause is the wait after the given try (1 is the first), between half and the
// whole of the doubled pause, so that those who failed together do not come
// back together. It is never shorter than what the provider asked for.
func (r retry) pause(attempt int, asked time.Duration, jitter float64) time.Duration {
	d := r.most
	if shift := attempt - 1; shift < 20 {
		d = min(r.most, r.first<<max(shift, 0))
	}
	d = d/2 + time.Duration(jitter*float64(d/2))
	return max(d, min(asked, r.deadline))
}

func random() float64 { return rand.Float64() }
