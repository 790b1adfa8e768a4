package sipua

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"

	"callcast/gateway"
)

// maxTries is how often one realm is answered in the life of one request.
const maxTries = 2

// maxRealms bounds the realms one chain of proxies may ask us to keep.
const maxRealms = 8

var (
	errNoPassword  = errors.New("authentication is asked for and there is no password")
	errRefused     = errors.New("the user name or password is wrong")
	errNoChallenge = errors.New("authentication is asked for in a way that is not supported")
)

// credentials answers the digest challenges of one call or registration (RFC 3261 section 22, RFC 8760). The answers
// to every realm seen are kept and sent along, since a proxy and the callee may both ask in one chain.
type credentials struct {
	user     string
	password string

	mu     sync.Mutex // guards realms
	realms []*realm
}

type realm struct {
	header    string // the header that answers: Authorization or Proxy-Authorization
	challenge *digest.Challenge
	count     int // requests answered with this nonce
	tries     int // challenges of this realm to the current request
}

func newCredentials(acc gateway.Account) *credentials {
	user := acc.AuthName
	if user == "" {
		user = acc.Login
	}
	return &credentials{user: user, password: acc.Password.Reveal()}
}

// begin starts a new request: its challenges are counted from none.
func (c *credentials) begin() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range c.realms {
		r.tries = 0
	}
}

// used reports whether any request carried an answer.
func (c *credentials) used() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.realms) > 0
}

// learn takes the challenges of a 401 or 407. It returns an error if answering them again is pointless.
func (c *credentials) learn(res *sip.Response) error {
	ask, answer := "WWW-Authenticate", "Authorization"
	if res.StatusCode == sip.StatusProxyAuthRequired {
		ask, answer = "Proxy-Authenticate", "Proxy-Authorization"
	}
	if c.password == "" {
		return errNoPassword
	}
	best := strongest(res.GetHeaders(ask))
	if len(best) == 0 {
		return errNoChallenge
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, ch := range best {
		if err := c.take(answer, ch); err != nil {
			return err
		}
	}
	return nil
}

func (c *credentials) take(header string, ch *digest.Challenge) error {
	i := slices.IndexFunc(c.realms, func(r *realm) bool {
		return r.header == header && r.challenge.Realm == ch.Realm
	})
	if i < 0 {
		if len(c.realms) >= maxRealms {
			return errRefused
		}
		c.realms = append(c.realms, &realm{header: header, challenge: ch, tries: 1})
		return nil
	}
	r := c.realms[i]
	r.tries++
	same := r.challenge.Nonce == ch.Nonce && !ch.Stale
	if r.tries > maxTries || same {
		return errRefused
	}
	r.challenge, r.count = ch, 0
	return nil
}

// strongest parses the challenges and keeps for each realm the best algorithm.
func strongest(headers []sip.Header) []*digest.Challenge {
	var best []*digest.Challenge
	for _, h := range headers {
		ch, err := digest.ParseChallenge(h.Value())
		if err != nil {
			continue
		}
		for i := range ch.QOP {
			ch.QOP[i] = strings.TrimSpace(ch.QOP[i])
		}
		if !digest.CanDigest(ch) {
			continue
		}
		i := slices.IndexFunc(best, func(b *digest.Challenge) bool { return b.Realm == ch.Realm })
		switch {
		case i < 0:
			best = append(best, ch)
		case strength(ch) > strength(best[i]):
			best[i] = ch
		}
	}
	return best
}

func strength(ch *digest.Challenge) int {
	switch strings.ToUpper(ch.Algorithm) {
	case "", "MD5":
		return 0
	default:
		return 1
	}
}

// apply adds an answer for every realm known.
func (c *credentials) apply(req *sip.Request) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range c.realms {
		r.count++
		answer, err := digest.Digest(r.challenge, digest.Options{
			Method:   req.Method.String(),
			URI:      req.Recipient.String(),
			Username: c.user,
			Password: c.password,
			Count:    r.count,
			GetBody:  func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(req.Body())), nil },
		})
		if err != nil {
			return fmt.Errorf("digest: %w", err)
		}
		req.AppendHeader(sip.NewHeader(r.header, answer.String()))
	}
	return nil
}
