package notify

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/problem"
)

const (
	maxSends = 16               // at the same time
	maxOther = 12               // of them anything but pages: slow mail never holds up a page
	sendFor  = 20 * time.Second // one try, at most
	leaseFor = 45 * time.Second // longer than waiting at the gate and a try together
	idle     = time.Second      // between looks that no commit asked for
	grace    = 5 * time.Second  // for sends under way when the worker stops
)

// Run sends what is due until ctx ends; then it waits for the sends under way.
func (s *Service) Run(ctx context.Context) error {
	if s.DB.Engine() == db.SQLite {
		// Nobody else sends from this file, so whatever is leased was left by
		// a process that died: its pages do not wait for the lease.
		if n, err := expireLeases(ctx, s.DB.System("notify"), s.Now()); err != nil {
			return fmt.Errorf("take up messages of the last run: %w", err)
		} else if n > 0 {
			s.Log.Warn("sending again what the last process had begun", "messages", n)
		}
	}
	sending, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(nil)
	var wg sync.WaitGroup
	tick := time.NewTicker(idle)
	defer tick.Stop()
	for ctx.Err() == nil {
		n, err := s.start(ctx, sending, &wg)
		if err != nil && ctx.Err() == nil {
			s.Log.Error("reading the outbox failed, will try again", "error", err)
		}
		if n > 0 && err == nil {
			continue
		}
		select {
		case <-ctx.Done():
		case <-s.wake:
		case <-tick.C:
			s.watch(ctx)
		}
	}
	stop := time.AfterFunc(grace, func() { cancel(errStopping) })
	defer stop.Stop()
	wg.Wait()
	return nil
}

// Due sends what is due now, once, waits for it, and returns how many that
// were: for tests with a clock of their own.
func (s *Service) Due(ctx context.Context) (int, error) {
	var wg sync.WaitGroup
	defer wg.Wait()
	return s.start(ctx, ctx, &wg)
}

// start claims as many messages as there are free places and sends each in its
// own goroutine.
func (s *Service) start(ctx, sending context.Context, wg *sync.WaitGroup) (int, error) {
	s.mu.Lock()
	free, other := maxSends-s.pages-s.others, maxOther-s.others
	s.mu.Unlock()
	if free <= 0 {
		return 0, nil
	}
	pagesOnly := other <= 0
	if !pagesOnly {
		// A batch may be all mail, so it may not exceed mail's places; pages
		// come first in it, and the next round takes the rest.
		free = min(free, other)
	}
	now := s.Now()
	batch, err := claim(ctx, s.DB.System("notify"), now, now.Add(leaseFor), free, pagesOnly)
	for _, m := range batch {
		s.count(m.Message.Kind, 1)
		wg.Go(func() {
			defer s.poke() // a place is free
			defer s.count(m.Message.Kind, -1)
			s.deliver(sending, m)
		})
	}
	return len(batch), err
}

func (s *Service) count(kind string, by int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if kind == KindPage {
		s.pages += by
	} else {
		s.others += by
	}
}

// deliver makes one try. Between entering the gate and leaving it the run
// cannot be acknowledged; the row is read again behind the gate, because the
// acknowledgement may have come between the claim and here.
func (s *Service) deliver(ctx context.Context, m claimed) {
	sending, leave, err := s.gate.enter(ctx, m.Message.Run)
	if err != nil {
		return // stopping: the lease is taken up by the next process
	}
	defer leave()
	ours, err := stillOurs(ctx, s.DB.For(m.Tenant, "system"), m.ID, m.Attempt)
	if err != nil {
		s.Log.Error("reading a message failed; its lease will run out", "message", m.ID, "error", err)
		return
	}
	if !ours {
		return
	}
	address, provider, err := s.try(sending, m)
	out := outcome{provider: withoutAddresses(provider, address)}
	switch {
	case err == nil:
	case sending.Err() != nil: // interrupted, not refused
		out.err, out.interrupted = context.Cause(sending), true
	default:
		out.err = redact(err, address)
	}
	s.settle(context.WithoutCancel(ctx), m, out)
}

// try looks the address up and calls the channel.
func (s *Service) try(ctx context.Context, m claimed) (address, provider string, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in channel %s: %v", m.Message.Channel, p)
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, sendFor)
	defer cancel()
	name, address, err := s.Addresses.Address(ctx, m.Tenant, m.Message.RecipientKind, m.Message.Recipient)
	if problem.Is(err, problem.NotFound) {
		return "", "", Permanent(errors.New("the recipient has no address any more"))
	}
	if err != nil {
		return "", "", fmt.Errorf("look the address up: %w", err)
	}
	if name == "" {
		name = m.Message.Channel
	}
	channel, ok := s.Channels[name]
	if !ok {
		return address, "", Permanent(fmt.Errorf("channel %q is not configured", name))
	}
	picture, err := s.picture(ctx, m)
	if err != nil {
		return address, "", err
	}
	provider, err = channel.Send(ctx, Delivery{
		ID: m.ID, Kind: m.Message.Kind, Address: address, Subject: m.Message.Subject, Body: m.Message.Body, Link: m.Message.Link,
		CaseID: m.Message.CaseID, Exercise: m.Message.Exercise, Priority: m.Message.Priority, Attempt: m.Attempt, At: s.Now(), Created: m.Created, Picture: picture,
	})
	return address, provider, err
}

// watch keeps the gauge by which an operator learns that pages are stuck.
func (s *Service) watch(ctx context.Context) {
	at, err := oldestPage(ctx, s.DB.System("notify"))
	if err != nil {
		return // reading the outbox will report it
	}
	age := 0.0
	if !at.IsZero() {
		age = s.Now().Sub(at).Seconds()
	}
	s.metrics.oldestPage.Set(age)
}
