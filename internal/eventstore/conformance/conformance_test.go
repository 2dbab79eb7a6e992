package conformance

import (
	"strings"
	"testing"

	"github.com/tocsin-project/tocsin/internal/query"
)

func TestMatchFindsWhatTheCasesSay(t *testing.T) {
	sets, err := Sets()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for name, set := range sets {
		for _, c := range set.Conditions {
			n++
			x, err := query.Parse(c.Q, Now)
			if err != nil {
				t.Errorf("%s: %v", c.Q, err)
				continue
			}
			var got strings.Builder
			for i := range set.Events {
				if x.Match(&set.Events[i]) {
					got.WriteByte(byte('0' + i))
				}
			}
			if got.String() != c.Finds {
				t.Errorf("%s: %s finds %s, want %s", name, c.Q, got.String(), c.Finds)
			}
		}
	}
	if n < 150 {
		t.Errorf("only %d cases were read", n)
	}
}
