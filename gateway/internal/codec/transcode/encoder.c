//go:build cgo && !nolibav

#include "av.h"
#include "telephone.h"

#include <libavcodec/avcodec.h>
#include <libavutil/audio_fifo.h>
#include <libavutil/opt.h>
#include <libswresample/swresample.h>

// What a chunk can grow to: from 8 to 48 kHz, and what the resampler held back.
enum { ROOM = CC_CHUNK * FACTOR + 1024 };

struct cc_encoder {
	AVCodecContext *enc;
	AVFrame *frame;
	AVPacket *packet;
	AVAudioFifo *fifo; // what is not yet encoded
	uint8_t *room[2];  // one chunk in the encoder's own form
	cc_telephone *telephone; // one of these two makes that form
	SwrContext *swr;
};

// tune sets what the encoders do not agree about. An option that one does not have is no fault.
static void tune(AVCodecContext *enc, const cc_recipe *r)
{
	void *own = enc->priv_data;
	if (enc->codec_id == AV_CODEC_ID_AAC) {
		if (r->in_rate < r->rate)
			enc->cutoff = r->in_rate / 2; // there is nothing above
		// At these rates "fast" is within 3 dB of the default "twoloop" at a third of its cost.
		av_opt_set(own, "aac_coder", "fast", 0);
		av_opt_set_int(own, "aac_tns", 0, 0); // costs a tenth and shapes noise that is not there at these rates
	}
	if (enc->codec_id == AV_CODEC_ID_OPUS) {
		// Telephone sound goes without the model of a voice: that costs several times as much, and saves a bit rate that
		// is low anyway. Of the rest, 5 takes less than two thirds of what the default, 10, does.
		int telephone = r->rate == r->in_rate && r->rate == 8000;
		enc->compression_level = telephone ? 1 : 5;
		av_opt_set(own, "frame_duration", "20", 0);
		av_opt_set(own, "application", telephone ? "lowdelay" : r->channels == 1 ? "voip" : "audio", 0);
	}
}

static int open_codec(cc_encoder *e, const AVCodec *codec, const cc_recipe *r)
{
	AVCodecContext *enc = e->enc;
	enc->sample_rate = r->rate;
	enc->sample_fmt = codec->sample_fmts[0];
	av_channel_layout_default(&enc->ch_layout, r->channels);
	if (r->bit_rate > 0)
		enc->bit_rate = r->bit_rate;
	enc->thread_count = 1;
	enc->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
	tune(enc, r);
	int err = avcodec_open2(enc, codec, NULL);
	if (err < 0)
		return err;
	e->frame->nb_samples = enc->frame_size > 0 ? enc->frame_size : r->rate / 50; // G.711 takes any number
	e->frame->format = enc->sample_fmt;
	e->frame->sample_rate = r->rate;
	err = av_channel_layout_copy(&e->frame->ch_layout, &enc->ch_layout);
	return err < 0 ? err : av_frame_get_buffer(e->frame, 0);
}

// open_resampler chooses what turns samples into the encoder's form.
static int open_resampler(cc_encoder *e, const cc_recipe *r)
{
	if (r->in_rate * FACTOR == r->rate && r->in_channels == 1 && r->channels == 1 && e->enc->sample_fmt == AV_SAMPLE_FMT_FLTP) {
		e->telephone = av_mallocz(sizeof *e->telephone);
		if (!e->telephone)
			return AVERROR(ENOMEM);
		cc_telephone_design(e->telephone);
		return 0;
	}
	AVChannelLayout in;
	av_channel_layout_default(&in, r->in_channels);
	int err = swr_alloc_set_opts2(&e->swr, &e->enc->ch_layout, e->enc->sample_fmt, r->rate,
		&in, AV_SAMPLE_FMT_S16, r->in_rate, 0, NULL);
	return err < 0 ? err : swr_init(e->swr);
}

cc_encoder *cc_encoder_open(const cc_recipe *r)
{
	const AVCodec *codec = avcodec_find_encoder_by_name(r->name);
	cc_encoder *e = codec ? av_mallocz(sizeof *e) : NULL;
	if (!e)
		return NULL;
	e->enc = avcodec_alloc_context3(codec);
	e->frame = av_frame_alloc();
	e->packet = av_packet_alloc();
	if (!e->enc || !e->frame || !e->packet)
		goto fail;
	if (open_codec(e, codec, r) < 0 || open_resampler(e, r) < 0)
		goto fail;
	e->fifo = av_audio_fifo_alloc(e->enc->sample_fmt, r->channels, ROOM);
	if (!e->fifo || av_samples_alloc(e->room, NULL, r->channels, ROOM, e->enc->sample_fmt, 0) < 0)
		goto fail;
	return e;
fail:
	cc_encoder_close(e);
	return NULL;
}

const uint8_t *cc_encoder_config(const cc_encoder *e, int *size)
{
	*size = e->enc->extradata_size;
	return e->enc->extradata;
}

int cc_encoder_frame(const cc_encoder *e) { return e->frame->nb_samples; }

int cc_encoder_delay(const cc_encoder *e) { return e->enc->initial_padding; }

int cc_encoder_push(cc_encoder *e, const int16_t *samples, int n)
{
	const uint8_t *in = (const uint8_t *)samples;
	int made = e->telephone ? cc_telephone_convert(e->telephone, samples, n, (float *)e->room[0])
				: swr_convert(e->swr, e->room, ROOM, &in, n);
	return made <= 0 ? made : av_audio_fifo_write(e->fifo, (void **)e->room, made);
}

cc_packet cc_encoder_next(cc_encoder *e)
{
	cc_packet p = {0};
	if (av_audio_fifo_size(e->fifo) < e->frame->nb_samples)
		return p;
	int err = av_frame_make_writable(e->frame);
	if (err >= 0)
		err = av_audio_fifo_read(e->fifo, (void **)e->frame->extended_data, e->frame->nb_samples);
	if (err >= 0)
		err = avcodec_send_frame(e->enc, e->frame);
	av_packet_unref(e->packet);
	if (err >= 0)
		err = avcodec_receive_packet(e->enc, e->packet);
	if (err < 0 && err != AVERROR(EAGAIN)) {
		p.pushed = err;
		return p;
	}
	p.pushed = 1;
	p.data = e->packet->data;
	p.size = e->packet->size;
	return p;
}

int cc_encoder_fill(cc_encoder *e)
{
	int begun = av_audio_fifo_size(e->fifo), missing = e->frame->nb_samples - begun;
	if (begun > 0 && missing > 0) {
		av_samples_set_silence(e->room, 0, missing, e->enc->ch_layout.nb_channels, e->enc->sample_fmt);
		if (av_audio_fifo_write(e->fifo, (void **)e->room, missing) < 0)
			return AVERROR(ENOMEM);
	}
	if (e->telephone) {
		cc_telephone_begin(e->telephone);
		return 0;
	}
	swr_close(e->swr);
	return swr_init(e->swr);
}

void cc_encoder_close(cc_encoder *e)
{
	if (!e)
		return;
	swr_free(&e->swr);
	av_free(e->telephone);
	av_freep(&e->room[0]);
	av_audio_fifo_free(e->fifo);
	av_packet_free(&e->packet);
	av_frame_free(&e->frame);
	avcodec_free_context(&e->enc);
	av_free(e);
}
