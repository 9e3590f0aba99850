// A library that is loaded before all others (LD_PRELOAD) and makes file operations fail on purpose.
//
// It stands between a program and the C library's calls, counts those that touch a file below given folders, and lets
// one of them, or all from one on, end as a disk may end them. The C library's own inner calls do not come by here
// (fopen opens, readdir reads behind its own doors); what a program calls does, Swift's runtime and Foundation included.
//
//   FAULTS_UNDER   folders, parted by colons, absolute and without links in them; nothing else is counted
//   FAULTS_LOG     the file to tell to: in each line an operation and a path; with FAULTS_OP only what was done to it
//   FAULTS_OP      which operation: open read write fsync close rename link unlink rmdir mkdir truncate mmap stat list lock
//   FAULTS_AT      its which call, from 1
//   FAULTS_TIMES   how many calls from that one on; 0 for all (1 unless said)
//   FAULTS_DO      a number of an error (errno); or `short`: half of the bytes; `torn`: half of them, and from then on the
//                  disk is full; `zero`: nothing was read or written, and no error
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { max_file = 1 << 16, max_under = 8 };
enum { do_nothing = 0, do_short = -1, do_torn = -2, do_zero = -3 };

// Files that were opened below the folders.
static atomic_uchar is_ours[max_file];
static atomic_long calls;
static atomic_int state;  // 0 nobody has read the environment, 1 somebody does, 2 done

static char *under[max_under];
static int under_count;
static const char *wanted;
static long first = 1, times = 1;
static int what;
static int log_file = -1;

static void start(void) {
  int expected = 0;
  if (!atomic_compare_exchange_strong(&state, &expected, 1)) {
    while (atomic_load(&state) == 1) {}
    return;
  }
  const char *folders = getenv("FAULTS_UNDER"), *place = getenv("FAULTS_LOG"), *text;
  if (folders) {
    char *copy = strdup(folders), *rest = copy, *folder;
    while (copy && under_count < max_under && (folder = strsep(&rest, ":"))) {
      if (*folder) under[under_count++] = folder;
    }
  }
  wanted = getenv("FAULTS_OP");
  if ((text = getenv("FAULTS_AT"))) first = atol(text);
  if ((text = getenv("FAULTS_TIMES"))) times = atol(text);
  if ((text = getenv("FAULTS_DO"))) {
    what = !strcmp(text, "short") ? do_short : !strcmp(text, "torn") ? do_torn : !strcmp(text, "zero") ? do_zero : atoi(text);
  }
  if (place) {
    int file = (int)syscall(SYS_openat, AT_FDCWD, place, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    // A high number, so that the program's own files have the numbers that they have without us.
    log_file = file < 0 ? -1 : (int)syscall(SYS_fcntl, file, F_DUPFD_CLOEXEC, 500);
    if (file >= 0) syscall(SYS_close, file);
  }
  atomic_store(&state, 2);
}

__attribute__((constructor)) static void begin(void) { start(); }

// The C library's function behind ours.
#define REAL(type, name, ...)                                                 \
  static type (*_Atomic real_pointer)(__VA_ARGS__);                           \
  type (*real)(__VA_ARGS__) = atomic_load(&real_pointer);                     \
  if (!real) {                                                                \
    real = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name);                     \
    atomic_store(&real_pointer, real);                                        \
  }

// MARK: which file it is

static int is_under(const char *path) {
  for (int i = 0; i < under_count; i++) {
    size_t length = strlen(under[i]);
    if (!strncmp(path, under[i], length) && (path[length] == '/' || path[length] == 0)) return 1;
  }
  return 0;
}

static int is_ours_file(int file) { return file >= 0 && file < max_file && atomic_load(&is_ours[file]); }

static void keep(int file, int ours) {
  if (file >= 0 && file < max_file) atomic_store(&is_ours[file], ours != 0);
}

static void full(int folder, const char *path, char *out) {
  out[0] = 0;
  if (!path) return;
  if (path[0] == '/') {
    snprintf(out, PATH_MAX, "%s", path);
    return;
  }
  char start[PATH_MAX] = "";
  if (folder == AT_FDCWD) {
    if (syscall(SYS_getcwd, start, sizeof start) < 0) return;
  } else {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
    ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, link, start, sizeof start - 1);
    if (length < 0) return;
    start[length] = 0;
  }
  // Cut at PATH_MAX where it is longer: only the beginning counts.
  size_t length = strlen(start);
  memcpy(out, start, length);
  if (length + 1 < PATH_MAX) snprintf(out + length, PATH_MAX - length, "/%s", path);
}

static void of_file(int file, char *out) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, link, out, PATH_MAX - 1);
  out[length < 0 ? 0 : length] = 0;
}

// MARK: what happens to it

static void tell(const char *op, const char *path) {
  char line[PATH_MAX + 64];
  int length = snprintf(line, sizeof line, "%s %s\n", op, path);
  if (length > (int)sizeof line - 1) length = sizeof line - 1;
  if (log_file >= 0) syscall(SYS_write, log_file, line, length);
}

// What is to be done to a call that touches one of our files: an error, one of `do_…`, or nothing.
static int fate(const char *op, const char *path, int file, size_t bytes) {
  int before = errno, result = do_nothing;
  char name[PATH_MAX];
  if (!wanted) {
    if (!path) of_file(file, name);
    tell(op, path ? path : name);
  } else if (!strcmp(op, wanted)) {
    long number = atomic_fetch_add(&calls, 1) + 1;
    int is_now = number >= first && (what == do_torn || times == 0 || number < first + times);
    result = !is_now ? do_nothing : what == do_torn && number > first ? ENOSPC : what;
    // There is no half of one byte.
    if ((result == do_short || result == do_torn) && bytes < 2) result = do_nothing;
    if (result == do_zero && bytes == 0) result = do_nothing;
    if (result != do_nothing) {
      if (!path) of_file(file, name);
      tell(op, path ? path : name);
    }
  }
  errno = before;
  return result;
}

static int path_fate(const char *op, int folder, const char *path) {
  if (!path || atomic_load(&state) != 2 || !under_count) return do_nothing;
  if (path[0] != '/' && folder != AT_FDCWD && !is_ours_file(folder)) return do_nothing;
  char name[PATH_MAX];
  full(folder, path, name);
  return is_under(name) ? fate(op, name, -1, 2) : do_nothing;
}

static int file_fate(const char *op, int file, size_t bytes) {
  if (atomic_load(&state) != 2 || !is_ours_file(file)) return do_nothing;
  return fate(op, NULL, file, bytes);
}

static int fail(int error) {
  errno = error;
  return -1;
}

// MARK: opening and closing

static int ours_by_path(int folder, const char *path) {
  if (!path || !under_count) return 0;
  char name[PATH_MAX];
  int before = errno;
  full(folder, path, name);
  errno = before;
  return is_under(name);
}

static int open_at(int folder, const char *path, int flags, mode_t mode) {
  start();
  int error = path_fate("open", folder, path);
  if (error > 0) return fail(error);
  int file = (int)syscall(SYS_openat, folder, path, flags, mode);
  if (file >= 0) keep(file, ours_by_path(folder, path));
  return file;
}

#define MODE(flags)                                                           \
  mode_t mode = 0;                                                            \
  if (flags & (O_CREAT | __O_TMPFILE)) {                                      \
    va_list rest;                                                             \
    va_start(rest, flags);                                                    \
    mode = va_arg(rest, mode_t);                                              \
    va_end(rest);                                                             \
  }

int open(const char *path, int flags, ...) {
  MODE(flags)
  return open_at(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...) {
  MODE(flags)
  return open_at(AT_FDCWD, path, flags, mode);
}

int openat(int folder, const char *path, int flags, ...) {
  MODE(flags)
  return open_at(folder, path, flags, mode);
}

int openat64(int folder, const char *path, int flags, ...) {
  MODE(flags)
  return open_at(folder, path, flags, mode);
}

int creat(const char *path, mode_t mode) { return open_at(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }

int close(int file) {
  REAL(int, close, int)
  int error = file_fate("close", file, 2);
  // Closed it is in any case, as Linux does it.
  keep(file, 0);
  int result = real(file);
  return error > 0 ? fail(error) : result;
}

// MARK: bytes

// Shortens a request, or ends it; nil where it goes on.
#define BYTES(op, file, count)                                                \
  int result = file_fate(op, file, count);                                    \
  if (result > 0) return fail(result);                                        \
  if (result == do_zero) return 0;                                            \
  if (result == do_short || result == do_torn) count /= 2;

ssize_t read(int file, void *buffer, size_t count) {
  REAL(ssize_t, read, int, void *, size_t)
  BYTES("read", file, count)
  return real(file, buffer, count);
}

ssize_t pread(int file, void *buffer, size_t count, off_t offset) {
  REAL(ssize_t, pread, int, void *, size_t, off_t)
  BYTES("read", file, count)
  return real(file, buffer, count, offset);
}

ssize_t pread64(int file, void *buffer, size_t count, off64_t offset) {
  REAL(ssize_t, pread64, int, void *, size_t, off64_t)
  BYTES("read", file, count)
  return real(file, buffer, count, offset);
}

ssize_t readv(int file, const struct iovec *parts, int number) {
  REAL(ssize_t, readv, int, const struct iovec *, int)
  size_t count = number > 0 ? parts[0].iov_len : 0;
  BYTES("read", file, count)
  return result == do_nothing ? real(file, parts, number) : read(file, parts[0].iov_base, count);
}

ssize_t write(int file, const void *buffer, size_t count) {
  REAL(ssize_t, write, int, const void *, size_t)
  BYTES("write", file, count)
  return real(file, buffer, count);
}

ssize_t pwrite(int file, const void *buffer, size_t count, off_t offset) {
  REAL(ssize_t, pwrite, int, const void *, size_t, off_t)
  BYTES("write", file, count)
  return real(file, buffer, count, offset);
}

ssize_t pwrite64(int file, const void *buffer, size_t count, off64_t offset) {
  REAL(ssize_t, pwrite64, int, const void *, size_t, off64_t)
  BYTES("write", file, count)
  return real(file, buffer, count, offset);
}

ssize_t writev(int file, const struct iovec *parts, int number) {
  REAL(ssize_t, writev, int, const struct iovec *, int)
  size_t count = number > 0 ? parts[0].iov_len : 0;
  BYTES("write", file, count)
  return result == do_nothing ? real(file, parts, number) : (ssize_t)syscall(SYS_write, file, parts[0].iov_base, count);
}

int fsync(int file) {
  REAL(int, fsync, int)
  int error = file_fate("fsync", file, 2);
  return error > 0 ? fail(error) : real(file);
}

int fdatasync(int file) {
  REAL(int, fdatasync, int)
  int error = file_fate("fsync", file, 2);
  return error > 0 ? fail(error) : real(file);
}

int ftruncate(int file, off_t length) {
  REAL(int, ftruncate, int, off_t)
  int error = file_fate("truncate", file, 2);
  return error > 0 ? fail(error) : real(file, length);
}

int ftruncate64(int file, off64_t length) {
  REAL(int, ftruncate64, int, off64_t)
  int error = file_fate("truncate", file, 2);
  return error > 0 ? fail(error) : real(file, length);
}

void *mmap(void *place, size_t length, int protection, int flags, int file, off_t offset) {
  REAL(void *, mmap, void *, size_t, int, int, int, off_t)
  int error = file < 0 ? 0 : file_fate("mmap", file, 2);
  if (error > 0) {
    errno = error;
    return MAP_FAILED;
  }
  return real(place, length, protection, flags, file, offset);
}

void *mmap64(void *place, size_t length, int protection, int flags, int file, off64_t offset) {
  return mmap(place, length, protection, flags, file, offset);
}

int flock(int file, int operation) {
  REAL(int, flock, int, int)
  int error = file_fate("lock", file, 2);
  return error > 0 ? fail(error) : real(file, operation);
}

static int control(int file, int command, void *argument) {
  int error = 0;
  if (command == F_SETLK || command == F_SETLKW || command == F_OFD_SETLK || command == F_OFD_SETLKW) {
    error = file_fate("lock", file, 2);
  }
  if (error > 0) return fail(error);
  int result = (int)syscall(SYS_fcntl, file, command, argument);
  if (result >= 0 && (command == F_DUPFD || command == F_DUPFD_CLOEXEC)) keep(result, is_ours_file(file));
  return result;
}

int fcntl(int file, int command, ...) {
  va_list rest;
  va_start(rest, command);
  void *argument = va_arg(rest, void *);
  va_end(rest);
  return control(file, command, argument);
}

int fcntl64(int file, int command, ...) {
  va_list rest;
  va_start(rest, command);
  void *argument = va_arg(rest, void *);
  va_end(rest);
  return control(file, command, argument);
}

// MARK: names

#define NAMED(op, folder, path)                                               \
  int error = path_fate(op, folder, path);                                    \
  if (error > 0) return fail(error);

int rename(const char *from, const char *to) {
  REAL(int, rename, const char *, const char *)
  NAMED("rename", AT_FDCWD, to)
  return real(from, to);
}

int renameat(int old_folder, const char *from, int folder, const char *to) {
  REAL(int, renameat, int, const char *, int, const char *)
  NAMED("rename", folder, to)
  return real(old_folder, from, folder, to);
}

int renameat2(int old_folder, const char *from, int folder, const char *to, unsigned int flags) {
  REAL(int, renameat2, int, const char *, int, const char *, unsigned int)
  NAMED("rename", folder, to)
  return real(old_folder, from, folder, to, flags);
}

int link(const char *from, const char *to) {
  REAL(int, link, const char *, const char *)
  NAMED("link", AT_FDCWD, to)
  return real(from, to);
}

int linkat(int old_folder, const char *from, int folder, const char *to, int flags) {
  REAL(int, linkat, int, const char *, int, const char *, int)
  NAMED("link", folder, to)
  return real(old_folder, from, folder, to, flags);
}

int unlink(const char *path) {
  REAL(int, unlink, const char *)
  NAMED("unlink", AT_FDCWD, path)
  return real(path);
}

int unlinkat(int folder, const char *path, int flags) {
  REAL(int, unlinkat, int, const char *, int)
  NAMED(flags & AT_REMOVEDIR ? "rmdir" : "unlink", folder, path)
  return real(folder, path, flags);
}

int rmdir(const char *path) {
  REAL(int, rmdir, const char *)
  NAMED("rmdir", AT_FDCWD, path)
  return real(path);
}

int mkdir(const char *path, mode_t mode) {
  REAL(int, mkdir, const char *, mode_t)
  NAMED("mkdir", AT_FDCWD, path)
  return real(path, mode);
}

int mkdirat(int folder, const char *path, mode_t mode) {
  REAL(int, mkdirat, int, const char *, mode_t)
  NAMED("mkdir", folder, path)
  return real(folder, path, mode);
}

int access(const char *path, int mode) {
  REAL(int, access, const char *, int)
  NAMED("stat", AT_FDCWD, path)
  return real(path, mode);
}

#define STATUS(name, type)                                                    \
  int name(const char *path, struct type *status) {                           \
    REAL(int, name, const char *, struct type *)                              \
    NAMED("stat", AT_FDCWD, path)                                             \
    return real(path, status);                                                \
  }
STATUS(stat, stat)
STATUS(stat64, stat64)
STATUS(lstat, stat)
STATUS(lstat64, stat64)

#define FILE_STATUS(name, type)                                               \
  int name(int file, struct type *status) {                                   \
    REAL(int, name, int, struct type *)                                       \
    int error = file_fate("stat", file, 2);                                   \
    return error > 0 ? fail(error) : real(file, status);                      \
  }
FILE_STATUS(fstat, stat)
FILE_STATUS(fstat64, stat64)

#define STATUS_AT(name, type)                                                 \
  int name(int folder, const char *path, struct type *status, int flags) {    \
    REAL(int, name, int, const char *, struct type *, int)                    \
    NAMED("stat", folder, path)                                               \
    return real(folder, path, status, flags);                                 \
  }
STATUS_AT(fstatat, stat)
STATUS_AT(fstatat64, stat64)

// MARK: folders

DIR *opendir(const char *path) {
  REAL(DIR *, opendir, const char *)
  start();
  int error = path_fate("open", AT_FDCWD, path);
  if (error > 0) {
    errno = error;
    return NULL;
  }
  DIR *stream = real(path);
  if (stream) keep(dirfd(stream), ours_by_path(AT_FDCWD, path));
  return stream;
}

int closedir(DIR *stream) {
  REAL(int, closedir, DIR *)
  keep(dirfd(stream), 0);
  return real(stream);
}

// Of a listing the first call counts, so that a run's number of them is that of its listings.
#define LISTED(name, type)                                                    \
  struct type *name(DIR *stream) {                                            \
    REAL(struct type *, name, DIR *)                                          \
    int file = dirfd(stream);                                                 \
    int error = is_ours_file(file) && telldir(stream) == 0 ? file_fate("list", file, 2) : 0; \
    if (error > 0) {                                                          \
      errno = error;                                                          \
      return NULL;                                                            \
    }                                                                         \
    return real(stream);                                                      \
  }
LISTED(readdir, dirent)
LISTED(readdir64, dirent64)
