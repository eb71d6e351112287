// Counts what a program asks of NVIDIA's driver: calls.py preloads it. Whoever looks a driver's function up, by dlsym or by
// cuGetProcAddress, gets one from here that counts and goes on to the real one. At the end a line for each kind goes to the
// file that CUDA_CALLS names: kind, calls, bytes.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { TO_GPU, FROM_GPU, ON_GPU, FILL, WAIT, LAUNCH, ALLOC, FREE, KINDS };
static const char *const kinds[KINDS] = { "host to device", "device to host", "device to device", "fill",
                                          "wait", "launch", "allocate", "free" };
static uint64_t calls[KINDS], bytes[KINDS];

static void count(enum kind kind, uint64_t size) {
    __atomic_fetch_add(&calls[kind], 1, __ATOMIC_RELAXED);
    __atomic_fetch_add(&bytes[kind], size, __ATOMIC_RELAXED);
}

// A function that is counted: its name without version, its kind, and which argument times what is its bytes.
typedef struct { const char *name; enum kind kind; int argument, each; } counted;
static const counted table[] = {
    { "cuMemcpyHtoD", TO_GPU, 3, 1 }, { "cuMemcpyHtoDAsync", TO_GPU, 3, 1 },
    { "cuMemcpyDtoH", FROM_GPU, 3, 1 }, { "cuMemcpyDtoHAsync", FROM_GPU, 3, 1 },
    { "cuMemcpyDtoD", ON_GPU, 3, 1 }, { "cuMemcpyDtoDAsync", ON_GPU, 3, 1 },
    { "cuMemsetD8", FILL, 3, 1 }, { "cuMemsetD8Async", FILL, 3, 1 },
    { "cuMemsetD32", FILL, 3, 4 }, { "cuMemsetD32Async", FILL, 3, 4 },
    { "cuStreamSynchronize", WAIT, 0, 0 }, { "cuCtxSynchronize", WAIT, 0, 0 }, { "cuEventSynchronize", WAIT, 0, 0 },
    { "cuLaunchKernelEx", LAUNCH, 0, 0 }, { "cuLaunchCooperativeKernel", LAUNCH, 0, 0 }, { "cuGraphLaunch", LAUNCH, 0, 0 },
    { "cuMemAlloc", ALLOC, 2, 1 }, { "cuMemAllocAsync", ALLOC, 2, 1 },
    { "cuMemFree", FREE, 0, 0 }, { "cuMemFreeAsync", FREE, 0, 0 },
};
enum { ROWS = sizeof table / sizeof *table, SLOTS = 4 };

// A function has variants, by version and kind of stream, each with a slot, and so with a wrapper of its own. Six arguments
// are as many as any of them has, but one.
typedef int (*function)(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t);
static function real[ROWS][SLOTS];

static int through(int row, int slot, const uint64_t a[6]) {
    const counted *entry = &table[row];
    count(entry->kind, entry->argument ? a[entry->argument - 1] * entry->each : 0);
    return real[row][slot](a[0], a[1], a[2], a[3], a[4], a[5]);
}

#define WRAP(row, slot) static int wrap_##row##_##slot(uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f) \
    { return through(row, slot, (uint64_t[]){ a, b, c, d, e, f }); }
#define WRAPS(row) WRAP(row, 0) WRAP(row, 1) WRAP(row, 2) WRAP(row, 3)
#define LIST(row) { wrap_##row##_0, wrap_##row##_1, wrap_##row##_2, wrap_##row##_3 }
WRAPS(0) WRAPS(1) WRAPS(2) WRAPS(3) WRAPS(4) WRAPS(5) WRAPS(6) WRAPS(7) WRAPS(8) WRAPS(9)
WRAPS(10) WRAPS(11) WRAPS(12) WRAPS(13) WRAPS(14) WRAPS(15) WRAPS(16) WRAPS(17) WRAPS(18) WRAPS(19)
static const function wraps[ROWS][SLOTS] = {
    LIST(0), LIST(1), LIST(2), LIST(3), LIST(4), LIST(5), LIST(6), LIST(7), LIST(8), LIST(9),
    LIST(10), LIST(11), LIST(12), LIST(13), LIST(14), LIST(15), LIST(16), LIST(17), LIST(18), LIST(19),
};

// The one with more arguments: cuLaunchKernel.
typedef int (*launcher)(void *, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, void *, void **, void **);
static launcher launch[SLOTS];
#define LAUNCHER(slot) static int launch_##slot(void *f, unsigned a, unsigned b, unsigned c, unsigned x, unsigned y, unsigned z, \
                                                unsigned shared, void *stream, void **parameters, void **extra) \
    { count(LAUNCH, 0); return launch[slot](f, a, b, c, x, y, z, shared, stream, parameters, extra); }
LAUNCHER(0) LAUNCHER(1) LAUNCHER(2) LAUNCHER(3)
static const launcher launches[SLOTS] = { launch_0, launch_1, launch_2, launch_3 };

// What looks functions up, itself looked up in either way: its result is wrapped.
typedef int (*finder)(const char *, void **, int, uint64_t, void *);
static finder find[SLOTS];
static void *wrapped(const char *name, void *found);
static int found_by(int slot, const char *name, void **to, int version, uint64_t flags, void *status) {
    int result = find[slot](name, to, version, flags, status);
    if (!result && to && *to) *to = wrapped(name, *to);
    return result;
}
#define FINDER(slot) static int find_##slot(const char *name, void **to, int version, uint64_t flags, void *status) \
    { return found_by(slot, name, to, version, flags, status); }
FINDER(0) FINDER(1) FINDER(2) FINDER(3)
static const finder finders[SLOTS] = { find_0, find_1, find_2, find_3 };

// Whether `name` is `known`, but for the version and the kind of stream at its end.
static int is(const char *name, const char *known) {
    size_t length = strlen(known);
    if (strncmp(name, known, length)) return 0;
    name += length;
    if (!strncmp(name, "_v2", 3)) name += 3;
    return !*name || !strcmp(name, "_ptsz") || !strcmp(name, "_ptds");
}

// The slot of a function among those that were found, for the first time or again.
#define SLOT_OF(found, slots, wrappers) \
    for (int slot = 0; slot < SLOTS; slot++) { \
        if ((void *)(wrappers)[slot] == found) return found; /* wrapped already */ \
        if (!(slots)[slot] || (void *)(slots)[slot] == found) return (slots)[slot] = found, (void *)(wrappers)[slot]; \
    }

// The wrapper of a function, or itself.
static void *wrapped(const char *name, void *found) {
    if (is(name, "cuGetProcAddress")) SLOT_OF(found, find, finders)
    if (is(name, "cuLaunchKernel")) SLOT_OF(found, launch, launches)
    for (int row = 0; row < ROWS; row++)
        if (is(name, table[row].name)) SLOT_OF(found, real[row], wraps[row])
    return found;
}

void *dlsym(void *handle, const char *name) {
    static void *(*next)(void *, const char *);
    if (!next) next = dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.2.5");
    if (strncmp(name, "cu", 2)) return next(handle, name);
    void *found = next(handle, name);
    return found ? wrapped(name, found) : 0;
}

__attribute__((destructor)) static void report(void) {
    const char *path = getenv("CUDA_CALLS");
    FILE *file = path ? fopen(path, "w") : 0;
    if (!file) return;
    for (int kind = 0; kind < KINDS; kind++)
        fprintf(file, "%s\t%llu\t%llu\n", kinds[kind], (unsigned long long)calls[kind], (unsigned long long)bytes[kind]);
    fclose(file);
}
