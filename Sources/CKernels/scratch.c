// A thread's blocks that wait for use: a table that is looked through for the one that fits best.
#define _GNU_SOURCE  // madvise
#include "include/scratch.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#if defined(__linux__)
#include <sys/mman.h>
#endif

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define IS_SANITIZED 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define IS_SANITIZED 1
#endif
#ifndef IS_SANITIZED
#define IS_SANITIZED 0
#endif

enum {
  // A progressive picture holds some thirty at a time.
  SLOTS = 64,
  // In front of a block: its capacity.
  HEAD = 64,
  // A block that is more than so many times what is asked for stays for those who need it, and can grow old.
  MOST_TIMES = 4,
  // Below this any block will do.
  SMALL = 4096,
  // Takes between two looks for blocks that have grown old.
  LOOK = 256,
  LARGE_PAGE = 2 << 20,
};

typedef struct {
  uint8_t *base[SLOTS];
  size_t capacity[SLOTS];
  // The take before which it came back.
  uint64_t stamp[SLOTS];
  int count, is_known, is_ended;
  size_t kept;
  uint64_t takes;
} shelf;

static _Thread_local shelf mine;
static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int has_key;

static uint8_t *removed(shelf *s, int i) {
  uint8_t *base = s->base[i];
  s->kept -= s->capacity[i];
  const int last = --s->count;
  s->base[i] = s->base[last], s->capacity[i] = s->capacity[last], s->stamp[i] = s->stamp[last];
  return base;
}

// The thread ends. Blocks that come back later still go to the system.
static void end(void *value) {
  shelf *s = value;
  s->is_ended = 1;
  while (s->count > 0) free(removed(s, s->count - 1));
}

static void make_key(void) { has_key = pthread_key_create(&key, end) == 0; }

// Whether the thread's end will be heard of: without that nothing is kept.
static int is_open(shelf *s) {
  if (s->is_ended) return 0;
  if (s->is_known) return 1;
  pthread_once(&once, make_key);
  s->is_known = has_key && pthread_setspecific(key, s) == 0;
  return s->is_known;
}

// Quarters of a power of two, so that sizes that vary a little meet the same blocks.
static size_t rounded(size_t bytes) {
  if (IS_SANITIZED || bytes > TK_SCRATCH_LARGEST) return bytes;
  if (bytes <= 256) return 256;
  size_t step = 64;
  while (step * 8 < bytes) step *= 2;
  return (bytes + step - 1) / step * step;
}

static void let_go_of_old(shelf *s) {
  for (int i = s->count - 1; i >= 0; i--) {
    if (s->takes - s->stamp[i] > TK_SCRATCH_AGE) free(removed(s, i));
  }
}

static int oldest(const shelf *s) {
  int found = 0;
  for (int i = 1; i < s->count; i++) {
    if (s->stamp[i] < s->stamp[found]) found = i;
  }
  return found;
}

void *tk_scratch_take(size_t bytes) {
  shelf *s = &mine;
  const size_t needed = rounded(bytes), most = (needed > SMALL ? needed : SMALL) * MOST_TIMES;
  int found = -1;
  for (int i = 0; i < s->count; i++) {
    if (s->capacity[i] < needed || s->capacity[i] > most) continue;
    if (found < 0 || s->capacity[i] < s->capacity[found]) found = i;
  }
  uint8_t *kept = found < 0 ? NULL : removed(s, found);
  if (++s->takes % LOOK == 0) let_go_of_old(s);
  if (kept) return kept + HEAD;
  if (needed > SIZE_MAX - 2 * HEAD) return NULL;
  uint8_t *base = aligned_alloc(HEAD, (needed + 2 * HEAD - 1) / HEAD * HEAD);
  if (!base) return NULL;
  memcpy(base, &needed, sizeof needed);
  return base + HEAD;
}

void *tk_scratch_take_zeros(size_t bytes) {
  void *block = tk_scratch_take(bytes);
  if (block) memset(block, 0, bytes);
  return block;
}

void tk_scratch_give(void *block) {
  if (!block) return;
  shelf *s = &mine;
  uint8_t *base = (uint8_t *)block - HEAD;
  size_t capacity;
  memcpy(&capacity, base, sizeof capacity);
  if (IS_SANITIZED || capacity > TK_SCRATCH_LARGEST || !is_open(s)) {
    free(base);
    return;
  }
  while (s->count == SLOTS || s->kept + capacity > TK_SCRATCH_MOST) free(removed(s, oldest(s)));
  const int i = s->count++;
  s->base[i] = base, s->capacity[i] = capacity, s->stamp[i] = s->takes;
  s->kept += capacity;
}

size_t tk_scratch_kept(void) { return mine.kept; }

void *tk_large_take(size_t bytes) {
  const size_t unit = bytes < 2 * LARGE_PAGE ? HEAD : LARGE_PAGE;
  if (bytes > SIZE_MAX - unit) return NULL;
  const size_t room = bytes == 0 ? unit : (bytes + unit - 1) / unit * unit;
  void *block = aligned_alloc(unit, room);
#if defined(__linux__)
  // Advice: a system that has none goes on with small ones.
  if (block && unit == LARGE_PAGE) (void)madvise(block, room, MADV_HUGEPAGE);
#endif
  return block;
}

void tk_large_give(void *block) { free(block); }
