package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
)

// party is the media side of whoever is called.
type party interface {
	// accept answers an SDP offer, and says where the media goes.
	accept(sdp string) (answer string, to target, err error)
	// start begins to send.
	start(ctx context.Context, to target)
}

// callee is a SIP user agent (RFC 3261) that is called and answers at once. Each user name can be called once. It
// speaks UDP and knows what a call on a loopback interface needs: INVITE and its retransmissions, ACK, and 200 for
// everything else.
type callee struct {
	conn    *net.UDPConn
	running sync.WaitGroup

	mu      sync.Mutex // guards what follows
	parties map[string]party
	answers map[string][]byte // by Call-ID
	err     error
}

func startCallee(ctx context.Context) (*callee, error) {
	conn, err := net.ListenUDP("udp", loopback(0))
	if err != nil {
		return nil, err
	}
	c := &callee{conn: conn, parties: map[string]party{}, answers: map[string][]byte{}}
	c.running.Go(func() { c.serve(ctx) })
	return c, nil
}

// expect has calls to a user taken by a party. It returns the URI to call.
func (c *callee) expect(user string, p party) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.parties[user] = p
	return c.uri(user)
}

func (c *callee) uri(user string) string { return fmt.Sprintf("sip:%s@%s", user, c.conn.LocalAddr()) }

// close stops answering and returns what went wrong.
func (c *callee) close() error {
	_ = c.conn.Close()
	c.running.Wait()
	return c.err
}

func (c *callee) serve(ctx context.Context) {
	buffer := make([]byte, 1<<16)
	for {
		n, from, err := c.conn.ReadFromUDPAddrPort(buffer)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		r, ok := parseRequest(string(buffer[:n]))
		if err != nil || !ok || r.method == "ACK" {
			continue
		}
		if r.method != "INVITE" {
			c.send(from, r.reply("200 OK", ""))
			continue
		}
		if err := c.invite(ctx, from, r); err != nil {
			c.mu.Lock()
			c.err = errors.Join(c.err, err)
			c.mu.Unlock()
			c.send(from, r.reply("500 Error", ""))
		}
	}
}

func (c *callee) invite(ctx context.Context, from netip.AddrPort, r request) error {
	id := r.header["call-id"]
	c.mu.Lock()
	defer c.mu.Unlock()
	if again, ok := c.answers[id]; ok {
		c.send(from, again)
		return nil
	}
	p := c.parties[r.user]
	if p == nil {
		return fmt.Errorf("nobody expects a call to %q", r.user)
	}
	delete(c.parties, r.user)
	answer, to, err := p.accept(r.body)
	if err != nil {
		return err
	}
	c.send(from, r.reply("180 Ringing", ""))
	c.answers[id] = r.reply("200 OK", answer,
		fmt.Sprintf("Contact: <sip:%s@%s>", r.user, c.conn.LocalAddr()), "Content-Type: application/sdp")
	c.send(from, c.answers[id])
	p.start(ctx, to)
	return nil
}

// send answers. A caller that is gone does not hear it.
func (c *callee) send(to netip.AddrPort, text []byte) { _, _ = c.conn.WriteToUDPAddrPort(text, to) }

// request is a SIP request.
type request struct {
	method, user string
	header       map[string]string // by lower-case long name; a name that stands twice keeps its lines together
	vias         []string
	body         string
}

func parseRequest(text string) (request, bool) {
	head, body, _ := strings.Cut(text, "\r\n\r\n")
	first, rest, _ := strings.Cut(head, "\r\n")
	fields := strings.Fields(first)
	if len(fields) != 3 || fields[2] != "SIP/2.0" {
		return request{}, false
	}
	user, _, _ := strings.Cut(strings.TrimPrefix(fields[1], "sip:"), "@")
	r := request{method: fields[0], user: user, header: map[string]string{}, body: body}
	for line := range strings.SplitSeq(rest, "\r\n") {
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			continue
		}
		name, value = strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(value)
		if name == "via" {
			r.vias = append(r.vias, value)
		}
		r.header[name] = value
	}
	return r, true
}

// reply answers the request (RFC 3261 section 8.2.6).
func (r request) reply(status, body string, more ...string) []byte {
	lines := []string{"SIP/2.0 " + status}
	for _, via := range r.vias {
		lines = append(lines, "Via: "+via)
	}
	to := r.header["to"]
	if !strings.Contains(to, ";tag=") {
		to += ";tag=bench"
	}
	lines = append(lines, "From: "+r.header["from"], "To: "+to, "Call-ID: "+r.header["call-id"], "CSeq: "+r.header["cseq"])
	lines = append(lines, more...)
	lines = append(lines, fmt.Sprintf("Content-Length: %d", len(body)), "", body)
	return []byte(strings.Join(lines, "\r\n"))
}
