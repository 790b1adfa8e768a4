//go:build cgo && !nolibav

#include "telephone.h"

#include <math.h>
#include <string.h>

// bessel is the modified Bessel function I0, for the Kaiser window.
static double bessel(double x)
{
	double sum = 1, term = 1;
	for (int k = 1; k < 40; k++) {
		term *= (x / (2 * k)) * (x / (2 * k));
		sum += term;
	}
	return sum;
}

// The filter is a low-pass at 4 kHz, the highest frequency that a rate of 8 kHz can hold. Images above it fall by 60 dB.
void cc_telephone_design(cc_telephone *f)
{
	const double beta = 6;
	for (int i = 0; i < FACTOR * TAPS; i++) {
		double t = (double)(i - DELAY) / FACTOR, w = (double)(i - DELAY) / DELAY;
		double sinc = t == 0 ? 1 : sin(M_PI * t) / (M_PI * t);
		f->filter[i % FACTOR][TAPS - 1 - i / FACTOR] = sinc * bessel(beta * sqrt(1 - w * w)) / bessel(beta);
	}
	cc_telephone_begin(f);
}

void cc_telephone_begin(cc_telephone *t)
{
	memset(t->past, 0, sizeof t->past);
	t->at = 0;
	t->skip = DELAY;
}

// interpolate makes the FACTOR output samples that one input sample leads to.
static void interpolate(cc_telephone *f, float in, float *restrict out)
{
	f->past[f->at] = f->past[f->at + TAPS] = in;
	f->at = (f->at + 1) % TAPS;
	const float *restrict past = f->past + f->at;
	for (int p = 0; p < FACTOR; p++) {
		float sum = 0;
		for (int t = 0; t < TAPS; t++)
			sum += f->filter[p][t] * past[t];
		out[p] = sum;
	}
}

int cc_telephone_convert(cc_telephone *t, const int16_t *in, int n, float *out)
{
	int made = 0;
	for (int i = 0; i < n; i++) {
		interpolate(t, in[i] * (1.0f / 32768), out + made);
		if (t->skip > 0)
			t->skip -= FACTOR;
		else
			made += FACTOR;
	}
	return made;
}
