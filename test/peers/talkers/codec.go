package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
	"github.com/pion/webrtc/v4/pkg/media/oggreader"
	"github.com/pion/webrtc/v4/pkg/media/oggwriter"
)

// codec is what the browsers talk in.
type codec struct {
	extension  string // of files
	parameters webrtc.RTPCodecParameters
	step       uint32 // of RTP time in a frame
	load       func(path string) (frames [][]byte, err error)
	record     func(path string) (keeper, error)
	sounds     func(payload []byte) bool // it is not silence
}

// keeper keeps what is heard.
type keeper interface {
	WriteRTP(*rtp.Packet) error
	Close() error
}

func codecs() map[string]codec {
	return map[string]codec{
		"opus": {
			extension: "ogg", step: 960, load: loadOpus, sounds: loud,
			record: func(path string) (keeper, error) { return oggwriter.New(path, 48000, 2) },
			parameters: webrtc.RTPCodecParameters{PayloadType: 111, RTPCodecCapability: webrtc.RTPCodecCapability{
				MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2, SDPFmtpLine: "minptime=10;useinbandfec=1",
			}},
		},
		"PCMA": {
			extension: "alaw", step: frameBytes, load: loadLaw, record: recordLaw,
			sounds: func(payload []byte) bool { return bytes.Count(payload, []byte{0xD5}) < len(payload) },
			parameters: webrtc.RTPCodecParameters{
				PayloadType: 8, RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypePCMA, ClockRate: 8000},
			},
		},
	}
}

// loud tells sound from silence by its size: with a variable bit rate, silence is a few bytes.
func loud(payload []byte) bool { return len(payload) > 32 }

func loadOpus(path string) (frames [][]byte, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	reader, _, err := oggreader.NewWith(file)
	if err != nil {
		return nil, err
	}
	for {
		page, _, err := reader.ParseNextPage()
		if errors.Is(err, io.EOF) {
			return frames, nil
		}
		if err != nil {
			return nil, err
		}
		if !bytes.HasPrefix(page, []byte("OpusTags")) {
			frames = append(frames, page) // it was made with one packet a page
		}
	}
}

const frameBytes = 160 // of 20 ms

func loadLaw(path string) (frames [][]byte, err error) {
	samples, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	for len(samples) >= frameBytes {
		frames, samples = append(frames, samples[:frameBytes]), samples[frameBytes:]
	}
	if len(frames) == 0 {
		return nil, fmt.Errorf("%s holds no frame", path)
	}
	return frames, nil
}

type lawFile struct{ *os.File }

func recordLaw(path string) (keeper, error) {
	file, err := os.Create(path)
	return lawFile{file}, err
}

func (f lawFile) WriteRTP(p *rtp.Packet) error {
	_, err := f.Write(p.Payload)
	return err
}
