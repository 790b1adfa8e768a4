//go:build cgo && !nolibav

#include "av.h"

#include <libavcodec/avcodec.h>
#include <libswresample/swresample.h>
#include <string.h>

enum {
	CHANNELS = 2,      // at most
	LONGEST = 1 << 14, // samples of a packet, both before and after resampling
};

struct cc_sound {
	AVCodecContext *dec;
	AVFrame *frame;
	AVPacket *packet;
	SwrContext *swr;
	int rate, format, channels; // that swr was made for
	int out_rate, out_channels;
	int16_t out[LONGEST * CHANNELS];
};

cc_sound *cc_sound_open(const char *name, int rate, int channels, const uint8_t *config, int size)
{
	const AVCodec *codec = avcodec_find_decoder_by_name(name);
	cc_sound *s = codec ? av_mallocz(sizeof *s) : NULL;
	if (!s)
		return NULL;
	s->out_rate = rate;
	s->out_channels = channels;
	s->dec = avcodec_alloc_context3(codec);
	s->frame = av_frame_alloc();
	s->packet = av_packet_alloc();
	if (!s->dec || !s->frame || !s->packet)
		goto fail;
	s->dec->thread_count = 1;
	s->dec->sample_rate = rate;
	av_channel_layout_default(&s->dec->ch_layout, channels);
	if (size > 0) {
		s->dec->extradata = av_mallocz(size + AV_INPUT_BUFFER_PADDING_SIZE);
		if (!s->dec->extradata)
			goto fail;
		memcpy(s->dec->extradata, config, size);
		s->dec->extradata_size = size;
	}
	if (avcodec_open2(s->dec, codec, NULL) < 0)
		goto fail;
	return s;
fail:
	cc_sound_close(s);
	return NULL;
}

// adapt makes a resampler for what the frame holds.
static int adapt(cc_sound *s)
{
	AVFrame *f = s->frame;
	if (s->swr && s->rate == f->sample_rate && s->format == f->format && s->channels == f->ch_layout.nb_channels)
		return 0;
	AVChannelLayout out;
	s->out_channels = FFMIN(f->ch_layout.nb_channels, CHANNELS);
	av_channel_layout_default(&out, s->out_channels);
	swr_free(&s->swr);
	int err = swr_alloc_set_opts2(&s->swr, &out, AV_SAMPLE_FMT_S16, s->out_rate,
		&f->ch_layout, f->format, f->sample_rate, 0, NULL);
	if (err >= 0)
		err = swr_init(s->swr);
	if (err < 0)
		swr_free(&s->swr);
	s->rate = f->sample_rate;
	s->format = f->format;
	s->channels = f->ch_layout.nb_channels;
	return err;
}

// append puts what the frame holds behind the made samples.
static int append(cc_sound *s, int made)
{
	int err = adapt(s);
	if (err < 0)
		return err;
	uint8_t *out = (uint8_t *)(s->out + made * s->out_channels);
	return swr_convert(s->swr, &out, LONGEST - made, (const uint8_t **)s->frame->extended_data, s->frame->nb_samples);
}

int cc_sound_decode(cc_sound *s, const uint8_t *data, int size, const int16_t **samples)
{
	av_packet_unref(s->packet);
	int err = av_new_packet(s->packet, size); // which pads it
	if (err < 0)
		return err;
	memcpy(s->packet->data, data, size);
	err = avcodec_send_packet(s->dec, s->packet);
	if (err < 0)
		return err;
	int made = 0;
	while ((err = avcodec_receive_frame(s->dec, s->frame)) >= 0) { // a packet of Speex may hold several frames
		int more = made < LONGEST ? append(s, made) : 0;
		if (more > 0)
			made += more;
	}
	*samples = s->out;
	return made > 0 || err == AVERROR(EAGAIN) ? made : err;
}

int cc_sound_channels(const cc_sound *s) { return s->out_channels; }

void cc_sound_close(cc_sound *s)
{
	if (!s)
		return;
	swr_free(&s->swr);
	av_packet_free(&s->packet);
	av_frame_free(&s->frame);
	avcodec_free_context(&s->dec);
	av_free(s);
}
