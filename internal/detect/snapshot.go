package detect

import (
	"errors"
	"io"

	"github.com/tocsin-project/tocsin/sigma"
)

// Windows keeps the state of correlations across a restart.
type Windows interface {
	Snapshot(w io.Writer) error
	Restore(r io.Reader) (int, error) // returns how many correlations were restored
}

// ErrNoWindows says that the state of correlations cannot be kept: it is made
// anew by a replay.
var ErrNoWindows = errors.New("the state of correlations is not kept")

// windows finds who keeps the correlator's state.
func (o Options) windows(c *sigma.Correlator) Windows {
	if o.Windows != nil {
		return o.Windows(c)
	}
	w, _ := any(c).(Windows)
	return w
}

// Snapshot writes the windows as they are after the last Process. It is called
// by the goroutine that calls Process.
func (e *Engine) Snapshot(w io.Writer) error {
	e.adopt()
	if k := e.options.windows(e.current.correlator); k != nil {
		return k.Snapshot(w)
	}
	return ErrNoWindows
}

// Restore takes windows over, before the first Process. On an error the windows
// are to be made by a replay; none is left half restored.
func (e *Engine) Restore(r io.Reader) (int, error) {
	e.adopt()
	k := e.options.windows(e.current.correlator)
	if k == nil {
		return 0, ErrNoWindows
	}
	n, err := k.Restore(r)
	if err != nil { // start from empty windows, not from some
		if rerr := e.Reload(); rerr != nil {
			return 0, errors.Join(err, rerr)
		}
		e.current = nil
		e.adopt()
	}
	return n, err
}
