//go:build cgo && !nolibav

#include "av.h"

#include <libavcodec/avcodec.h>
#include <libswresample/swresample.h>
#include <string.h>

enum {
	RATE = 48000,
	CHANNELS = 2,
	LONGEST = 8192, // samples of a frame, both before and after resampling
};

struct cc_sound {
	AVCodecContext *dec;
	AVFrame *frame;
	AVPacket *packet;
	SwrContext *swr;
	int rate, format, channels; // that swr was made for
	int16_t out[LONGEST * CHANNELS];
};

cc_sound *cc_sound_open(const uint8_t *config, int size)
{
	const AVCodec *codec = avcodec_find_decoder(AV_CODEC_ID_AAC);
	cc_sound *s = codec ? av_mallocz(sizeof *s) : NULL;
	if (!s)
		return NULL;
	s->dec = avcodec_alloc_context3(codec);
	s->frame = av_frame_alloc();
	s->packet = av_packet_alloc();
	if (!s->dec || !s->frame || !s->packet)
		goto fail;
	s->dec->thread_count = 1;
	s->dec->extradata = av_mallocz(size + AV_INPUT_BUFFER_PADDING_SIZE);
	if (!s->dec->extradata)
		goto fail;
	memcpy(s->dec->extradata, config, size);
	s->dec->extradata_size = size;
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
	AVChannelLayout stereo = AV_CHANNEL_LAYOUT_STEREO;
	swr_free(&s->swr);
	int err = swr_alloc_set_opts2(&s->swr, &stereo, AV_SAMPLE_FMT_S16, RATE, &f->ch_layout, f->format, f->sample_rate, 0, NULL);
	if (err >= 0)
		err = swr_init(s->swr);
	s->rate = f->sample_rate;
	s->format = f->format;
	s->channels = f->ch_layout.nb_channels;
	return err;
}

int cc_sound_decode(cc_sound *s, const uint8_t *data, int size, const int16_t **samples)
{
	av_packet_unref(s->packet);
	int err = av_new_packet(s->packet, size); // which pads it
	if (err < 0)
		return err;
	memcpy(s->packet->data, data, size);
	err = avcodec_send_packet(s->dec, s->packet);
	if (err >= 0)
		err = avcodec_receive_frame(s->dec, s->frame);
	if (err == AVERROR(EAGAIN))
		return 0;
	if (err >= 0)
		err = adapt(s);
	if (err < 0)
		return err;
	uint8_t *out = (uint8_t *)s->out;
	*samples = s->out;
	return swr_convert(s->swr, &out, LONGEST, (const uint8_t **)s->frame->extended_data, s->frame->nb_samples);
}

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
