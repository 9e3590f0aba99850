#ifndef CTORCH_GROUP_H
#define CTORCH_GROUP_H

#include "ctorch.h"

#ifdef __cplusplus
extern "C" {
#endif

// Several processes that train one model, over c10d: a store where they meet, and Gloo's collectives.
//
// All ranks call the same functions in the same order, from one thread each. A function that fails may have left the others
// waiting: the group is of no use any more.

typedef struct ct_group_s *ct_group;

/// How a rank joins.
typedef struct {
  /// Where rank 0 keeps the store.
  const char *host;
  uint16_t port;
  int32_t rank, size;
  /// The address or name that the others reach this rank by; NULL for the host's own name.
  const char *own_address;
  /// The network interface that they reach it by, instead; NULL for none.
  const char *interface_name;
  /// How long a rank waits for the others, in joining and in every collective.
  int64_t timeout_milliseconds;
  /// What the others call this rank: its host and process.
  const char *name;
  /// What rank 0 says to `listener` while it waits for others: who is missing. NULL for nobody.
  void (*say)(void *listener, const char *text);
  void *listener;
} ct_group_options;

/// Joins; returns when all ranks have.
ct_group ct_group_join(ct_group_options options);
/// Leaves. The others' collectives fail from then on.
void ct_group_leave(ct_group group);

/// Tells the others, about every third of a second from a thread of its own, that this rank is alive, and what it does.
void ct_group_tell(ct_group group, const char *word);
/// After a failure: which ranks are to blame, as text; the caller frees it. The first rank that asks finds out, by whose
/// pulse stands still; the others get its finding. Rank 0 returns when the others have asked, or after some seconds, since
/// the store goes with it. NULL if nothing can be told.
char *ct_group_culprits(ct_group group);

/// Tells the others that this rank failed, and why: what `ct_group_culprits` gives them then, unless another was first. Rank
/// 0 returns as from `ct_group_culprits`.
int ct_group_fail(ct_group group, const char *message);

/// Rank 0's word, by the store: who waits for it may wait for hours, as long as rank 0 is alive.
int ct_group_post(ct_group group, const uint8_t *bytes, size_t count);
/// The next word of rank 0's, on every other rank; the caller frees it. NULL where rank 0 is dead, or a rank has failed.
uint8_t *ct_group_await(ct_group group, size_t *count);

/// Adds up a contiguous tensor over all ranks, in place.
int ct_group_sum(ct_group group, ct_tensor tensor);
/// Gives all ranks a rank's contiguous tensor, in place.
int ct_group_broadcast(ct_group group, ct_tensor tensor, int32_t from);
/// Returns when all ranks have called it.
int ct_group_barrier(ct_group group);
/// All ranks' bytes, one rank's behind another's; `counts` gets their numbers. The caller frees what it gets. NULL on
/// failure.
uint8_t *ct_group_gather(ct_group group, const uint8_t *bytes, size_t count, size_t *counts);

// Gradients, added up while the way back goes on

typedef struct ct_reducer_s *ct_reducer;

/// Watches leaves, the same and in the same order on all ranks. They are put into buckets of at most so many bytes from the
/// last to the first, about the order in which their gradients come. Where leaves are owned, each is one rank's: sums go to
/// it alone.
ct_reducer ct_reducer_make(ct_group group, const ct_tensor *leaves, size_t count, int64_t bucket_bytes, bool is_owned);
void ct_reducer_free(ct_reducer reducer);
/// The next way back is the step's last: a bucket is sent as soon as it is full and all before it are sent.
int ct_reducer_arm(ct_reducer reducer);
/// Sends what is not sent yet, a missing gradient as zeros, and puts the sums in the gradients' place. A leaf that has a
/// gradient on no rank gets none, nor does one on a rank that does not own it.
int ct_reducer_finish(ct_reducer reducer);
/// Gives all ranks the leaves as their owners have moved them.
int ct_reducer_share(ct_reducer reducer);
/// The rank that owns a leaf; -1 where all do.
int32_t ct_reducer_owner(ct_reducer reducer, size_t leaf);
/// Buckets, and of those how many were under way before the last `ct_reducer_finish` was called.
void ct_reducer_facts(ct_reducer reducer, int64_t *buckets, int64_t *early);

#ifdef __cplusplus
}
#endif
#endif
