/// Memory that a thread uses again: `tk_scratch_take` and `tk_scratch_give` stand for `malloc` and `free`.
///
/// A block that is given back waits for the next take of about its size on the same thread, so that a thread that decodes
/// one picture after another soon asks the system for nothing. What waits is bounded: TK_SCRATCH_MOST bytes a thread, and
/// no block of more than TK_SCRATCH_LARGEST; what TK_SCRATCH_AGE takes had no use for goes back to the system, and
/// everything does when the thread ends.
#ifndef TESSERA_CKERNELS_SCRATCH_H
#define TESSERA_CKERNELS_SCRATCH_H

#include <stddef.h>
#include <stdint.h>

enum {
  TK_SCRATCH_MOST = 32 << 20,
  /// A photograph's file, or five megapixels of RGB.
  TK_SCRATCH_LARGEST = 16 << 20,
  /// Some 200 pictures.
  TK_SCRATCH_AGE = 4096,
};

/// At least so many bytes, aligned to 64, with anything in them; NULL when out of memory. The caller gives them back.
void *tk_scratch_take(size_t bytes);
/// The same, all 0.
void *tk_scratch_take_zeros(size_t bytes);
/// Gives a block back, or NULL, which does nothing. The thread need not be the one that took it: it is the one that keeps
/// it.
void tk_scratch_give(void *block);
/// Bytes that wait on the calling thread.
size_t tk_scratch_kept(void);

/// At least so many bytes for long use, aligned to 64; NULL when out of memory. From 4 MiB on they begin at a large page and
/// the system is asked for such (Linux: 2 MiB, `madvise`): a batch of 38 MB then has 19 first touches instead of 9,400.
void *tk_large_take(size_t bytes);
void tk_large_give(void *block);

#endif
