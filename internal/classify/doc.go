// Package classify decides, by the organisation's written policy, what a case
// is: event only, incident or weakness, of which type, who leads, on which
// track, how urgent. A policy is one YAML document (see default.yaml); its
// criteria are CEL expressions over Facts.
//
// Guarantees:
//   - Evaluate is a pure function of policy and facts: no clock, no store, no
//     state between calls, so any past decision can be replayed. It never fails
//     and is safe for concurrent use.
//   - A confirmed negative effect on confidentiality, integrity or availability
//     makes an incident before any criterion is read. No policy can remove that,
//     and no reporter can bring it about: see Facts.ConfirmedBy.
//   - What no criterion decides stays undetermined, under watch, with a time by
//     which a person decides. A criterion that cannot be computed never lets a
//     later one close the case as event only.
//   - Every answer names the criterion that gave it, a sentence with the actual
//     values, and the inputs that the criterion read.
//   - The light track pages nobody.
//
// Limits: a policy is at most 256 KiB, 200 criteria an axis, 2,000 bytes an
// expression; the cost of each expression is bounded when the policy is loaded.
// A result is a proposal: it is provisional until a person confirms it.
package classify
