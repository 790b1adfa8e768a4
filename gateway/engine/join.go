package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// joined returns when all that runs is down, or names what is left when ctx ends.
func joined(ctx context.Context, kind string, running *sync.WaitGroup, left func() []string) error {
	down := make(chan struct{})
	go func() {
		running.Wait()
		close(down)
	}()
	select {
	case <-down:
		return nil
	case <-ctx.Done():
	}
	var errs []error
	for _, id := range left() {
		errs = append(errs, fmt.Errorf("%s %s did not end in time", kind, id))
	}
	return errors.Join(errs...)
}
