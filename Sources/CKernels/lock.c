// The system's mutex, at an address of its own: it must not move.
#include "include/lock.h"

#include <pthread.h>
#include <stdlib.h>

struct tk_lock {
  pthread_mutex_t mutex;
};

tk_lock *tk_lock_new(void) {
  tk_lock *lock = malloc(sizeof *lock);
  if (!lock) return NULL;
  if (pthread_mutex_init(&lock->mutex, NULL) != 0) {
    free(lock);
    return NULL;
  }
  return lock;
}

void tk_lock_free(tk_lock *lock) {
  if (!lock) return;
  pthread_mutex_destroy(&lock->mutex);
  free(lock);
}

void tk_lock_take(tk_lock *lock) { pthread_mutex_lock(&lock->mutex); }

void tk_lock_give(tk_lock *lock) { pthread_mutex_unlock(&lock->mutex); }
