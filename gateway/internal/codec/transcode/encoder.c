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
	AVCodecContext *enc; // NULL: the samples are the product
	AVFrame *frame;
	AVPacket *packet;
	AVAudioFifo *fifo; // what is not yet encoded
	uint8_t *room[2];  // one chunk in the encoder's own form
	cc_telephone *telephone; // at most one of these two makes that form
	SwrContext *swr;
	int channels;
	enum AVSampleFormat format;
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
}

static int open_codec(cc_encoder *e, const AVCodec *codec, const cc_recipe *r)
{
	AVCodecContext *enc = e->enc = avcodec_alloc_context3(codec);
	if (!enc)
		return AVERROR(ENOMEM);
	enc->sample_rate = r->rate;
	enc->sample_fmt = codec->sample_fmts[0];
	av_channel_layout_default(&enc->ch_layout, r->channels);
	if (r->bit_rate > 0)
		enc->bit_rate = r->bit_rate;
	enc->thread_count = 1;
	enc->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
	tune(enc, r);
	return avcodec_open2(enc, codec, NULL);
}

// open_frame makes room for what is encoded at once: 20 ms where the encoder takes any number of samples.
static int open_frame(cc_encoder *e, const cc_recipe *r)
{
	AVFrame *f = e->frame;
	f->nb_samples = e->enc && e->enc->frame_size > 0 ? e->enc->frame_size : r->rate / 50;
	f->format = e->format;
	f->sample_rate = r->rate;
	av_channel_layout_default(&f->ch_layout, r->channels);
	return av_frame_get_buffer(f, 0);
}

// open_resampler chooses what turns samples into the encoder's form.
static int open_resampler(cc_encoder *e, const cc_recipe *r)
{
	if (r->in_rate == r->rate && r->in_channels == r->channels && e->format == AV_SAMPLE_FMT_S16)
		return 0;
	if (r->in_rate * FACTOR == r->rate && r->in_channels == 1 && r->channels == 1 && e->format == AV_SAMPLE_FMT_FLTP) {
		e->telephone = av_mallocz(sizeof *e->telephone);
		if (!e->telephone)
			return AVERROR(ENOMEM);
		cc_telephone_design(e->telephone);
		return 0;
	}
	AVChannelLayout in;
	av_channel_layout_default(&in, r->in_channels);
	int err = swr_alloc_set_opts2(&e->swr, &e->frame->ch_layout, e->format, r->rate,
		&in, AV_SAMPLE_FMT_S16, r->in_rate, 0, NULL);
	return err < 0 ? err : swr_init(e->swr);
}

cc_encoder *cc_encoder_open(const cc_recipe *r)
{
	const AVCodec *codec = r->name ? avcodec_find_encoder_by_name(r->name) : NULL;
	cc_encoder *e = codec || !r->name ? av_mallocz(sizeof *e) : NULL;
	if (!e)
		return NULL;
	e->channels = r->channels;
	e->format = codec ? codec->sample_fmts[0] : AV_SAMPLE_FMT_S16;
	e->frame = av_frame_alloc();
	e->packet = av_packet_alloc();
	if (!e->frame || !e->packet)
		goto fail;
	if (codec && open_codec(e, codec, r) < 0)
		goto fail;
	if (open_frame(e, r) < 0 || open_resampler(e, r) < 0)
		goto fail;
	e->fifo = av_audio_fifo_alloc(e->format, r->channels, ROOM);
	if (!e->fifo || av_samples_alloc(e->room, NULL, r->channels, ROOM, e->format, 0) < 0)
		goto fail;
	return e;
fail:
	cc_encoder_close(e);
	return NULL;
}

const uint8_t *cc_encoder_config(const cc_encoder *e, int *size)
{
	*size = e->enc ? e->enc->extradata_size : 0;
	return e->enc ? e->enc->extradata : NULL;
}

int cc_encoder_frame(const cc_encoder *e) { return e->frame->nb_samples; }

int cc_encoder_delay(const cc_encoder *e) { return e->enc ? e->enc->initial_padding : 0; }

int cc_encoder_push(cc_encoder *e, const int16_t *samples, int n)
{
	const uint8_t *in = (const uint8_t *)samples;
	if (!e->telephone && !e->swr)
		return av_audio_fifo_write(e->fifo, (void **)&in, n);
	int made = e->telephone ? cc_telephone_convert(e->telephone, samples, n, (float *)e->room[0])
				: swr_convert(e->swr, e->room, ROOM, &in, n);
	return made <= 0 ? made : av_audio_fifo_write(e->fifo, (void **)e->room, made);
}

// encode has the codec make a packet of the frame.
static int encode(cc_encoder *e, cc_packet *p)
{
	int err = avcodec_send_frame(e->enc, e->frame);
	av_packet_unref(e->packet);
	if (err >= 0)
		err = avcodec_receive_packet(e->enc, e->packet);
	p->data = e->packet->data;
	p->size = e->packet->size;
	return err == AVERROR(EAGAIN) ? 0 : err;
}

cc_packet cc_encoder_next(cc_encoder *e)
{
	AVFrame *f = e->frame;
	cc_packet p = {0};
	if (av_audio_fifo_size(e->fifo) < f->nb_samples)
		return p;
	int err = av_frame_make_writable(f);
	if (err >= 0)
		err = av_audio_fifo_read(e->fifo, (void **)f->extended_data, f->nb_samples);
	if (err >= 0 && e->enc) {
		err = encode(e, &p);
	} else if (err >= 0) {
		p.data = f->data[0];
		p.size = f->nb_samples * e->channels * (int)sizeof(int16_t);
	}
	p.pushed = err < 0 ? err : 1;
	return p;
}

int cc_encoder_fill(cc_encoder *e)
{
	int begun = av_audio_fifo_size(e->fifo), missing = e->frame->nb_samples - begun;
	if (begun > 0 && missing > 0) {
		av_samples_set_silence(e->room, 0, missing, e->channels, e->format);
		if (av_audio_fifo_write(e->fifo, (void **)e->room, missing) < 0)
			return AVERROR(ENOMEM);
	}
	if (e->telephone)
		cc_telephone_begin(e->telephone);
	if (!e->swr)
		return 0;
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
