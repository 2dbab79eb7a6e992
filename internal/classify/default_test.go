package classify

import "testing"

func TestDefaultLoads(t *testing.T) {
	p, err := Load(DefaultYAML())
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Odd) > 0 {
		t.Errorf("the default policy has oddities: %v", p.Odd)
	}
}
