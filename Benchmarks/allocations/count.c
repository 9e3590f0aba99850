// Counts what a program allocates: preload it (LD_PRELOAD), and at the end of the program it writes calls and bytes by
// classes of size to the file that COUNT_ALLOCATIONS names, a line `least size, calls, bytes` for each. Linux with glibc;
// Benchmarks/allocations.py compiles and uses it.
//
// With COUNT_TRACE=BYTES every 1000th call of at least so many bytes is told on stderr with its callers, as addresses in
// files, for `addr2line`.
#define _GNU_SOURCE
#include <execinfo.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

enum { CLASSES = 4 };
static const size_t least[CLASSES] = {0, 1024, 16 << 10, 64 << 10};
static _Atomic uint64_t calls[CLASSES], bytes[CLASSES];

static size_t traced = SIZE_MAX;
static _Thread_local int is_tracing;

static void trace(void) {
  static _Atomic uint64_t seen;
  if (is_tracing || atomic_fetch_add(&seen, 1) % 1000 != 0) return;
  is_tracing = 1;
  void *frames[24];
  const int n = backtrace(frames, 24);
  backtrace_symbols_fd(frames + 2, n > 2 ? n - 2 : 0, 2);
  if (write(2, "--\n", 3) < 0) {}
  is_tracing = 0;
}

static void count(size_t size) {
  int c = CLASSES - 1;
  while (size < least[c]) c--;
  atomic_fetch_add_explicit(&calls[c], 1, memory_order_relaxed);
  atomic_fetch_add_explicit(&bytes[c], size, memory_order_relaxed);
  if (size >= traced) trace();
}

void *malloc(size_t size) {
  count(size);
  return __libc_malloc(size);
}

void *calloc(size_t n, size_t size) {
  count(n * size);
  return __libc_calloc(n, size);
}

void *realloc(void *old, size_t size) {
  count(size);
  return __libc_realloc(old, size);
}

void *memalign(size_t alignment, size_t size) {
  count(size);
  return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **to, size_t alignment, size_t size) {
  void *memory = memalign(alignment, size);
  if (!memory) return 12;  // ENOMEM
  *to = memory;
  return 0;
}

__attribute__((constructor)) static void begin(void) {
  const char *word = getenv("COUNT_TRACE");
  if (word) traced = strtoull(word, NULL, 10);
}

__attribute__((destructor)) static void tell(void) {
  const char *path = getenv("COUNT_ALLOCATIONS");
  FILE *file = path ? fopen(path, "w") : NULL;
  if (!file) return;
  for (int c = 0; c < CLASSES; c++) fprintf(file, "%zu %lu %lu\n", least[c], calls[c], bytes[c]);
  fclose(file);
}
