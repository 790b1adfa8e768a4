package transcode

import (
	"time"

	"callcast/gateway/internal/media"
)

// Silence is 20 ms of silence in a codec of sound, such as its encoder makes when it has been quiet for a while.
func Silence(c media.Codec) ([]byte, error) {
	const frame = 20 * time.Millisecond
	const samples = telephoneRate / 50
	if isTelephone(c) {
		return media.Silence(c, samples), nil
	}
	enc, err := NewSoundEncoder(c, telephoneRate, 1)
	if err != nil {
		return nil, err
	}
	defer enc.Close()
	var last []byte
	for n := range time.Duration(10) {
		units, err := enc.Encode(make([]int16, samples), n*frame)
		if err != nil {
			return nil, err
		}
		for _, u := range units {
			last = u.Payload
		}
	}
	return last, nil
}
