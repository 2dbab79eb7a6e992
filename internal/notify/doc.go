// Package notify sends messages to people: pages, answers to reporters,
// notices. It owns the outbox.
//
// Queue adds a row in the caller's transaction, so what must be sent is
// committed together with why. From then on the row is never lost: it goes
// queued → sending → sent, failed or cancelled, each end with its entry in the
// record. The worker is woken by the commit itself; a look each second is only
// a net.
//
// # Guarantees
//
//   - At least once until an end is recorded. A process that dies while it
//     sends leaves the row leased; it is sent again with the same id (Message-ID,
//     webhook-id, X-Id), so a page repeats at most once a crash, and a provider
//     or receiver that looks at the id sees no repeat.
//   - A page is tried until it is sent, cancelled, refused for good, or an hour
//     old. The last two are recorded as page.undeliverable and told to the
//     escalation in the same transaction.
//   - Nothing of a run leaves after its acknowledgement has committed: the
//     acknowledging caller holds Quiesce around its transaction. This holds
//     within one process; another process on the same PostgreSQL may be inside
//     the provider's call while the acknowledgement commits.
//
// # Personal data
//
// A row names its recipient by id; the address is looked up for each try and
// stands neither in the row nor in the record. Providers' error texts are kept
// with the address cut out.
package notify
