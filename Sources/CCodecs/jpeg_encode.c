#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include <jerror.h>

#include "tc_internal.h"

enum { BLOCK = 65536 };

typedef struct {
  struct jpeg_compress_struct jpeg;
  struct jpeg_error_mgr errors;
  struct jpeg_destination_mgr destination;
  jmp_buf jump;
  tc_buffer *out;
  tc_error *error;
  tc_status status;
  uint8_t block[BLOCK];
} encoder;

static encoder *self(j_common_ptr jpeg) { return jpeg->client_data; }

static void on_error(j_common_ptr jpeg) {
  encoder *e = self(jpeg);
  char message[JMSG_LENGTH_MAX];
  jpeg->err->format_message(jpeg, message);
  tc_status status = jpeg->err->msg_code == JERR_OUT_OF_MEMORY ? TC_NO_MEMORY : TC_CORRUPT;
  e->status = tc_fail(e->error, status, 0, 0, message);
  longjmp(e->jump, 1);
}

static void on_output(j_common_ptr jpeg) { (void)jpeg; }

static void destination_init(j_compress_ptr jpeg) {
  jpeg->dest->next_output_byte = self((j_common_ptr)jpeg)->block;
  jpeg->dest->free_in_buffer = BLOCK;
}

static void flush(j_compress_ptr jpeg, size_t count) {
  encoder *e = self((j_common_ptr)jpeg);
  if (!tc_buffer_append(e->out, e->block, count)) {
    e->status = tc_fail(e->error, TC_NO_MEMORY, (int64_t)count, 0, NULL);
    longjmp(e->jump, 1);
  }
}

static boolean destination_empty(j_compress_ptr jpeg) {
  flush(jpeg, BLOCK);
  destination_init(jpeg);
  return TRUE;
}

static void destination_end(j_compress_ptr jpeg) {
  flush(jpeg, BLOCK - jpeg->dest->free_in_buffer);
}

static void run(
    encoder *e, const uint8_t *pixels, size_t stride, int32_t width, int32_t height,
    int32_t components, const tc_jpeg_encode_options *options) {
  struct jpeg_compress_struct *jpeg = &e->jpeg;
  jpeg->image_width = (JDIMENSION)width;
  jpeg->image_height = (JDIMENSION)height;
  jpeg->input_components = components;
  jpeg->in_color_space = components == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(jpeg);
  jpeg_set_quality(jpeg, options->quality, TRUE);
  jpeg->dct_method = JDCT_ISLOW;
  if (components == 3) {
    jpeg->comp_info[0].h_samp_factor = options->horizontal;
    jpeg->comp_info[0].v_samp_factor = options->vertical;
  }
  if (options->optimize) jpeg->optimize_coding = TRUE;
  if (options->progressive) jpeg_simple_progression(jpeg);
  jpeg_start_compress(jpeg, TRUE);
  for (int32_t y = 0; y < height; y++) {
    JSAMPROW row = (JSAMPROW)(pixels + (size_t)y * stride);
    jpeg_write_scanlines(jpeg, &row, 1);
  }
  jpeg_finish_compress(jpeg);
}

tc_status tc_jpeg_encode(
    const void *pixels, size_t stride, int32_t width, int32_t height, int32_t components,
    const tc_jpeg_encode_options *options, tc_buffer *out, tc_error *error) {
  encoder *e = calloc(1, sizeof *e);
  if (!e) return tc_fail(error, TC_NO_MEMORY, (int64_t)sizeof *e, 0, NULL);
  e->out = out;
  e->error = error;
  if (setjmp(e->jump) == 0) {
    e->jpeg.err = jpeg_std_error(&e->errors);
    e->errors.error_exit = on_error;
    e->errors.output_message = on_output;
    e->jpeg.client_data = e;
    jpeg_create_compress(&e->jpeg);
    e->destination.init_destination = destination_init;
    e->destination.empty_output_buffer = destination_empty;
    e->destination.term_destination = destination_end;
    e->jpeg.dest = &e->destination;
    run(e, pixels, stride, width, height, components, options);
  }
  tc_status status = e->status;
  if (status != TC_OK) tc_buffer_free(out);
  jpeg_destroy_compress(&e->jpeg);
  free(e);
  return status;
}
