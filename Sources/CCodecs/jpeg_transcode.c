#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include <jerror.h>

#include "tc_internal.h"

enum { BLOCK = 65536 };

/// Everything that must outlive a jump out of libjpeg. Both structs share the error manager.
typedef struct {
  struct jpeg_decompress_struct from;
  struct jpeg_compress_struct to;
  struct jpeg_error_mgr errors;
  struct jpeg_source_mgr source;
  struct jpeg_destination_mgr destination;
  struct jpeg_progress_mgr progress;
  jmp_buf jump;
  const tc_jpeg_transcode_options *options;
  tc_buffer *out;
  tc_error *error;
  tc_status status;
  uint8_t block[BLOCK];
} transcoder;

static transcoder *self(j_common_ptr jpeg) { return jpeg->client_data; }

static void fail(transcoder *t, tc_status status, int64_t expected, int64_t got, const char *message) {
  t->status = tc_fail(t->error, status, expected, got, message);
  longjmp(t->jump, 1);
}

static void on_error(j_common_ptr jpeg) {
  char message[JMSG_LENGTH_MAX];
  jpeg->err->format_message(jpeg, message);
  tc_status status = TC_CORRUPT;
  switch (jpeg->err->msg_code) {
    case JERR_OUT_OF_MEMORY: status = TC_NO_MEMORY; break;
    case JERR_ARITH_NOTIMPL:
    case JERR_NOT_COMPILED:
    case JERR_BAD_PRECISION:
    case JERR_SOF_UNSUPPORTED: status = TC_UNSUPPORTED; break;
    default: break;
  }
  fail(self(jpeg), status, 0, 0, message);
}

/// Data that libjpeg doubts cannot be promised to come out the same.
static void on_message(j_common_ptr jpeg, int level) {
  if (level >= 0) return;
  char message[JMSG_LENGTH_MAX];
  jpeg->err->format_message(jpeg, message);
  fail(self(jpeg), TC_CORRUPT, 0, 0, message);
}

static void on_output(j_common_ptr jpeg) { (void)jpeg; }

static void on_progress(j_common_ptr jpeg) {
  if (!jpeg->is_decompressor) return;
  transcoder *t = self(jpeg);
  int64_t scans = t->from.input_scan_number;
  if (scans > t->options->max_scans) fail(t, TC_LIMIT, t->options->max_scans, scans, "scans of a JPEG");
}

static void source_init(j_decompress_ptr jpeg) { (void)jpeg; }

static boolean source_fill(j_decompress_ptr jpeg) {
  transcoder *t = self((j_common_ptr)jpeg);
  fail(t, TC_TRUNCATED, 0, t->from.input_scan_number, "the file ends");
  return FALSE;
}

static void source_skip(j_decompress_ptr jpeg, long count) {
  if (count <= 0) return;
  struct jpeg_source_mgr *source = jpeg->src;
  if ((size_t)count > source->bytes_in_buffer) source_fill(jpeg);
  source->next_input_byte += count;
  source->bytes_in_buffer -= (size_t)count;
}

static void source_end(j_decompress_ptr jpeg) { (void)jpeg; }

static void destination_init(j_compress_ptr jpeg) {
  jpeg->dest->next_output_byte = self((j_common_ptr)jpeg)->block;
  jpeg->dest->free_in_buffer = BLOCK;
}

static void append(transcoder *t, const uint8_t *bytes, size_t count) {
  if (!tc_buffer_append(t->out, bytes, count)) fail(t, TC_NO_MEMORY, (int64_t)count, 0, NULL);
}

static boolean destination_empty(j_compress_ptr jpeg) {
  append(self((j_common_ptr)jpeg), self((j_common_ptr)jpeg)->block, BLOCK);
  destination_init(jpeg);
  return TRUE;
}

static void destination_end(j_compress_ptr jpeg) {
  transcoder *t = self((j_common_ptr)jpeg);
  append(t, t->block, BLOCK - jpeg->dest->free_in_buffer);
}

static void set_up(transcoder *t, const uint8_t *bytes, size_t count) {
  jpeg_std_error(&t->errors);
  t->errors.error_exit = on_error;
  t->errors.emit_message = on_message;
  t->errors.output_message = on_output;
  t->from.err = &t->errors;
  t->from.client_data = t;
  jpeg_create_decompress(&t->from);
  t->to.err = &t->errors;
  t->to.client_data = t;
  jpeg_create_compress(&t->to);
  t->source = (struct jpeg_source_mgr){
      .next_input_byte = bytes, .bytes_in_buffer = count, .init_source = source_init,
      .fill_input_buffer = source_fill, .skip_input_data = source_skip,
      .resync_to_restart = jpeg_resync_to_restart, .term_source = source_end};
  t->from.src = &t->source;
  t->destination = (struct jpeg_destination_mgr){
      .init_destination = destination_init, .empty_output_buffer = destination_empty,
      .term_destination = destination_end};
  t->to.dest = &t->destination;
  t->progress.progress_monitor = on_progress;
  t->from.progress = &t->progress;
}

static void run(transcoder *t) {
  jpeg_save_markers(&t->from, JPEG_COM, 0xFFFF);
  for (int marker = 0; marker < 16; marker++) jpeg_save_markers(&t->from, JPEG_APP0 + marker, 0xFFFF);
  jpeg_read_header(&t->from, TRUE);
  int64_t pixels = (int64_t)t->from.image_width * t->from.image_height;
  if (pixels > t->options->max_pixels) fail(t, TC_LIMIT, t->options->max_pixels, pixels, "pixels");
  jvirt_barray_ptr *coefficients = jpeg_read_coefficients(&t->from);
  jpeg_copy_critical_parameters(&t->from, &t->to);
  t->to.optimize_coding = TRUE;
  t->to.restart_interval = 0;
  t->to.restart_in_rows = t->options->restart_rows;
  // The saved markers hold JFIF's and Adobe's as they were; libjpeg must not add its own.
  t->to.write_JFIF_header = FALSE;
  t->to.write_Adobe_marker = FALSE;
  jpeg_write_coefficients(&t->to, coefficients);
  for (jpeg_saved_marker_ptr m = t->from.marker_list; m; m = m->next) {
    jpeg_write_marker(&t->to, m->marker, m->data, m->data_length);
  }
  jpeg_finish_compress(&t->to);
  // All scans are read; what is left in the source stands behind the end marker.
  append(t, t->source.next_input_byte, t->source.bytes_in_buffer);
}

tc_status tc_jpeg_transcode_baseline(
    const uint8_t *bytes, size_t count, const tc_jpeg_transcode_options *options, tc_buffer *out,
    tc_error *error) {
  transcoder *t = calloc(1, sizeof *t);
  if (!t) return tc_fail(error, TC_NO_MEMORY, (int64_t)sizeof *t, 0, NULL);
  t->options = options;
  t->out = out;
  t->error = error;
  if (setjmp(t->jump) == 0) {
    set_up(t, bytes, count);
    run(t);
  }
  tc_status status = t->status;
  if (status != TC_OK) tc_buffer_free(out);
  jpeg_destroy_compress(&t->to);
  jpeg_destroy_decompress(&t->from);
  free(t);
  return status;
}
