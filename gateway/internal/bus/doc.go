// Package bus holds the published state of the gateway, one latest value an entity, and hands it to any number of
// subscribers: everything that exists first, then every change, with nothing lost in between.
//
// Publishing never waits. A subscriber that does not ask for a while gets, for each entity that changed, its latest
// value only. Everything is safe for concurrent use.
package bus
