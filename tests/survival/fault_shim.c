// Preloaded: fails or shortens a chosen call on files of one folder, slows calls down, and counts them.
//
// FAULT_FOLDER   files whose absolute path begins with this
// FAULT_COUNTS   a file of 16 little-endian u64, one for each function in the order of `kNames`: calls seen
// FAULT_CALL     the function to fail, by its name in `kNames`
// FAULT_AT       which of its calls, from 1
// FAULT_ERROR    SHORT for half of the bytes, or a number of errno
// FAULT_LASTS    set: the calls after it fail as well
// FAULT_DELAY_MS of every pwrite, pread and read in the folder
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum {
  kPwrite, kWrite, kPread, kRead, kFsync, kFdatasync, kFallocate, kRename, kFtruncate, kUnlink, kOpen, kFunctions
};
static const char* const kNames[] = {"pwrite",    "write",  "pread",     "read",   "fsync", "fdatasync",
                                     "fallocate", "rename", "ftruncate", "unlink", "open"};

static char folder[PATH_MAX];
static size_t folder_size;
static int fail_function = -1, fail_error, is_short, lasts;
static uint64_t fail_at;
static long delay_ms;
static _Atomic uint64_t* counts;

#define REAL(name) \
  static __typeof__(&name) real; \
  if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

__attribute__((constructor)) static void prepare(void) {
  const char* path = getenv("FAULT_FOLDER");
  if (!path) return;
  snprintf(folder, sizeof folder, "%s/", path);
  folder_size = strlen(folder);
  if (getenv("FAULT_CALL")) {
    for (int i = 0; i < kFunctions; ++i) {
      if (strcmp(kNames[i], getenv("FAULT_CALL")) == 0) fail_function = i;
    }
    fail_at = strtoull(getenv("FAULT_AT"), NULL, 10);
    is_short = strcmp(getenv("FAULT_ERROR"), "SHORT") == 0;
    fail_error = atoi(getenv("FAULT_ERROR"));
    lasts = getenv("FAULT_LASTS") != NULL;
  }
  if (getenv("FAULT_DELAY_MS")) delay_ms = atol(getenv("FAULT_DELAY_MS"));
  if (getenv("FAULT_COUNTS")) {
    const int file = open(getenv("FAULT_COUNTS"), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (file >= 0 && ftruncate(file, 16 * 8) == 0) {
      void* map = mmap(NULL, 16 * 8, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
      if (map != MAP_FAILED) counts = map;
    }
    if (file >= 0) close(file);
  }
}

// The folder itself counts too.
static int is_inside(const char* path) {
  return folder_size > 0 && (strncmp(path, folder, folder_size) == 0 ||
                             (strlen(path) == folder_size - 1 && strncmp(path, folder, folder_size - 1) == 0));
}

static int is_path_inside(const char* path) {
  char whole[PATH_MAX];
  if (!path || folder_size == 0) return 0;
  if (path[0] == '/') return is_inside(path);
  if (!getcwd(whole, sizeof whole)) return 0;
  const size_t n = strlen(whole);
  if (strcmp(path, ".") != 0) snprintf(whole + n, sizeof whole - n, "/%s", path);
  return is_inside(whole);
}

static int is_file_inside(int file) {
  char link[64], path[PATH_MAX];
  if (folder_size == 0) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  const ssize_t n = readlink(link, path, sizeof path - 1);
  if (n <= 0) return 0;
  path[n] = '\0';
  return is_inside(path);
}

// Whether this call of `function` is the one to fail.
static int fails(int function) {
  const uint64_t n = counts ? atomic_fetch_add(&counts[function], 1) + 1 : 0;
  if (function != fail_function || n < fail_at || (n > fail_at && !lasts)) return 0;
  errno = fail_error;
  return 1;
}

static void wait_a_little(void) {
  if (delay_ms == 0) return;
  const struct timespec time = {delay_ms / 1000, delay_ms % 1000 * 1000000};
  nanosleep(&time, NULL);
}

#define TRANSFER(function, name, pointer, offset_type) \
  ssize_t name(int file, pointer bytes, size_t n, offset_type offset) { \
    REAL(name); \
    if (is_file_inside(file)) { \
      wait_a_little(); \
      if (fails(function)) { \
        if (!is_short) return -1; \
        if (n > 1) n /= 2; \
      } \
    } \
    return real(file, bytes, n, offset); \
  }
TRANSFER(kPwrite, pwrite, const void*, off_t)
TRANSFER(kPwrite, pwrite64, const void*, off64_t)
TRANSFER(kPread, pread, void*, off_t)
TRANSFER(kPread, pread64, void*, off64_t)

ssize_t write(int file, const void* bytes, size_t n) {
  REAL(write);
  if (is_file_inside(file) && fails(kWrite)) {
    if (!is_short) return -1;
    if (n > 1) n /= 2;
  }
  return real(file, bytes, n);
}

ssize_t read(int file, void* bytes, size_t n) {
  REAL(read);
  if (is_file_inside(file)) {
    wait_a_little();
    if (fails(kRead)) {
      if (!is_short) return -1;
      if (n > 1) n /= 2;
    }
  }
  return real(file, bytes, n);
}

#define ON_A_FILE(function, name, parameters, ...) \
  int name parameters { \
    REAL(name); \
    if (is_file_inside(file) && fails(function)) return -1; \
    return real(__VA_ARGS__); \
  }
ON_A_FILE(kFsync, fsync, (int file), file)
ON_A_FILE(kFdatasync, fdatasync, (int file), file)
ON_A_FILE(kFallocate, fallocate, (int file, int mode, off_t at, off_t n), file, mode, at, n)
ON_A_FILE(kFallocate, fallocate64, (int file, int mode, off64_t at, off64_t n), file, mode, at, n)
ON_A_FILE(kFtruncate, ftruncate, (int file, off_t n), file, n)
ON_A_FILE(kFtruncate, ftruncate64, (int file, off64_t n), file, n)

#define ON_A_PATH(function, name, path, parameters, ...) \
  int name parameters { \
    REAL(name); \
    if (is_path_inside(path) && fails(function)) return -1; \
    return real(__VA_ARGS__); \
  }
ON_A_PATH(kRename, rename, from, (const char* from, const char* to), from, to)
ON_A_PATH(kRename, renameat2, from, (int a, const char* from, int b, const char* to, unsigned flags), a, from, b, to,
          flags)
ON_A_PATH(kUnlink, unlink, path, (const char* path), path)

#define OPENS(name) \
  int name(const char* path, int flags, ...) { \
    REAL(name); \
    va_list more; \
    va_start(more, flags); \
    const mode_t mode = flags & O_CREAT ? va_arg(more, mode_t) : 0; \
    va_end(more); \
    if (is_path_inside(path) && fails(kOpen)) return -1; \
    return real(path, flags, mode); \
  }
OPENS(open)
OPENS(open64)
