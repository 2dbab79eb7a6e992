package classify

// The decisions. Undetermined is under watch until DecideByMinutes have passed.
const (
	Undetermined = ""
	EventOnly    = "event"
	Incident     = "incident"
	Weakness     = "weakness"
)

// The tracks.
const (
	Formal = "formal"
	Light  = "light"
)

// Result is what a policy makes of facts.
type Result struct {
	Decision        string `json:"decision"`                    // event, incident, weakness; "": undetermined, under watch
	DecideByMinutes int    `json:"decide_by_minutes,omitempty"` // from Facts.Now; only when undetermined
	Disposition     string `json:"disposition,omitempty"`       // proposal: true-positive, false-positive, benign, authorised, duplicate
	Type            string `json:"type"`                        // "class/type" of RSIT, or a local type
	Lead            string `json:"lead"`                        // security, operations, or another team of the policy
	Track           string `json:"track"`                       // formal or light

	Impact   int    `json:"impact"`   // 1..3
	Urgency  int    `json:"urgency"`  // 1..3
	Priority int    `json:"priority"` // the matrix' cell
	Level    string `json:"level"`    // critical, serious, mild

	Page              bool `json:"page"`                // wake whoever is on call
	CloseWhenRestored bool `json:"close_when_restored"` // closes by itself when service returns
	AskIntent         bool `json:"ask_intent"`          // the intent is unknown and decides who leads: ask
	// ReassessMinutes is when an outage that goes on reaches the threshold of
	// impact, in minutes from Facts.Now; 0: not to be expected.
	ReassessMinutes int `json:"reassess_minutes,omitempty"`

	// Criterion, Reason and Inputs are those of the decision.
	Criterion Criterion `json:"criterion"`
	Reason    string    `json:"reason"`
	Inputs    []Input   `json:"inputs"`
	Explain   Explain   `json:"explain"`

	PolicyVersion string `json:"policy_version"`
	PolicyHash    string `json:"policy_hash"` // hexadecimal SHA-256 of the document
	// Provisional is always true: a policy proposes, an expert confirms.
	Provisional bool `json:"provisional"`
	// Notes tell of facts that were not used as given and of criteria that could
	// not be computed.
	Notes []string `json:"notes,omitempty"`
}

// Criterion names what decided.
type Criterion struct {
	ID    string `json:"id"`
	Title string `json:"title"`
}

// Input is one fact that a criterion read.
type Input struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Axis explains the answer to one question.
type Axis struct {
	Value     string    `json:"value"`
	Criterion Criterion `json:"criterion"`
	Reason    string    `json:"reason"`
	Inputs    []Input   `json:"inputs"`
}

// Explain holds the explanation of each axis.
type Explain struct {
	Decision Axis `json:"decision"`
	Type     Axis `json:"type"`
	Lead     Axis `json:"lead"`
	Track    Axis `json:"track"`
	Impact   Axis `json:"impact"`
	Urgency  Axis `json:"urgency"`
}
