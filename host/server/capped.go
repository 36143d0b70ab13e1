package server

import (
	"net"
	"net/netip"
	"sync"
)

// capped takes so many connections at a time, and so many of one client. More are closed unread: to keep them waiting would let one
// client keep out the others.
type capped struct {
	net.Listener
	total, each int
	refused     func()

	mu      sync.Mutex
	open    int
	clients map[netip.Addr]int
}

func newCapped(l net.Listener, total, each int, refused func()) *capped {
	return &capped{Listener: l, total: total, each: each, refused: refused, clients: map[netip.Addr]int{}}
}

// Accept gives the next connection that there's room for.
func (l *capped) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		client := clientOf(c.RemoteAddr().String())
		if l.take(client) {
			return &cappedConn{Conn: c, back: sync.OnceFunc(func() { l.giveBack(client) })}, nil
		}
		l.refused()
		c.Close()
	}
}

func (l *capped) take(client netip.Addr) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open >= l.total || l.clients[client] >= l.each {
		return false
	}
	l.open++
	l.clients[client]++
	return true
}

func (l *capped) giveBack(client netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open--
	if l.clients[client]--; l.clients[client] == 0 {
		delete(l.clients, client)
	}
}

type cappedConn struct {
	net.Conn
	back func()
}

// Close gives the place back.
func (c *cappedConn) Close() error {
	defer c.back()
	return c.Conn.Close()
}
