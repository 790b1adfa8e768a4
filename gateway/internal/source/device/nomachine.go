//go:build !cgo || nolibav || ci

package device

import "callcast/gateway"

// machine has no devices in this build.
type machine struct{}

// Machine is the machine that this program runs on. This build knows no devices.
func Machine() Opener { return machine{} }

func (machine) List() ([]gateway.Device, error) { return nil, nil }

func (machine) Microphone(string) (Microphone, error) { return nil, ErrMissing }

func (machine) Camera(string) (Camera, error) { return nil, ErrMissing }
