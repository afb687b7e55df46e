/*
 * For LD_PRELOAD: while the file that FAIL_META names exists, writing one of the first two pages of any file
 * fails with EIO. Those are LMDB's meta pages: a commit whose data is on disk, and that nobody can make valid.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static int fails(off_t offset) {
  const char *name = getenv("FAIL_META");
  return offset < 2 * sysconf(_SC_PAGESIZE) && name && access(name, F_OK) == 0;
}

#define WRITE(name)                                                                  \
  ssize_t name(int file, const void *bytes, size_t count, off_t offset) {            \
    static ssize_t (*next)(int, const void *, size_t, off_t);                        \
    if (!next) next = dlsym(RTLD_NEXT, #name);                                       \
    if (fails(offset)) return errno = EIO, -1;                                       \
    return next(file, bytes, count, offset);                                         \
  }

WRITE(pwrite)
WRITE(pwrite64)
