// Preloaded: loses at a chosen call what a power cut could lose. For the files of one folder it keeps what each held at
// its last fsync or fdatasync, and the names at the last fsync of the folder. At the cut every 4 KiB page that was not
// synced is as it was then or as it is now, each change of the folder that was not synced has happened or not, by
// chance, and the process ends. Stricter than file systems are: fdatasync makes no name durable, pages and names are
// lost in any order.
//
// CUT_FOLDER   absolute, without folders in it
// CUT_AT       at which of the calls that change a file or the folder, from 1; 0 = never
// CUT_SEED     of chance
// CUT_REPORT   a file: the number of calls, then "NAME BYTES" of each file that is durable under NAME, with its synced bytes
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { kMost = 256, kPage = 4096, kCutStatus = 99 };

typedef struct {
  unsigned char* bytes;
  size_t size;
} Content;

typedef struct {
  ino_t inode;
  int file;  // of our own, to read by
  Content synced;
} File;

typedef struct {
  char name[128];
  int file;  // into files; -1 = none
} Name;

// A change of the folder: `to` becomes `file`, `from` goes.
typedef struct {
  char from[128], to[128];
  int file;
} Change;

static char folder[1024];
static size_t folder_size;
static File files[kMost];
static Name durable[kMost];
static Change changes[kMost];
static int n_files, n_durable, n_changes;
static uint64_t calls, cut_at, chance;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

#define REAL(name) \
  static __typeof__(&name) real; \
  if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

static void fail(const char* what) {
  dprintf(2, "power_cut_shim: %s: %s\n", what, strerror(errno));
  _exit(98);
}

static int real_open(const char* path, int flags, mode_t mode) {
  REAL(open);
  return real(path, flags, mode);
}

static ssize_t real_pwrite(int file, const void* bytes, size_t n, off_t at) {
  REAL(pwrite);
  return real(file, bytes, n, at);
}

static uint64_t next(void) {
  chance ^= chance << 13;
  chance ^= chance >> 7;
  chance ^= chance << 17;
  return chance * 0x2545f4914f6cdd1dULL >> 33;
}

static Content content_of(int file) {
  struct stat status;
  if (fstat(file, &status) != 0) fail("fstat");
  Content content = {malloc((size_t)status.st_size + 1), (size_t)status.st_size};
  for (size_t done = 0; done < content.size;) {
    const ssize_t n = pread(file, content.bytes + done, content.size - done, (off_t)done);
    if (n <= 0) fail("pread");
    done += (size_t)n;
  }
  return content;
}

static const char* name_in_folder(const char* path) {
  static char whole[PATH_MAX];
  if (!path || folder_size == 0) return NULL;
  if (path[0] != '/') {
    if (!getcwd(whole, sizeof whole)) return NULL;
    const size_t n = strlen(whole);
    snprintf(whole + n, sizeof whole - n, "/%s", path);
    path = whole;
  }
  if (strncmp(path, folder, folder_size) != 0 || strchr(path + folder_size, '/')) return NULL;
  return path + folder_size;
}

// The tracked file behind a descriptor; -1 = none.
static int tracked(int file) {
  struct stat status;
  if (folder_size == 0 || fstat(file, &status) != 0) return -1;
  for (int i = 0; i < n_files; ++i) {
    if (files[i].inode == status.st_ino) return i;
  }
  return -1;
}

static int track(const char* name) {
  char path[PATH_MAX + 1024];
  struct stat status;
  snprintf(path, sizeof path, "%s%s", folder, name);
  const int file = real_open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW, 0);
  if (file < 0 || fstat(file, &status) != 0) return -1;
  for (int i = 0; i < n_files; ++i) {
    if (files[i].inode != status.st_ino) continue;
    close(file);
    return i;
  }
  if (n_files == kMost) fail("too many files");
  files[n_files] = (File){status.st_ino, file, {NULL, 0}};
  return n_files++;
}

static void set_name(Name* names, int* n, const char* name, int file) {
  int i = 0;
  while (i < *n && strcmp(names[i].name, name) != 0) ++i;
  if (i == kMost) fail("too many names");
  if (i == *n) snprintf(names[(*n)++].name, sizeof names->name, "%s", name);
  names[i].file = file;
}

static int find_name(const Name* names, int n, const char* name) {
  for (int i = 0; i < n; ++i) {
    if (strcmp(names[i].name, name) == 0) return names[i].file;
  }
  return -1;
}

static void apply(Name* names, int* n, const Change* change) {
  if (change->from[0] && find_name(names, *n, change->from) == change->file)
    set_name(names, n, change->from, -1);
  if (change->to[0]) set_name(names, n, change->to, change->file);
}

static void add_change(const char* from, const char* to, int file) {
  if (n_changes == kMost) fail("too many changes");
  Change* change = &changes[n_changes++];
  snprintf(change->from, sizeof change->from, "%s", from);
  snprintf(change->to, sizeof change->to, "%s", to);
  change->file = file;
}

static void report(void) {
  const char* path = getenv("CUT_REPORT");
  if (!path) return;
  const int file = real_open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
  if (file < 0) fail("report");
  dprintf(file, "%llu\n", (unsigned long long)calls);
  for (int i = 0; i < n_durable; ++i) {
    if (durable[i].file >= 0) dprintf(file, "%s %zu\n", durable[i].name, files[durable[i].file].synced.size);
  }
  close(file);
}

static void write_content(const char* name, Content content) {
  char path[PATH_MAX + 1024];
  snprintf(path, sizeof path, "%s%s", folder, name);
  const int file = real_open(path, O_WRONLY | O_CREAT | O_EXCL, 0666);
  if (file < 0) fail(path);
  for (size_t done = 0; done < content.size;) {
    const ssize_t n = real_pwrite(file, content.bytes + done, content.size - done, (off_t)done);
    if (n <= 0) fail("pwrite");
    done += (size_t)n;
  }
  close(file);
}

// What the disk holds of a file after the cut.
static Content after_cut(const File* file) {
  const Content now = content_of(file->file), then = file->synced;
  const size_t most = now.size > then.size ? now.size : then.size;
  Content left = {calloc(1, most + 1), next() % 2 ? now.size : then.size};
  for (size_t at = 0; at < left.size; at += kPage) {
    const Content* from = next() % 2 ? &now : &then;
    if (at < from->size)
      memcpy(left.bytes + at, from->bytes + at, from->size - at < kPage ? from->size - at : kPage);
  }
  return left;
}

static void cut(void) {
  report();
  Name names[kMost];
  Content contents[kMost];
  int n_names = n_durable;
  memcpy(names, durable, sizeof names);
  const int how = (int)(next() % 4);  // all changes are lost, all have happened, or each one by itself
  for (int i = 0; i < n_changes; ++i) {
    if (how == 0 || (how > 1 && next() % 2)) continue;
    apply(names, &n_names, &changes[i]);
  }
  for (int i = 0; i < n_files; ++i) contents[i] = after_cut(&files[i]);
  DIR* open_folder = opendir(folder);
  for (struct dirent* entry; (entry = readdir(open_folder));) {
    char path[PATH_MAX + 1024];
    snprintf(path, sizeof path, "%s%s", folder, entry->d_name);
    if (entry->d_name[0] != '.') {
      static int (*real_unlink)(const char*);
      if (!real_unlink) real_unlink = (int (*)(const char*))dlsym(RTLD_NEXT, "unlink");
      if (real_unlink(path) != 0) fail(path);
    }
  }
  for (int i = 0; i < n_names; ++i) {
    if (names[i].file >= 0) write_content(names[i].name, contents[names[i].file]);
  }
  _exit(kCutStatus);
}

__attribute__((constructor)) static void prepare(void) {
  const char* path = getenv("CUT_FOLDER");
  if (!path) return;
  snprintf(folder, sizeof folder, "%s/", path);
  cut_at = strtoull(getenv("CUT_AT"), NULL, 10);
  chance = strtoull(getenv("CUT_SEED"), NULL, 10) * 0x9e3779b97f4a7c15ULL + 1;
  for (int i = 0; i < 8; ++i) next();
  DIR* open_folder = opendir(folder);
  if (!open_folder) fail(folder);
  for (struct dirent* entry; (entry = readdir(open_folder));) {
    if (entry->d_name[0] == '.') continue;
    const int file = track(entry->d_name);
    if (file < 0) fail(entry->d_name);
    files[file].synced = content_of(files[file].file);
    set_name(durable, &n_durable, entry->d_name, file);
  }
  closedir(open_folder);
  folder_size = strlen(folder);
}

__attribute__((destructor)) static void finish(void) {
  if (folder_size > 0) report();
}

// Between these two nothing else changes the folder. The cut comes before the call is made.
static void begin(void) {
  pthread_mutex_lock(&mutex);
  if (++calls == cut_at) cut();
}

static void end(void) {
  const int reason = errno;
  pthread_mutex_unlock(&mutex);
  errno = reason;
}

#define WRITES(name, result_type, parameters, ...) \
  result_type name parameters { \
    REAL(name); \
    if (tracked(file) < 0) return real(__VA_ARGS__); \
    begin(); \
    const result_type result = real(__VA_ARGS__); \
    end(); \
    return result; \
  }
WRITES(pwrite, ssize_t, (int file, const void* bytes, size_t n, off_t at), file, bytes, n, at)
WRITES(pwrite64, ssize_t, (int file, const void* bytes, size_t n, off64_t at), file, bytes, n, at)
WRITES(write, ssize_t, (int file, const void* bytes, size_t n), file, bytes, n)
WRITES(ftruncate, int, (int file, off_t n), file, n)
WRITES(ftruncate64, int, (int file, off64_t n), file, n)
WRITES(fallocate, int, (int file, int mode, off_t at, off_t n), file, mode, at, n)
WRITES(fallocate64, int, (int file, int mode, off64_t at, off64_t n), file, mode, at, n)

static void note_sync(int file) {
  const int i = tracked(file);
  if (i >= 0) {
    free(files[i].synced.bytes);
    files[i].synced = content_of(files[i].file);
    return;
  }
  for (int k = 0; k < n_changes; ++k) apply(durable, &n_durable, &changes[k]);
  n_changes = 0;
}

static int is_folder(int file) {
  struct stat a, b;
  return folder_size > 0 && fstat(file, &a) == 0 && S_ISDIR(a.st_mode) && stat(folder, &b) == 0 &&
         a.st_ino == b.st_ino;
}

#define SYNCS(name) \
  int name(int file) { \
    REAL(name); \
    if (tracked(file) < 0 && !is_folder(file)) return real(file); \
    begin(); \
    note_sync(file); \
    end(); \
    return 0; \
  }
SYNCS(fsync)
SYNCS(fdatasync)

int unlink(const char* path) {
  REAL(unlink);
  const char* name = name_in_folder(path);
  if (!name || access(path, F_OK) != 0) return real(path);
  begin();
  const int file = track(name);
  const int result = real(path);
  if (result == 0) add_change(name, "", file);
  end();
  return result;
}

static int renamed(const char* from, const char* to, int result) {
  char to_name[128];
  const char* name = name_in_folder(to);
  snprintf(to_name, sizeof to_name, "%s", name ? name : "");
  name = name_in_folder(from);
  if (result == 0 && name) add_change(name, to_name, track(to_name));
  end();
  return result;
}

int rename(const char* from, const char* to) {
  REAL(rename);
  if (!name_in_folder(from)) return real(from, to);
  begin();
  return renamed(from, to, real(from, to));
}

int renameat2(int a, const char* from, int b, const char* to, unsigned flags) {
  REAL(renameat2);
  if (!name_in_folder(from)) return real(a, from, b, to, flags);
  begin();
  return renamed(from, to, real(a, from, b, to, flags));
}

static int opened(const char* path, int flags, int result, int was_there) {
  const char* name = name_in_folder(path);
  if (result >= 0 && name && flags & O_CREAT && !was_there) add_change("", name, track(name));
  return result;
}

#define OPENS(open_name) \
  int open_name(const char* path, int flags, ...) { \
    REAL(open_name); \
    va_list more; \
    va_start(more, flags); \
    const mode_t mode = flags & O_CREAT ? va_arg(more, mode_t) : 0; \
    va_end(more); \
    if (!(flags & (O_CREAT | O_TRUNC)) || !name_in_folder(path)) return real(path, flags, mode); \
    begin(); \
    const int was_there = access(path, F_OK) == 0; \
    const int result = opened(path, flags, real(path, flags, mode), was_there); \
    end(); \
    return result; \
  }
OPENS(open)
OPENS(open64)
