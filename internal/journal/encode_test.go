package journal

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

// A disk that is nearly full: batches are refused while there is still room to
// seal and to decide, and taken again once there is more.
func TestTheDisksLastBytesAreKeptBack(t *testing.T) {
	free := uint64(1 << 30)
	j, err := Open(t.Context(), Options{Dir: t.TempDir(), MaxBytes: 8 << 20, Free: func() (uint64, uint64, error) { return free, 2 << 30, nil }})
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	one := []Record{{Tenant: 1, Raw: []byte("x")}}
	if _, err := j.Append(t.Context(), one, ""); err != nil {
		t.Fatal(err)
	}
	free = 100 << 20
	if _, err := j.Append(t.Context(), one, ""); !errors.Is(err, ErrFull) || !strings.Contains(err.Error(), "100 MB of the disk are free") {
		t.Errorf("on a full disk: %v", err)
	}
	free = 1 << 30
	if seq, err := j.Append(t.Context(), one, ""); err != nil || seq != 2 {
		t.Errorf("with room again: %d, %v", seq, err)
	}
}

// The engine broke: it is started again and goes on where it was.
func TestABrokenEngineIsStartedAgain(t *testing.T) {
	now := time.Now()
	j, err := Open(t.Context(), Options{Dir: t.TempDir(), MaxBytes: 8 << 20, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	one := []Record{{Tenant: 1, Raw: []byte("x")}}
	if _, err := j.Append(t.Context(), one, ""); err != nil {
		t.Fatal(err)
	}
	j.(*stream).engine.server.Shutdown()
	now = now.Add(time.Minute)
	if _, err := j.Append(t.Context(), one, ""); err == nil {
		t.Fatal("a broken engine took a batch")
	}
	if seq, err := j.Append(t.Context(), one, ""); err != nil || seq != 2 {
		t.Errorf("after the start: %d, %v", seq, err)
	}
}

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
