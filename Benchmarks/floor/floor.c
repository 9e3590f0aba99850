// The codecs alone: what reading pictures costs when nothing else is done with them, on one thread.
//
//     floor jpeg|windows|png|inflate LIST
//
// LIST has a line a picture: PATH, or PATH x y width height for `windows`. The files are in memory before the clock runs.
//   jpeg      every row of every picture, RGB, as Pillow decodes it (slow integer transform, fancy upsampling)
//   windows   only the window: columns by jpeg_crop_scanline, rows by jpeg_skip_scanlines, with two pixels of margin, since
//             the upsampling of chroma looks at neighbours; nothing after the window's last row is entropy-decoded
//   png       every row by libpng
//   inflate   the PNG's data inflated by libdeflate, not unfiltered: what no decoder that inflates with it gets below
// Prints {"images": n, "seconds": wall, "cpu_seconds": s, "bytes": written}.
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// These want the ones above before them.
#include <jpeglib.h>
#include <libdeflate.h>
#include <png.h>

typedef struct {
  uint8_t *bytes;
  size_t count;
  unsigned x, y, width, height;
} picture;

static const unsigned margin = 2;

static void fail(const char *what, const char *path) {
  fprintf(stderr, "floor: %s: %s\n", path, what);
  exit(1);
}

// The rows go over one another: the decoder's work is the same, and the memory is the cache's.
static uint8_t *row_buffer(size_t count) {
  static uint8_t *buffer;
  static size_t capacity;
  if (capacity < count) {
    buffer = realloc(buffer, count);
    capacity = count;
  }
  return buffer;
}

static size_t decode_jpeg(const picture *p, int is_window) {
  struct jpeg_decompress_struct decoder;
  struct jpeg_error_mgr errors;  // libjpeg's own ends the program, which is right for good files
  decoder.err = jpeg_std_error(&errors);
  jpeg_create_decompress(&decoder);
  jpeg_mem_src(&decoder, p->bytes, p->count);
  jpeg_read_header(&decoder, TRUE);
  decoder.out_color_space = JCS_RGB;
  decoder.dct_method = JDCT_ISLOW;
  jpeg_start_decompress(&decoder);
  JDIMENSION first = 0, end = decoder.output_height;
  if (is_window) {
    JDIMENSION left = p->x > margin ? p->x - margin : 0, right = p->x + p->width + margin;
    if (right > decoder.output_width) right = decoder.output_width;
    JDIMENSION width = right - left;
    jpeg_crop_scanline(&decoder, &left, &width);
    first = p->y > margin ? p->y - margin : 0;
    if (p->y + p->height + margin < end) end = p->y + p->height + margin;
    if (first > 0) jpeg_skip_scanlines(&decoder, first);
  }
  size_t stride = (size_t)decoder.output_width * 3, written = 0;
  uint8_t *row = row_buffer(stride);
  while (decoder.output_scanline < end) written += stride * jpeg_read_scanlines(&decoder, &row, 1);
  if (end == decoder.output_height) jpeg_finish_decompress(&decoder);
  jpeg_destroy_decompress(&decoder);
  return written;
}

typedef struct {
  const uint8_t *bytes;
  size_t left;
} reader;

static void read_memory(png_structp png, png_bytep out, size_t count) {
  reader *from = png_get_io_ptr(png);
  if (count > from->left) png_error(png, "the file ends");
  memcpy(out, from->bytes, count);
  from->bytes += count;
  from->left -= count;
}

static size_t decode_png(const picture *p) {
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
  png_infop info = png_create_info_struct(png);
  if (setjmp(png_jmpbuf(png))) exit(1);
  reader from = {p->bytes, p->count};
  png_set_read_fn(png, &from, read_memory);
  png_read_info(png, info);
  size_t stride = png_get_rowbytes(png, info), written = 0;
  // libpng filters a row against the one before in its own memory, so rows may go over one another here too.
  for (unsigned y = png_get_image_height(png, info); y > 0; y--) {
    png_read_row(png, row_buffer(stride), NULL);
    written += stride;
  }
  png_read_end(png, NULL);
  png_destroy_read_struct(&png, &info, NULL);
  return written;
}

static unsigned big_endian(const uint8_t *at) {
  return (unsigned)at[0] << 24 | (unsigned)at[1] << 16 | (unsigned)at[2] << 8 | at[3];
}

static size_t inflate_png(const picture *p, struct libdeflate_decompressor *inflater) {
  static uint8_t *joined, *out;
  static size_t joined_capacity, out_capacity;
  if (joined_capacity < p->count) joined = realloc(joined, joined_capacity = p->count);
  unsigned width = big_endian(p->bytes + 16), height = big_endian(p->bytes + 20);
  size_t samples = p->bytes[25] == 2 ? 3 : p->bytes[25] == 6 ? 4 : 1;
  size_t size = (width * samples * (p->bytes[24] / 8) + 1) * height, count = 0, written;
  if (out_capacity < size) out = realloc(out, out_capacity = size);
  for (size_t at = 8; at + 12 <= p->count; at += 12 + big_endian(p->bytes + at))
    if (!memcmp(p->bytes + at + 4, "IDAT", 4)) {
      memcpy(joined + count, p->bytes + at + 8, big_endian(p->bytes + at));
      count += big_endian(p->bytes + at);
    }
  if (libdeflate_zlib_decompress(inflater, joined, count, out, size, &written)) fail("does not inflate", "a PNG");
  return written;
}

static double seconds(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return now.tv_sec + now.tv_nsec * 1e-9;
}

static picture load(const char *path) {
  picture p = {0};
  FILE *file = fopen(path, "rb");
  if (!file) fail("cannot be opened", path);
  fseek(file, 0, SEEK_END);
  p.count = (size_t)ftell(file);
  rewind(file);
  p.bytes = malloc(p.count);
  if (fread(p.bytes, 1, p.count, file) != p.count) fail("cannot be read", path);
  fclose(file);
  return p;
}

int main(int argc, char **argv) {
  if (argc != 3) fail("usage: floor jpeg|windows|png|inflate LIST", "arguments");
  FILE *list = fopen(argv[2], "r");
  if (!list) fail("cannot be opened", argv[2]);
  size_t count = 0, capacity = 0;
  picture *pictures = NULL;
  char line[8192];
  while (fgets(line, sizeof line, list)) {
    line[strcspn(line, "\n")] = 0;
    if (count == capacity) pictures = realloc(pictures, (capacity = 2 * capacity + 64) * sizeof *pictures);
    char *tab = strchr(line, '\t');
    if (tab) *tab = 0;
    pictures[count] = load(line);
    if (tab)
      sscanf(tab + 1, "%u %u %u %u", &pictures[count].x, &pictures[count].y, &pictures[count].width,
             &pictures[count].height);
    count++;
  }
  fclose(list);
  struct libdeflate_decompressor *inflater = libdeflate_alloc_decompressor();
  int is_window = !strcmp(argv[1], "windows"), is_jpeg = is_window || !strcmp(argv[1], "jpeg");
  int is_inflate = !strcmp(argv[1], "inflate");
  size_t written = 0;
  double wall = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
  for (size_t i = 0; i < count; i++)
    written += is_jpeg ? decode_jpeg(&pictures[i], is_window)
               : is_inflate ? inflate_png(&pictures[i], inflater)
                            : decode_png(&pictures[i]);
  wall = seconds(CLOCK_MONOTONIC) - wall;
  cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
  printf("{\"images\": %zu, \"seconds\": %.6f, \"cpu_seconds\": %.6f, \"bytes\": %zu}\n", count, wall, cpu, written);
  return 0;
}
