package sandbox

import (
	"context"
	"crypto/rand"
	"fmt"
	"math/big"
	"time"
)

// message is an SMS with a code.
type message struct {
	phone     string
	code      string // 6 digits (facts/cmd.md 4)
	reference string // 8 characters, shown on the page too
	sent      time.Time
	until     time.Time
	void      bool // used, replaced, or its process has ended
}

func (m *message) text() string {
	return fmt.Sprintf("CMD (TESTE): Código de segurança: %s. Assinatura do documento %s", m.code, m.reference)
}

func (m *message) valid(now time.Time) bool { return !m.void && !now.After(m.until) }

// maxPhones caps the outbox; the oldest message makes room.
const maxPhones = 1000

// sendCode gives the process a new code, the only one that counts from now on. A silent one reaches no phone.
func (s *Sandbox) sendCode(p *process, silent bool) {
	now := s.cfg.Now()
	number, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		panic(err) // crypto/rand never fails
	}
	m := &message{
		phone: p.phone, code: fmt.Sprintf("%06d", number), reference: reference(),
		sent: now, until: now.Add(s.cfg.CodeValidity),
	}
	s.voidCode(p)
	p.message = m
	p.sends++
	if silent {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.outbox[m.phone]; !known && len(s.outbox) >= maxPhones {
		oldest := m
		for _, other := range s.outbox {
			if other.sent.Before(oldest.sent) {
				oldest = other
			}
		}
		delete(s.outbox, oldest.phone)
	}
	s.outbox[m.phone] = m
	s.counts.Messages++
	close(s.sent)
	s.sent = make(chan struct{})
}

func (s *Sandbox) voidCode(p *process) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.message != nil {
		p.message.void = true
	}
}

// reference has no letters or digits that people mistake for others.
func reference() string {
	const alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
	b := make([]byte, 8)
	_, _ = rand.Read(b) // never fails
	for i := range b {
		b[i] = alphabet[int(b[i])%len(alphabet)]
	}
	return string(b)
}

// Code is what the last SMS to a phone says, as long as that code counts. The phone is in E.164, "+351900000001";
// spaces and a national number are understood.
func (s *Sandbox) Code(phone string) (code, reference string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lastCode(phone)
}

func (s *Sandbox) lastCode(phone string) (code, reference string, ok bool) {
	m := s.outbox[canonicalPhone(phone)]
	if m == nil || !m.valid(s.cfg.Now()) {
		return "", "", false
	}
	return m.code, m.reference, true
}

// WaitCode waits until a phone has a code that counts, and returns it as Code does; it fails when ctx ends or the
// sandbox closes first.
func (s *Sandbox) WaitCode(ctx context.Context, phone string) (code, reference string, err error) {
	for {
		s.mu.Lock()
		code, reference, ok := s.lastCode(phone)
		sent := s.sent
		s.mu.Unlock()
		if ok {
			return code, reference, nil
		}
		select {
		case <-sent:
		case <-s.closed:
			return "", "", fmt.Errorf("sandbox: closed while waiting for a code")
		case <-ctx.Done():
			return "", "", fmt.Errorf("sandbox: waiting for a code: %w", ctx.Err())
		}
	}
}
