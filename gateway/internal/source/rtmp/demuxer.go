package rtmp

import (
	"errors"
	"log/slog"
	"time"

	"callcast/gateway/internal/media"
	"callcast/gateway/internal/rtmp"
)

// unsupported is an encoding that publishers may use and streams don't hold.
type unsupported string

func (u unsupported) Error() string {
	return string(u) + " cannot be taken: publish H.264, with AAC, G.711 or Speex"
}

var (
	errShort    = errors.New("tag too short")
	errNoConfig = errors.New("no sequence header yet")
)

// demuxer turns tags into units. Its zero value is ready; the units' timeline begins at the first unit.
type demuxer struct {
	clock   timeline
	sound   sound
	picture picture
}

// unit returns the unit in a tag that came now, nil if the tag only describes what follows.
func (d *demuxer) unit(tag rtmp.Tag, now time.Time) (*media.Unit, error) {
	if len(tag.Payload) == 0 {
		return nil, nil // some encoders fill pauses with them
	}
	read := d.sound.unit
	if tag.Type == rtmp.TagVideo {
		read = d.picture.unit
	}
	u, err := read(tag.Payload)
	if u == nil || err != nil {
		return nil, err
	}
	at := d.clock.at(u.Kind(), tag.Timestamp, now)
	u.DTS, u.PTS, u.Arrived = at, at+u.PTS, now
	return u, nil
}

// pump writes what read returns until that fails, or a tag is of a codec that no stream holds. Damaged tags are left
// out and counted.
func (d *demuxer) pump(read func() (rtmp.Tag, error), write func(*media.Unit), log *slog.Logger) error {
	damaged, unread := 0, 0
	defer func() {
		if damaged+unread > 0 {
			log.Warn("rtmp tags were left out", "damaged", damaged, "without sequence header", unread)
		}
	}()
	for {
		tag, err := read()
		if err != nil {
			return err
		}
		u, err := d.unit(tag, time.Now())
		switch {
		case errors.As(err, new(unsupported)):
			return err
		case errors.Is(err, errNoConfig):
			if unread++; unread == 1 {
				log.Warn("rtmp media comes without its sequence header and cannot be read", "type", tag.Type)
			}
		case err != nil:
			damaged++
		case u != nil:
			write(u)
		}
	}
}
