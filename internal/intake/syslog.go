package intake

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/tocsin-project/tocsin/internal/journal"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

const (
	maxConnections = 4096
	readChunk      = 64 << 10
	udpBuffer      = 8 << 20
)

// Syslog receives RFC 3164 and RFC 5424 messages, and whatever else is sent to
// a syslog port, over UDP and TCP on one address.
type Syslog struct {
	Tenant    tenant.ID
	Sink      Sink
	Exercises *Exercises
	Metrics   *Metrics
	Log       *slog.Logger
	Now       func() time.Time

	tcp   net.Listener
	udp   *net.UDPConn
	wg    sync.WaitGroup
	stop  context.CancelFunc
	mu    sync.Mutex
	conns map[net.Conn]struct{}
}

// Start listens on addr; port 0 takes a free one, the same for both.
func (s *Syslog) Start(addr string) error {
	var err error
	for range 20 { // port 0: the free TCP port may be taken for UDP
		if s.tcp, err = net.Listen("tcp", addr); err != nil {
			return fmt.Errorf("listen for syslog on %s: %w", addr, err)
		}
		var pc net.PacketConn
		if pc, err = net.ListenPacket("udp", s.tcp.Addr().String()); err == nil {
			s.udp = pc.(*net.UDPConn)
			break
		}
		s.tcp.Close()
		if _, port, _ := net.SplitHostPort(addr); port != "0" {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("listen for syslog on %s/udp: %w", addr, err)
	}
	_ = s.udp.SetReadBuffer(udpBuffer) // the kernel may grant less
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	s.conns = map[net.Conn]struct{}{}
	s.wg.Go(func() { s.serveUDP() })
	s.wg.Go(func() { s.serveTCP(ctx) })
	return nil
}

// Addr is where it listens.
func (s *Syslog) Addr() string { return s.tcp.Addr().String() }

// Stop closes the ports and the connections and waits until what was read is
// handed over.
func (s *Syslog) Stop() {
	s.tcp.Close()
	_ = s.udp.SetReadDeadline(time.Now()) // what the kernel holds is still read
	s.mu.Lock()
	for c := range s.conns {
		_ = c.SetReadDeadline(time.Now().Add(100 * time.Millisecond)) // drain the socket, then end
	}
	s.mu.Unlock()
	s.wg.Wait()
	s.udp.Close()
	s.stop()
}

func (s *Syslog) record(raw []byte, truncated bool, transport, peer string) journal.Record {
	return journal.Record{
		Tenant: s.Tenant, Received: s.Now().UnixNano(), Source: "syslog", Transport: transport, Peer: peer,
		Exercise: s.Exercises.Of(raw), Truncated: truncated, Raw: raw,
	}
}

func (s *Syslog) serveUDP() {
	buf := make([]byte, 1<<16)
	for {
		n, from, err := s.udp.ReadFromUDPAddrPort(buf)
		if err != nil {
			if errors.Is(err, net.ErrClosed) || isTimeout(err) {
				return
			}
			s.Log.Warn("reading a datagram failed", "error", err)
			continue
		}
		msg := trim(buf[:n])
		if len(msg) == 0 {
			continue
		}
		records := []journal.Record{s.record(append([]byte(nil), msg...), false, "syslog-udp", host(from))}
		if !s.Sink.Offer(records) {
			s.Metrics.dropped.WithLabelValues("syslog-udp").Inc()
			continue
		}
		s.Metrics.took("syslog-udp", records)
	}
}

func (s *Syslog) serveTCP(ctx context.Context) {
	for {
		c, err := s.tcp.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			s.Log.Warn("accepting a syslog connection failed", "error", err)
			time.Sleep(50 * time.Millisecond) // out of file descriptors: let some close
			continue
		}
		s.mu.Lock()
		n := len(s.conns)
		if n < maxConnections {
			s.conns[c] = struct{}{}
		}
		s.mu.Unlock()
		if n >= maxConnections {
			s.Log.Warn("too many syslog connections, refused one", "peer", c.RemoteAddr(), "limit", maxConnections)
			c.Close()
			continue
		}
		s.Metrics.connections.Inc()
		s.wg.Go(func() {
			s.serveConn(ctx, c)
			s.mu.Lock()
			delete(s.conns, c)
			s.mu.Unlock()
			s.Metrics.connections.Dec()
		})
	}
}

func (s *Syslog) serveConn(ctx context.Context, c net.Conn) {
	defer c.Close()
	peer := ""
	if a, err := netip.ParseAddrPort(c.RemoteAddr().String()); err == nil {
		peer = host(a)
	}
	f := framer{limit: MaxMessage}
	buf := make([]byte, readChunk)
	for {
		n, err := c.Read(buf)
		var records []journal.Record
		arena := make([]byte, 0, n+len(f.buf)) // messages outlive the read buffer
		take := func(msg []byte, truncated bool) {
			if len(msg) == 0 {
				return
			}
			at := len(arena)
			arena = append(arena, msg...)
			records = append(records, s.record(arena[at:len(arena):len(arena)], truncated, "syslog-tcp", peer))
		}
		f.push(buf[:n], take)
		if err != nil {
			f.rest(take)
		}
		for len(records) > 0 {
			k := min(len(records), 1000)
			if !s.Sink.Enqueue(ctx, records[:k]) {
				s.Metrics.dropped.WithLabelValues("syslog-tcp").Add(float64(len(records)))
				return
			}
			s.Metrics.took("syslog-tcp", records[:k])
			records = records[k:]
		}
		if err != nil {
			return
		}
	}
}

func host(a netip.AddrPort) string { return a.Addr().Unmap().WithZone("").String() }

func isTimeout(err error) bool {
	ne, ok := errors.AsType[net.Error](err)
	return ok && ne.Timeout()
}
