// PNG through libpng: the path for everything that png_fast.c does not take, and the judge of what is wrong with it.
#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "png_internal.h"

/// Everything that must outlive a jump out of libpng.
typedef struct {
  jmp_buf jump;
  tc_error *error;
  char message[160];

  // Where the stream that libpng sees comes from: first `staged`, then `chunk_left` bytes of the file.
  const uint8_t *bytes;
  size_t count;
  size_t position;
  size_t chunk_left;
  uint8_t staged[128];
  size_t staged_count;
  size_t staged_position;
  int at_end;
  int file_ended;

  png_output *out;
  const tc_png_picture *picture;
  uint8_t *rows;         // one row or, for Adam7, all rows in the source's layout; NULL if not needed
  size_t row_bytes;      // of such a row
  int32_t rows_decoded;  // whole rows that have been given on
  int64_t rows_read;     // rows (of all passes) whose data libpng has read
  int64_t rows_wanted;
  size_t data_end;  // behind the chunk in which the last of them ended
} decoder;

static void on_error(png_structp png, png_const_charp message) {
  decoder *d = png_get_error_ptr(png);
  strncpy(d->message, message ? message : "", sizeof d->message - 1);
  longjmp(d->jump, 1);
}

static void on_warning(png_structp png, png_const_charp message) {
  (void)png;
  (void)message;
}

static void put32(uint8_t *out, uint32_t v) {
  out[0] = (uint8_t)(v >> 24);
  out[1] = (uint8_t)(v >> 16);
  out[2] = (uint8_t)(v >> 8);
  out[3] = (uint8_t)v;
}

static uint32_t get32(const uint8_t *p) {
  return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void stage(decoder *d, const void *bytes, size_t count) {
  memcpy(d->staged + d->staged_count, bytes, count);
  d->staged_count += count;
}

/// Stages the next chunk's length and type. A chunk that the file cuts short is announced as short as it is,
/// so that libpng uses what there is; anything but IDAT becomes the end.
static void stage_next_chunk(decoder *d) {
  uint8_t header[8];
  size_t left = d->count - d->position;
  if (left >= 8 && memcmp(d->bytes + d->position + 4, "IDAT", 4) == 0) {
    size_t length = get32(d->bytes + d->position);
    d->position += 8;
    if (length > left - 8) length = left - 8;
    put32(header, (uint32_t)length);
    memcpy(header + 4, "IDAT", 4);
    stage(d, header, 8);
    d->chunk_left = length;
    return;
  }
  d->file_ended = left < 8;
  d->at_end = 1;
  stage(d, "\0\0\0\0IEND", 8);
}

/// What libpng sees before the first IDAT: the signature, IHDR and, for palette pictures, a PLTE of the full size.
static void stage_header(decoder *d) {
  const tc_png_picture *p = d->picture;
  uint8_t header[25] = {0, 0, 0, 13, 'I', 'H', 'D', 'R'};
  put32(header + 8, (uint32_t)p->width);
  put32(header + 12, (uint32_t)p->height);
  header[16] = (uint8_t)p->bit_depth;
  header[17] = (uint8_t)p->color_type;
  header[20] = p->interlaced ? 1 : 0;
  stage(d, "\x89PNG\r\n\x1a\n", 8);
  stage(d, header, sizeof header);
  // libpng insists on a palette; indices stay indices, so one entry does.
  if (p->color_type == PNG_COLOR_TYPE_PALETTE) stage(d, "\0\0\0\3PLTE\0\0\0\0\0\0\0", 15);
}

static void on_read(png_structp png, png_bytep out, size_t wanted) {
  decoder *d = png_get_io_ptr(png);
  // What follows the last row changes nothing, and may inflate to a thousand times of what the file has.
  if (d->rows_read == d->rows_wanted) png_error(png, "all rows are there");
  while (wanted > 0) {
    size_t staged = d->staged_count - d->staged_position;
    if (staged > 0) {
      size_t n = staged < wanted ? staged : wanted;
      memcpy(out, d->staged + d->staged_position, n);
      d->staged_position += n;
      out += n;
      wanted -= n;
    } else if (d->chunk_left > 0) {
      size_t n = d->chunk_left < wanted ? d->chunk_left : wanted;
      memcpy(out, d->bytes + d->position, n);
      d->position += n;
      d->chunk_left -= n;
      out += n;
      wanted -= n;
    } else if (d->at_end) {
      png_error(png, "read past the end");
    } else {
      // The checksum of the chunk that ends here: skipped in the file, never looked at by libpng.
      d->staged_count = d->staged_position = 0;
      size_t left = d->count - d->position;
      d->position += left < 4 ? left : 4;
      stage(d, "\0\0\0\0", 4);
      stage_next_chunk(d);
    }
  }
}

/// Called when a row's data are there. What libpng may still complain of then concerns what follows: after the last
/// row it looks for the stream's end, and a file without it is whole all the same.
static void on_row(png_structp png, png_row_infop info, png_bytep data) {
  (void)info;
  (void)data;
  decoder *d = png_get_user_transform_ptr(png);
  d->rows_read++;
  if (d->rows_read == d->rows_wanted) d->data_end = d->position + d->chunk_left;
}

/// Rows of all passes together.
static int64_t total_rows(const tc_png_picture *p) {
  if (!p->interlaced) return p->height;
  int64_t total = 0;
  for (int pass = 0; pass < 7; pass++) {
    if (PNG_PASS_COLS((png_uint_32)p->width, pass) > 0) {
      total += PNG_PASS_ROWS((png_uint_32)p->height, pass);
    }
  }
  return total;
}

static void configure(png_structp png, decoder *d) {
  png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  png_set_crc_action(png, PNG_CRC_QUIET_USE, PNG_CRC_QUIET_USE);
  png_set_benign_errors(png, 1);
  png_set_check_for_invalid_index(png, 0);
#ifdef PNG_MAXIMUM_INFLATE_WINDOW
  png_set_option(png, PNG_MAXIMUM_INFLATE_WINDOW, PNG_OPTION_ON);
#endif
  png_set_read_fn(png, d, on_read);
  png_set_read_user_transform_fn(png, on_row);
  png_set_user_transform_info(png, d, 0, 0);
}

/// Gives on row y, which libpng has delivered.
static void take_row(decoder *d, int32_t y) {
  d->rows_decoded = y + 1;
  if (!png_output_wants(d->out, y)) return;
  if (d->rows) {
    tc_png_output_convert(d->out, y, d->rows + (size_t)d->out->window.x * d->out->pixel);
  } else {
    tc_png_output_finish(d->out, y);
  }
}

/// Reads all rows; jumps out on errors.
static void read_rows(png_structp png, decoder *d) {
  const tc_png_picture *p = d->picture;
  const int passes = png_set_interlace_handling(png);
  png_start_read_image(png);
  for (int pass = 0; pass < passes; pass++) {
    for (int32_t y = 0; y < p->height; y++) {
      uint8_t *target = NULL;
      if (d->rows) {
        target = d->rows + (passes > 1 ? (size_t)y * d->row_bytes : 0);
      } else if (png_output_wants(d->out, y)) {
        target = tc_png_output_row(d->out, y);
      }
      png_read_row(png, target, NULL);
      if (passes == 1) take_row(d, y);
    }
  }
}

static tc_status failure(decoder *d) {
  if (d->rows_read == d->rows_wanted) {
    // The last row is there, though not what should follow it.
    if (!d->picture->interlaced && d->rows_decoded < d->picture->height) take_row(d, d->rows_decoded);
    return TC_OK;
  }
  if (d->at_end) {
    return tc_fail(
        d->error, TC_TRUNCATED, d->picture->height, d->rows_decoded,
        d->file_ended ? "the file ends" : "the image data end");
  }
  return tc_fail(d->error, TC_CORRUPT, d->picture->height, d->rows_decoded, d->message);
}

/// Runs libpng over the picture. The one place that libpng's jumps come back to.
static tc_status run(decoder *d) {
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, d, on_error, on_warning);
  png_infop info = png ? png_create_info_struct(png) : NULL;
  if (!info) {
    if (png) png_destroy_read_struct(&png, NULL, NULL);
    return tc_fail(d->error, TC_NO_MEMORY, 0, 0, NULL);
  }
  tc_status status = TC_OK;
  if (setjmp(d->jump) == 0) {
    configure(png, d);
    png_read_info(png, info);
    if (d->picture->bit_depth < 8) {
      if (d->picture->color_type == PNG_COLOR_TYPE_GRAY) {
        png_set_expand_gray_1_2_4_to_8(png);
      } else {
        png_set_packing(png);
      }
    }
    read_rows(png, d);
  } else {
    status = failure(d);
  }
  png_destroy_read_struct(&png, &info, NULL);
  return status;
}

/// Zeroes what was not decoded, in the source's layout, so that palettes and inks give what they give for 0.
static void fill_rest(decoder *d) {
  if (d->rows) memset(d->rows, 0, d->row_bytes);
  for (int32_t y = d->rows_decoded; y < d->picture->height; y++) {
    if (!d->rows && png_output_wants(d->out, y)) memset(tc_png_output_row(d->out, y), 0, d->row_bytes);
    take_row(d, y);
  }
}

tc_status tc_png_decode_plain(
    png_output *out, const uint8_t *bytes, size_t count, int32_t fill, int64_t *data_end, tc_error *error) {
  const tc_png_picture *picture = out->picture;
  decoder d = {
      .error = error, .rows_wanted = total_rows(picture), .data_end = count, .bytes = bytes, .count = count,
      .position = (size_t)picture->idat_offset, .picture = picture, .out = out,
      .row_bytes = (size_t)picture->width * out->pixel};
  const int32_t height = picture->height;
  // Adam7 writes each row several times, so only into memory that holds all of them.
  const int in_place =
      png_output_is_direct(out) && (!picture->interlaced || (!out->sink && out->window.height == height));
  if (!in_place) {
    // calloc: Adam7 leaves the pixels of passes that are missing untouched.
    size_t rows = picture->interlaced ? (size_t)height : 1;
    d.rows = calloc(rows, d.row_bytes);
    if (!d.rows) {
      *data_end = (int64_t)count;
      return tc_fail(error, TC_NO_MEMORY, (int64_t)(rows * d.row_bytes), 0, NULL);
    }
  } else if (fill && picture->interlaced) {
    for (int32_t y = 0; y < height; y++) memset(tc_png_output_row(out, y), 0, d.row_bytes);
  }
  stage_header(&d);
  stage_next_chunk(&d);
  tc_status status = run(&d);
  if (status != TC_OK && status != TC_NO_MEMORY && fill) {
    status = TC_OK;
    if (!picture->interlaced) fill_rest(&d);
  }
  if (status == TC_OK && d.rows && picture->interlaced) {
    const size_t left = (size_t)out->window.x * out->pixel;
    for (int32_t y = 0; y < height; y++) {
      if (png_output_wants(out, y)) tc_png_output_convert(out, y, d.rows + (size_t)y * d.row_bytes + left);
    }
  }
  free(d.rows);
  *data_end = (int64_t)d.data_end;
  return status;
}
