package sip

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestKeyRequestsBackOff(t *testing.T) {
	k, start := &keyRequest{}, time.Now()
	require.True(t, k.want(start))
	require.False(t, k.want(start), "already on its way")
	type ask struct {
		at   time.Duration
		info bool
	}
	var got []ask
	for at := time.Duration(0); at < 20*time.Second; at += 20 * time.Millisecond {
		if rtcp, info := k.next(start.Add(at)); rtcp {
			got = append(got, ask{at, info})
		}
	}
	require.Equal(t, []ask{
		{0, false},
		{500 * time.Millisecond, true},
		{1500 * time.Millisecond, true},
		{3500 * time.Millisecond, true},
		{7500 * time.Millisecond, true},
		{15500 * time.Millisecond, true},
	}, got)
	require.Equal(t, uint64(6), k.count())
	k.got()
	rtcp, info := k.next(start.Add(time.Minute))
	require.False(t, rtcp || info)
}

func TestKeyRequestsKeepADistance(t *testing.T) {
	k, start := &keyRequest{}, time.Now()
	var infos []time.Duration
	asked := 0
	for at := time.Duration(0); at < 10*time.Second; at += 20 * time.Millisecond {
		now := start.Add(at)
		k.want(now)
		rtcp, info := k.next(now)
		if rtcp {
			asked++
		}
		if info {
			infos = append(infos, at)
			k.got() // each INFO is heeded, and the next picture is lost again
		} else if rtcp && asked%2 == 0 {
			k.got()
		}
	}
	for i := 1; i < len(infos); i++ {
		require.GreaterOrEqual(t, infos[i]-infos[i-1], keyRepeat)
	}
	require.LessOrEqual(t, asked, int(10*time.Second/keySpacing))
}

func TestKeyRequestWithNobodyToAsk(t *testing.T) {
	k, start := &keyRequest{}, time.Now()
	k.want(start)
	rtcp, _ := k.next(start)
	require.True(t, rtcp)
	k.unsent()
	require.True(t, k.want(start.Add(30*time.Millisecond)), "the first packet came: ask at once")
	rtcp, info := k.next(start.Add(30 * time.Millisecond))
	require.True(t, rtcp)
	require.False(t, info, "INFO has its patience")
}
