#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include <jerror.h>

#include "tc_internal.h"

/// Everything that must outlive a jump out of libjpeg.
typedef struct {
  struct jpeg_decompress_struct jpeg;
  struct jpeg_error_mgr errors;
  struct jpeg_source_mgr source;
  struct jpeg_progress_mgr progress;
  jmp_buf jump;
  tc_error *error;
  tc_status status;
  const tc_jpeg_picture *picture;
  const tc_conversion *conversion;
  uint8_t *pixels;
  size_t stride;
  uint8_t *row;  // for CMYK
  int32_t rows_decoded;
  int32_t fill;
  /// All rows are there; only the end marker is looked for.
  int finishing;
} decoder;

static decoder *self(j_common_ptr jpeg) { return jpeg->client_data; }

static tc_status status_of(int code) {
  switch (code) {
    case JERR_OUT_OF_MEMORY: return TC_NO_MEMORY;
    case JERR_ARITH_NOTIMPL:
    case JERR_NOT_COMPILED:
    case JERR_BAD_PRECISION:
    case JERR_SOF_UNSUPPORTED:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_CCIR601_NOTIMPL:
    case JERR_FRACT_SAMPLE_NOTIMPL: return TC_UNSUPPORTED;
    default: return TC_CORRUPT;
  }
}

static void on_error(j_common_ptr jpeg) {
  decoder *d = self(jpeg);
  char message[JMSG_LENGTH_MAX];
  jpeg->err->format_message(jpeg, message);
  d->status = tc_fail(
      d->error, status_of(jpeg->err->msg_code), d->picture->height, d->rows_decoded, message);
  longjmp(d->jump, 1);
}

static void on_message(j_common_ptr jpeg, int level) {
  if (level < 0) jpeg->err->num_warnings++;
}

static void on_output(j_common_ptr jpeg) { (void)jpeg; }

static void on_progress(j_common_ptr jpeg) {
  decoder *d = self(jpeg);
  int64_t scans = d->jpeg.input_scan_number;
  if (scans <= d->picture->max_scans) return;
  d->status = tc_fail(d->error, TC_LIMIT, d->picture->max_scans, scans, "scans of a JPEG");
  longjmp(d->jump, 1);
}

static void source_init(j_decompress_ptr jpeg) { (void)jpeg; }

/// The file is at its end and more is wanted.
static boolean source_fill(j_decompress_ptr jpeg) {
  static const JOCTET end_marker[2] = {0xFF, JPEG_EOI};
  decoder *d = self((j_common_ptr)jpeg);
  // Nobody needs the end marker.
  if (d->finishing) longjmp(d->jump, 1);
  if (!d->fill) {
    d->status = tc_fail(
        d->error, TC_TRUNCATED, d->picture->height, d->rows_decoded, "the file ends");
    longjmp(d->jump, 1);
  }
  jpeg->src->next_input_byte = end_marker;
  jpeg->src->bytes_in_buffer = 2;
  return TRUE;
}

static void source_skip(j_decompress_ptr jpeg, long count) {
  if (count <= 0) return;
  size_t n = (size_t)count;
  struct jpeg_source_mgr *source = jpeg->src;
  if (n > source->bytes_in_buffer) n = source->bytes_in_buffer;
  source->next_input_byte += n;
  source->bytes_in_buffer -= n;
}

static void source_end(j_decompress_ptr jpeg) { (void)jpeg; }

static void set_up(decoder *d, const uint8_t *bytes, size_t count) {
  d->jpeg.err = jpeg_std_error(&d->errors);
  d->errors.error_exit = on_error;
  d->errors.emit_message = on_message;
  d->errors.output_message = on_output;
  d->jpeg.client_data = d;
  jpeg_create_decompress(&d->jpeg);
  d->source = (struct jpeg_source_mgr){
      .next_input_byte = bytes, .bytes_in_buffer = count, .init_source = source_init,
      .fill_input_buffer = source_fill, .skip_input_data = source_skip,
      .resync_to_restart = jpeg_resync_to_restart, .term_source = source_end};
  d->jpeg.src = &d->source;
  d->progress.progress_monitor = on_progress;
  d->jpeg.progress = &d->progress;
}

static void read_rows(decoder *d) {
  const tc_jpeg_picture *p = d->picture;
  while (d->rows_decoded < p->height) {
    uint8_t *target = d->pixels + (size_t)d->rows_decoded * d->stride;
    JSAMPROW row = d->row ? d->row : target;
    if (jpeg_read_scanlines(&d->jpeg, &row, 1) != 1) {
      ERREXIT(&d->jpeg, JERR_INPUT_EOF);
    }
    if (d->row) tc_convert_row(d->conversion, d->row, target, (size_t)p->width);
    d->rows_decoded++;
  }
}

static void run(decoder *d) {
  const tc_jpeg_picture *p = d->picture;
  jpeg_read_header(&d->jpeg, TRUE);
  if (d->jpeg.image_width != (JDIMENSION)p->width || d->jpeg.image_height != (JDIMENSION)p->height
      || d->jpeg.num_components != p->components) {
    d->status = tc_fail(d->error, TC_CORRUPT, 0, 0, "two frame headers that contradict each other");
    longjmp(d->jump, 1);
  }
  if (p->components == 4) {
    d->jpeg.out_color_space = JCS_CMYK;
  } else {
    d->jpeg.out_color_space = d->conversion->target == TC_GRAY ? JCS_GRAYSCALE : JCS_RGB;
  }
  d->jpeg.dct_method = JDCT_ISLOW;
  d->jpeg.do_fancy_upsampling = TRUE;
  if (!jpeg_start_decompress(&d->jpeg)) ERREXIT(&d->jpeg, JERR_INPUT_EOF);
  read_rows(d);
  // What stands between the last row and the end marker must be segments, as for Pillow.
  d->finishing = 1;
  jpeg_finish_decompress(&d->jpeg);
}

/// Rows that libjpeg did not give: samples of 0 in the source's layout, as Pillow's fresh picture has.
static tc_status fill_rest(decoder *d) {
  const size_t width = (size_t)d->picture->width;
  uint8_t *zeros = calloc(width, 4);
  if (!zeros) return tc_fail(d->error, TC_NO_MEMORY, (int64_t)width * 4, 0, NULL);
  tc_conversion conversion = *d->conversion;
  // Pillow's picture holds plain CMYK: its zeros are no ink.
  if (conversion.source == TC_CMYK_INVERTED) conversion.source = TC_CMYK;
  for (int32_t y = d->rows_decoded; y < d->picture->height; y++) {
    tc_convert_row(&conversion, zeros, d->pixels + (size_t)y * d->stride, width);
  }
  free(zeros);
  return TC_OK;
}

tc_status tc_jpeg_decode(
    const uint8_t *bytes, size_t count, const tc_jpeg_picture *picture,
    const tc_conversion *conversion, int32_t fill, uint8_t *pixels, size_t stride, tc_error *error) {
  decoder *d = calloc(1, sizeof *d);
  if (!d) return tc_fail(error, TC_NO_MEMORY, (int64_t)sizeof *d, 0, NULL);
  d->error = error;
  d->picture = picture;
  d->conversion = conversion;
  d->fill = fill;
  d->pixels = pixels;
  d->stride = stride;
  if (picture->components == 4) {
    d->row = malloc((size_t)picture->width * 4);
    if (!d->row) {
      free(d);
      return tc_fail(error, TC_NO_MEMORY, (int64_t)picture->width * 4, 0, NULL);
    }
  }
  if (setjmp(d->jump) == 0) {
    set_up(d, bytes, count);
    run(d);
  }
  // Anything but a want of memory or a limit may be filled, as Pillow ignores its decoder's errors then.
  const int fillable = d->status == TC_CORRUPT || d->status == TC_TRUNCATED;
  tc_status status = fill && fillable ? fill_rest(d) : d->status;
  jpeg_destroy_decompress(&d->jpeg);
  free(d->row);
  free(d);
  return status;
}
