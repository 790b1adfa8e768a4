// Making 48 kHz out of the 8 kHz of telephones.
#ifndef CALLCAST_TELEPHONE_H
#define CALLCAST_TELEPHONE_H

#include <stdint.h>

enum {
	FACTOR = 6,                // 48 kHz / 8 kHz
	TAPS = 32,                 // per output sample
	DELAY = FACTOR * TAPS / 2, // of the filter, in output samples
};

// An interpolator whose output is not late: the first DELAY samples are left out.
typedef struct {
	float filter[FACTOR][TAPS]; // one row per output sample of an input sample, oldest input first
	float past[2 * TAPS];       // ring of inputs, kept twice so that TAPS of them always lie in a row
	int at;                     // oldest entry of past
	int skip;                   // output samples to drop
} cc_telephone;

void cc_telephone_design(cc_telephone *t);

// Forgets what came before.
void cc_telephone_begin(cc_telephone *t);

// Returns how many samples it wrote to out, which has room for n * FACTOR.
int cc_telephone_convert(cc_telephone *t, const int16_t *in, int n, float *out);

#endif
