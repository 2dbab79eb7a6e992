package journal

import (
	"bytes"
	"errors"
	"reflect"
	"testing"
)

func TestEveryFlippedByteIsNoticed(t *testing.T) {
	in := []Record{{Tenant: 1, Received: 5, Source: "s", Raw: []byte("abc")}, {Tenant: 2, Received: 6, Identity: "i", Truncated: true, Raw: nil}}
	data := encode(in)
	for i := range data {
		bad := bytes.Clone(data)
		bad[i] ^= 1
		if _, err := decode(bad); !errors.Is(err, ErrDamaged) {
			t.Errorf("byte %d: %v", i, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(encode([]Record{{Tenant: 1, Source: "s", Raw: []byte("x")}}))
	f.Add([]byte("TCJ1"))
	f.Fuzz(func(t *testing.T, data []byte) {
		records, err := decode(data)
		if err != nil {
			return
		}
		again, err := decode(encode(records))
		if err != nil || !reflect.DeepEqual(records, again) {
			t.Errorf("does not round-trip: %v", err)
		}
	})
}
