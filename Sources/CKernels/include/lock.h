/// A mutex for those who have no Foundation.
#ifndef TESSERA_CKERNELS_LOCK_H
#define TESSERA_CKERNELS_LOCK_H

typedef struct tk_lock tk_lock;

/// A lock that nobody has; the caller frees it. NULL when out of memory.
tk_lock *tk_lock_new(void);
/// Frees a lock that nobody has, or NULL, which does nothing.
void tk_lock_free(tk_lock *lock);
/// Waits until no other thread has the lock. Not for one who has it already: it would wait for ever.
void tk_lock_take(tk_lock *lock);
/// Gives the lock up: by the thread that took it.
void tk_lock_give(tk_lock *lock);

#endif
