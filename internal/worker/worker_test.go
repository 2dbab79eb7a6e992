package worker_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tocsin-project/tocsin/internal/worker"
)

// What waits is done at once, one after the other; a failure waits for the next
// look; being idle tidies; waking looks at once.
func TestALoopWorksOffWhatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		var did []string
		note := func(what string) { did = append(did, what+"@"+time.Since(begun).String()) }
		queue := []string{"a", "b", "broken", "c"}
		ctx, cancel := context.WithCancel(t.Context())
		l := worker.New(worker.Loop{What: "tests", Idle: time.Minute, Log: slog.New(slog.DiscardHandler),
			Next: func(context.Context) (bool, error) {
				if len(queue) == 0 {
					return false, nil
				}
				x := queue[0]
				queue = queue[1:]
				note(x)
				if x == "broken" {
					return true, errors.New(x)
				}
				return true, nil
			},
			Tidy: func(context.Context) error { note("tidy"); return nil }})
		done := make(chan error, 1)
		go func() { done <- l.Run(ctx) }()
		time.Sleep(90 * time.Second)
		queue = append(queue, "d")
		l.Wake()
		synctest.Wait()
		cancel()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if want := []string{"a@0s", "b@0s", "broken@0s", "tidy@1m0s", "c@1m0s", "d@1m30s"}; !slices.Equal(did, want) {
			t.Fatalf("%v, want %v", did, want)
		}
	})
}
