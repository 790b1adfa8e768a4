// Encoding and decoding with libav. Each object belongs to one thread at a time.
#ifndef CALLCAST_AV_H
#define CALLCAST_AV_H

#include <stdint.h>

// CC_CHUNK is how many samples of each channel may be pushed into an encoder of sound at once.
enum { CC_CHUNK = 2048 };

// What an encoder of sound is fed with and what it makes.
typedef struct {
	const char *name; // libav's, of the encoder; NULL: the samples themselves are wanted, in frames of 20 ms
	int in_rate, in_channels;
	int rate, channels;
	int bit_rate; // 0: libav's choice
} cc_recipe;

// What one call of an encoder came to.
typedef struct {
	int pushed;          // whether a frame went into libav; negative: libav refused
	const uint8_t *data; // what libav gave for it; valid until the next call; NULL: nothing yet
	int size;
	int key; // pictures: decodable on its own
} cc_packet;

// An encoder of sound, fed with interleaved samples.
typedef struct cc_encoder cc_encoder;

// Returns NULL if libav has no such encoder.
cc_encoder *cc_encoder_open(const cc_recipe *recipe);

// What a decoder must know, if anything: for AAC the AudioSpecificConfig (ISO 14496-3).
const uint8_t *cc_encoder_config(const cc_encoder *e, int *size);

// Samples of a frame, and how many samples later than they went in samples come out of a decoder. Both at the rate of
// the output.
int cc_encoder_frame(const cc_encoder *e);
int cc_encoder_delay(const cc_encoder *e);

// Takes n samples of each channel, CC_CHUNK at most. Returns negative if libav refused.
int cc_encoder_push(cc_encoder *e, const int16_t *samples, int n);

// Encodes a frame, if one is complete. pushed is 0 if none is.
cc_packet cc_encoder_next(cc_encoder *e);

// Completes a begun frame with silence, if there is one, and forgets what came before the next sample.
int cc_encoder_fill(cc_encoder *e);

void cc_encoder_close(cc_encoder *e);

// A decoder of sound. What it gives has the rate it was opened with, and one or two channels as the sound has.
typedef struct cc_sound cc_sound;

// Returns NULL if libav has no such decoder. config may be empty.
cc_sound *cc_sound_open(const char *name, int rate, int channels, const uint8_t *config, int size);

// Decodes one packet. Returns how many interleaved samples of each channel stand at samples until the next call;
// negative: the data is unusable.
int cc_sound_decode(cc_sound *s, const uint8_t *data, int size, const int16_t **samples);

// How many channels the samples of the last packet have.
int cc_sound_channels(const cc_sound *s);

void cc_sound_close(cc_sound *s);

// Converts a whole clip of one channel into at most room samples. Returns how many; negative: libav refused.
int cc_resample(const int16_t *in, int n, int from, int to, int16_t *out, int room);

// A decoder of pictures: of H.264 byte streams (Annex B) and of VP8.
typedef struct cc_picture cc_picture;

// Returns NULL if libav has no such decoder. One that is eager gives pictures in the order in which they come, without
// waiting for those that are to be shown before.
cc_picture *cc_picture_open(const char *name, int eager);

// Takes one access unit. Returns negative if the data is unusable.
int cc_picture_send(cc_picture *d, const uint8_t *data, int size, int64_t pts);

// Moves on to the next picture that is ready. Returns 0 if none is.
int cc_picture_next(cc_picture *d);

// Drops what is inside.
void cc_picture_flush(cc_picture *d);

// Time and size of the present picture.
int64_t cc_picture_pts(const cc_picture *d);
void cc_picture_size(const cc_picture *d, int *width, int *height);

// Scales the present picture to width x height in RGBA. Returns negative if there is none.
int cc_picture_rgba(cc_picture *d, uint8_t *dst, int width, int height);

void cc_picture_close(cc_picture *d);

// An encoder of pictures.
typedef struct cc_video cc_video;

// Reports whether libav has such an encoder.
int cc_video_known(const char *name);

// Returns NULL if libav has no such encoder or it does not take this size. level is that of H.264.
cc_video *cc_video_open(const char *name, int width, int height, int bit_rate, int level);

// For H.264 the parameter sets, with start codes.
const uint8_t *cc_video_config(const cc_video *v, int *size);

// Encodes the present picture of a decoder, cut to the encoder's size.
cc_packet cc_video_encode(cc_video *v, const cc_picture *from, int key);

// The form of a picture of three planes. chroma is how the planes of colour are smaller: 0 both ways, 1 in width, 2 not.
typedef struct {
	int width, height;
	int y_stride, c_stride;
	int chroma;
} cc_planes;

// Encodes a picture of another origin, scaled to the encoder's size.
cc_packet cc_video_encode_planes(cc_video *v, const cc_planes *form, const uint8_t *y, const uint8_t *cb, const uint8_t *cr,
	int64_t pts, int key);

void cc_video_close(cc_video *v);

// Keeps libav from writing to standard error.
void cc_quiet(void);

#endif
