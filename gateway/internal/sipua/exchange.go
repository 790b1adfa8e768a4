package sipua

import (
	"context"
	"errors"
	"fmt"

	"github.com/emiago/sipgo/sip"
)

// authError is a challenge that was not or could not be met.
type authError struct{ err error }

func (e *authError) Error() string { return e.err.Error() }
func (e *authError) Unwrap() error { return e.err }

func challenges(res *sip.Response) bool {
	return res.StatusCode == sip.StatusUnauthorized || res.StatusCode == sip.StatusProxyAuthRequired
}

// exchange sends a request that is not INVITE and waits for its final response, meeting challenges on the way. build
// makes the request anew for each try. A challenge that cannot be met comes back as an authError beside the response.
func (a *Agent) exchange(ctx context.Context, creds *credentials, build func(context.Context) (*sip.Request, error)) (*sip.Response, error) {
	creds.begin()
	for {
		req, err := build(ctx)
		if err != nil {
			return nil, err
		}
		if err := creds.apply(req); err != nil {
			return nil, err
		}
		res, err := a.roundTrip(ctx, req)
		if err != nil || !challenges(res) {
			return res, err
		}
		if err := creds.learn(res); err != nil {
			return res, &authError{err}
		}
	}
}

func (a *Agent) roundTrip(ctx context.Context, req *sip.Request) (*sip.Response, error) {
	tx, err := a.tx.Request(ctx, req)
	if err != nil {
		return nil, fmt.Errorf("send %s: %w", req.Method, err)
	}
	defer tx.Terminate()
	for {
		select {
		case res := <-tx.Responses():
			if !res.IsProvisional() {
				return res, nil
			}
		case <-tx.Done():
			return nil, fmt.Errorf("send %s: %w", req.Method, inTime(req, tx.Err()))
		case <-a.cut:
			return nil, errClosed
		case <-ctx.Done():
			return nil, fmt.Errorf("send %s: %w", req.Method, ctx.Err())
		}
	}
}

// inTime says whose answer a transaction waited for in vain, if it did.
func inTime(req *sip.Request, err error) error {
	if !errors.Is(err, sip.ErrTransactionTimeout) {
		return err
	}
	return fmt.Errorf("no answer from %s by %s: %w; check address, port and transport, and the firewalls between",
		req.Destination(), req.Transport(), sip.ErrTransactionTimeout)
}
