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
