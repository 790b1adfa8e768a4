// Package device makes a stream of what somebody at this machine says into a microphone and shows to a camera. Sound is
// encoded once, in the codec that its reader takes, and pictures as H.264; both are stamped by when they came, on one
// timeline, which goes on when the devices are changed.
//
// # Concurrency
//
// All methods are safe for concurrent use. Each open device has one goroutine, which Use and Close join. Drivers are asked
// in goroutines of their own: one that does not answer holds up nobody.
//
// # Imports
//
// Only this package imports github.com/pion/mediadevices, for cameras, and github.com/gen2brain/malgo, for microphones.
package device
