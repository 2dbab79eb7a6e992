// Package oncall knows who is on call, and gets them moving: rotations,
// overrides, contact points, escalation policies and escalation runs.
//
// # Who is on call
//
// A pure function of rotation, overrides and the time (rotation.go, duty.go).
// Configuration holds wall-clock time and an IANA zone, never offsets.
//
// # Escalation
//
// A run belongs to a case. It keeps the policy as it was when the run started,
// so that editing a policy never changes who a live run pages. Each step writes
// its pages to the outbox, its record entry and the timer of the next step in
// one transaction: a crash loses none of the three. The timer's handler does
// the next step. The pause between rounds, and after the last page before the
// run counts as exhausted, is the policy's longest delay, at least a minute.
//
// A step that reaches nobody (no one on call, no contact point, in an exercise
// no participant) is recorded as page.nobody and the next step follows at once.
// A round that reached nobody at all is told to the managers, once, and the
// next round follows after its pause: somebody may have come on call by then.
// A step whose pages all turn out undeliverable ends early in the same way.
//
// # Acknowledgement
//
// The first acknowledgement wins; later ones learn who was first. Sending is
// quiet while it commits, so nothing of the run leaves after it.
//
// # Limits
//
// One rotation a schedule; no layers or time-of-day restrictions. Contact
// points hold addresses, which are personal data: the record has them in its
// erasable part only.
package oncall
