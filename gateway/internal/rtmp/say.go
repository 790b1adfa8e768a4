package rtmp

import (
	"bytes"

	"github.com/yutopp/go-amf0"
	gomessage "github.com/yutopp/go-rtmp/message"
)

// command sends a command message.
func (c *conn) command(stream uint32, name string, transaction int64, body gomessage.AMFConvertible) error {
	var buf bytes.Buffer
	enc := gomessage.NewAMFEncoder(&buf, gomessage.EncodingTypeAMF0)
	if err := gomessage.EncodeBodyAnyValues(enc, body); err != nil {
		return err
	}
	return c.write(chunkCommand, stream, 0, &gomessage.CommandMessage{
		CommandName: name, TransactionID: transaction, Encoding: gomessage.EncodingTypeAMF0, Body: &buf,
	})
}

// tag sends an audio or video message.
func (c *conn) tag(stream uint32, t Tag) error {
	payload := bytes.NewReader(t.Payload)
	if t.Type == TagVideo {
		return c.write(chunkVideo, stream, t.Timestamp, &gomessage.VideoMessage{Payload: payload})
	}
	return c.write(chunkAudio, stream, t.Timestamp, &gomessage.AudioMessage{Payload: payload})
}

// data sends a data message: a name and values. Its timestamp is always 0: FFmpeg takes a later onMetaData for a
// track of subtitles.
func (c *conn) data(stream uint32, name string, values ...any) error {
	var buf bytes.Buffer
	enc := amf0.NewEncoder(&buf)
	for _, v := range values {
		if err := enc.Encode(v); err != nil {
			return err
		}
	}
	return c.write(chunkData, stream, 0, &gomessage.DataMessage{
		Name: name, Encoding: gomessage.EncodingTypeAMF0, Body: &buf,
	})
}

// array makes what onMetaData carries an ECMA array, as all senders do.
func (m Metadata) array() amf0.ECMAArray { return amf0.ECMAArray(m.values()) }
