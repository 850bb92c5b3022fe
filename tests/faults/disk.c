/* A disk with faults, put between a program and the C library by LD_PRELOAD. Only files below DISK_UNDER are concerned.
 *
 * DISK_STEER names a folder that says what goes wrong, while the program runs:
 *   full     (a file of that name) every write fails with ENOSPC
 *   broken   every sync fails with EIO
 *   slow     every sync takes half a second longer
 *   counts   16 numbers, mapped by all processes: [0] writes and [1] syncs so far, [2] and [3] the write and the sync that fails (0: none)
 *   kept/    what a power loss would leave: by inode the contents at the last sync, in NAMES the names at the folder's last sync
 *
 * The model of a power loss is the strict reading of POSIX: what no successful fsync covered is gone, contents as well as names. */
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
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define REAL(name) __typeof__(name) *real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

static const char *under, *steer;
static volatile uint64_t *counts;
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor)) static void begin(void) {
    char path[PATH_MAX];
    under = getenv("DISK_UNDER");
    steer = getenv("DISK_STEER");
    if (!under || !steer) return;
    snprintf(path, sizeof path, "%s/counts", steer);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) return;
    void *at = mmap(NULL, 16 * sizeof(uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (at != MAP_FAILED) counts = at;
}

/* Whether an open file lies below the folder; its path, if so. */
static int ours(int fd, char *path) {
    char link[64];
    if (!under || !steer) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    if (length <= 0) return 0;
    path[length] = 0;
    size_t prefix = strlen(under);
    return strncmp(path, under, prefix) == 0 && (path[prefix] == '/' || path[prefix] == 0);
}

static int says(const char *word) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", steer, word);
    return access(path, F_OK) == 0;
}

/* The error with which this write or sync (0 or 1) fails, 0 if it doesn't. */
static int fault(int fd, int is_sync) {
    char path[PATH_MAX];
    int before = errno, found = 0;
    if (ours(fd, path) && !strstr(path, "-shm")) {
        if (counts && __sync_add_and_fetch(&counts[is_sync], 1) == counts[2 + is_sync]) found = EIO;
        if (is_sync && says("slow")) usleep(500000);
        if (is_sync && says("broken")) found = EIO;
        if (!is_sync && says("full")) found = ENOSPC;
    }
    errno = before;
    return found;
}

static void copy(int from, const char *to) {
    char fresh[PATH_MAX], chunk[1 << 16];
    snprintf(fresh, sizeof fresh, "%s.%d", to, getpid());
    int out = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (out < 0) return;
    REAL(write);
    off_t at = 0;
    for (ssize_t got; (got = pread(from, chunk, sizeof chunk, at)) > 0; at += got)
        if (real(out, chunk, got) != got) break;
    close(out);
    rename(fresh, to);
}

static void remember(int fd) {
    char path[PATH_MAX], to[PATH_MAX], self[64];
    struct stat is;
    int before = errno;
    if (ours(fd, path) && fstat(fd, &is) == 0) {
        pthread_mutex_lock(&one_at_a_time);
        if (S_ISREG(is.st_mode)) {
            snprintf(to, sizeof to, "%s/kept/%llu", steer, (unsigned long long)is.st_ino);
            snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
            int readable = open(self, O_RDONLY | O_CLOEXEC);
            if (readable >= 0) { copy(readable, to); close(readable); }
        } else if (S_ISDIR(is.st_mode) && strcmp(path, under) == 0) {
            char fresh[PATH_MAX];
            snprintf(to, sizeof to, "%s/kept/NAMES", steer);
            snprintf(fresh, sizeof fresh, "%s.%d", to, getpid());
            FILE *out = fopen(fresh, "we");
            DIR *folder = opendir(path);
            for (struct dirent *each; out && folder && (each = readdir(folder));)
                if (each->d_type == DT_REG) fprintf(out, "%llu %s\n", (unsigned long long)each->d_ino, each->d_name);
            if (folder) closedir(folder);
            if (out) { fclose(out); rename(fresh, to); }
        }
        pthread_mutex_unlock(&one_at_a_time);
    }
    errno = before;
}

/* A new file may get the inode of one that is gone: what was kept of that one isn't its. */
static int made(int fd) {
    char path[PATH_MAX], old[PATH_MAX];
    struct stat is;
    int before = errno;
    if (fd >= 0 && ours(fd, path) && fstat(fd, &is) == 0 && S_ISREG(is.st_mode) && is.st_size == 0) {
        snprintf(old, sizeof old, "%s/kept/%llu", steer, (unsigned long long)is.st_ino);
        if (says("kept")) unlink(old);
    }
    errno = before;
    return fd;
}

#define FAILS(fd, is_sync) do { int wrong = fault(fd, is_sync); if (wrong) { errno = wrong; return -1; } } while (0)

ssize_t write(int fd, const void *data, size_t size) { REAL(write); FAILS(fd, 0); return real(fd, data, size); }
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) { REAL(pwrite); FAILS(fd, 0); return real(fd, data, size, at); }
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) { REAL(pwrite64); FAILS(fd, 0); return real(fd, data, size, at); }
ssize_t writev(int fd, const struct iovec *parts, int count) { REAL(writev); FAILS(fd, 0); return real(fd, parts, count); }
int ftruncate(int fd, off_t size) { REAL(ftruncate); FAILS(fd, 0); return real(fd, size); }
int ftruncate64(int fd, off64_t size) { REAL(ftruncate64); FAILS(fd, 0); return real(fd, size); }

static int synced(int fd, int result) { if (result == 0 && steer && says("kept")) remember(fd); return result; }
int fsync(int fd) { REAL(fsync); FAILS(fd, 1); return synced(fd, real(fd)); }
int fdatasync(int fd) { REAL(fdatasync); FAILS(fd, 1); return synced(fd, real(fd)); }

#define OPENS(name) \
    int name(const char *path, int flags, ...) { \
        va_list more; va_start(more, flags); int mode = va_arg(more, int); va_end(more); \
        int (*real)(const char *, int, ...) = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, #name); \
        int fd = real(path, flags, mode); \
        return flags & O_CREAT ? made(fd) : fd; }
OPENS(open)
OPENS(open64)
#define OPENS_AT(name) \
    int name(int folder, const char *path, int flags, ...) { \
        va_list more; va_start(more, flags); int mode = va_arg(more, int); va_end(more); \
        int (*real)(int, const char *, int, ...) = (int (*)(int, const char *, int, ...))dlsym(RTLD_NEXT, #name); \
        int fd = real(folder, path, flags, mode); \
        return flags & O_CREAT ? made(fd) : fd; }
OPENS_AT(openat)
OPENS_AT(openat64)
