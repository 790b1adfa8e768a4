// Encoding and decoding with libav. Each object belongs to one thread at a time.
#ifndef CALLCAST_AV_H
#define CALLCAST_AV_H

#include <stdint.h>

// An encoder of AAC-LC, 48 kHz mono, fed with G.711 at 8 kHz.
typedef struct cc_aac cc_aac;

// What one call of the encoder came to.
typedef struct {
	int taken;           // samples it used up; negative: libav refused
	int pushed;          // whether a frame was completed and went into libav
	const uint8_t *data; // the frame libav gave for it, an earlier one; valid until the next call; NULL: none
	int size;
} cc_result;

// Returns NULL if libav has no such encoder. levels are the linear values of the 256 codes, -1..1; they are copied.
cc_aac *cc_aac_open(const float *levels, int bit_rate);

// The decoder configuration (AudioSpecificConfig, ISO 14496-3).
const uint8_t *cc_aac_config(const cc_aac *a, int *size);

// Takes samples until a frame is complete or none is left.
cc_result cc_aac_push(cc_aac *a, const uint8_t *samples, int n);

// Completes a begun frame with silence, if there is one, and lets the next sample begin a frame.
cc_result cc_aac_fill(cc_aac *a);

void cc_aac_close(cc_aac *a);

// An encoder of Opus in frames of 20 ms.
typedef struct cc_opus cc_opus;

// Returns NULL if libav has no such encoder. It takes rate / 50 interleaved samples of each channel at a time.
cc_opus *cc_opus_open(int rate, int channels, int bit_rate);

// How many samples later than they went in samples come out of a decoder.
int cc_opus_delay(const cc_opus *o);

// Encodes one frame. Returns its size and where it stands until the next call; negative: libav refused.
int cc_opus_encode(cc_opus *o, const int16_t *samples, const uint8_t **data);

void cc_opus_close(cc_opus *o);

// A decoder of AAC to 48 kHz stereo.
typedef struct cc_sound cc_sound;

// config is an AudioSpecificConfig (ISO 14496-3).
cc_sound *cc_sound_open(const uint8_t *config, int size);

// Decodes one frame. Returns how many interleaved samples of each channel stand at samples until the next call;
// negative: the data is unusable.
int cc_sound_decode(cc_sound *s, const uint8_t *data, int size, const int16_t **samples);

void cc_sound_close(cc_sound *s);

// A decoder of H.264 byte streams (Annex B).
typedef struct cc_h264 cc_h264;

cc_h264 *cc_h264_open(void);

// Decodes one access unit. Returns 1 if there is a picture now, 0 if not yet, negative if the data is unusable.
int cc_h264_decode(cc_h264 *d, const uint8_t *data, int size);

// Size of the newest picture.
void cc_h264_size(const cc_h264 *d, int *width, int *height);

// Scales the newest picture to width x height in RGBA. Returns negative if there is none.
int cc_h264_rgba(cc_h264 *d, uint8_t *dst, int width, int height);

void cc_h264_close(cc_h264 *d);

// Keeps libav from writing to standard error.
void cc_quiet(void);

#endif
