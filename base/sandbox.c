/*
 * sandbox.c - rights given away.
 */
#include "base/base.h"

#include "base/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <seccomp.h>

int sandbox_basics(struct error *err)
{
    const struct rlimit none = {0, 0};

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0) != 0 ||
        setrlimit(RLIMIT_CORE, &none) != 0)
        return error_set_errno(err, ERROR_INTERNAL, errno, "could not drop rights");
    return 0;
}

int sandbox_limit(const struct sandbox_limits *limits, struct error *err)
{
    const struct {
        int which;
        uint64_t value;
    } rows[] = {
        {RLIMIT_AS,     limits->memory_bytes},
        {RLIMIT_CPU,    limits->cpu_s       },
        {RLIMIT_FSIZE,  limits->output_bytes},
        {RLIMIT_NOFILE, limits->descriptors },
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct rlimit limit = {rows[i].value, rows[i].value};
        if (rows[i].value == 0)
            continue;
        if (setrlimit((__rlimit_resource_t)rows[i].which, &limit) != 0)
            return error_set_errno(err, ERROR_INTERNAL, errno, "could not set a limit");
    }
    return 0;
}

/* What a parser needs that reads and writes descriptors it already has. */
static const int allowed[] = {
    SCMP_SYS(read),          SCMP_SYS(readv),
    SCMP_SYS(write),         SCMP_SYS(writev),
    SCMP_SYS(close),         SCMP_SYS(fstat),
    SCMP_SYS(lseek),         SCMP_SYS(poll),
    SCMP_SYS(ppoll),         SCMP_SYS(brk),
    SCMP_SYS(sysinfo), /* qsort asks how much memory there is */
    SCMP_SYS(munmap),        SCMP_SYS(mremap),
    SCMP_SYS(madvise),       SCMP_SYS(futex),
    SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday),
    SCMP_SYS(rt_sigreturn),  SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigaction),  SCMP_SYS(getrandom),
    SCMP_SYS(getpid),        SCMP_SYS(gettid),
    SCMP_SYS(tgkill),        SCMP_SYS(exit),
    SCMP_SYS(exit_group),    SCMP_SYS(restart_syscall),
};

/* What may be tried and merely fails: glibc looks for charset modules and locale files, and a
 * charset that is not there is no reason to die. */
static const int refused[] = {
    SCMP_SYS(open),      SCMP_SYS(openat),   SCMP_SYS(openat2),
    SCMP_SYS(stat),      SCMP_SYS(lstat),    SCMP_SYS(statx),
    SCMP_SYS(fcntl),     SCMP_SYS(getcwd),   SCMP_SYS(access),
    SCMP_SYS(faccessat), SCMP_SYS(readlink), SCMP_SYS(readlinkat),
    SCMP_SYS(prlimit64), SCMP_SYS(ioctl),    SCMP_SYS(sched_getaffinity),
};

/* Calls that depend on one argument. Memory may be had, but neither a file in it nor a page to
 * execute; fstat is newfstatat with AT_EMPTY_PATH in the glibc of Debian 12. */
static int add_conditional(scmp_filter_ctx filter)
{
    const struct scmp_arg_cmp fstat_only = SCMP_A3(SCMP_CMP_MASKED_EQ, AT_EMPTY_PATH,
                                                   AT_EMPTY_PATH);
    const struct scmp_arg_cmp by_path = SCMP_A3(SCMP_CMP_MASKED_EQ, AT_EMPTY_PATH, 0);
    const struct scmp_arg_cmp no_exec = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
    const struct scmp_arg_cmp no_file = SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS,
                                                MAP_ANONYMOUS);
    int failed;

    failed = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(newfstatat), 1,
                                    &fstat_only);
    if (failed == 0)
        failed = seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(EACCES),
                                        SCMP_SYS(newfstatat), 1, &by_path);
    if (failed == 0)
        failed = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
                                        &no_exec);
    const struct scmp_arg_cmp plain_memory[] = {no_exec, no_file};
    if (failed == 0)
        failed = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap),
                                        ARRAY_LEN(plain_memory), plain_memory);
    return failed;
}

int sandbox_compute_only(struct error *err)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    int failed = filter == NULL ? -ENOMEM : 0;

    for (size_t i = 0; failed == 0 && i < ARRAY_LEN(allowed); i++)
        failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
    for (size_t i = 0; failed == 0 && i < ARRAY_LEN(refused); i++)
        failed = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), refused[i], 0);
    if (failed == 0)
        failed = add_conditional(filter);
    if (failed == 0)
        failed = seccomp_load(filter);
    if (filter != NULL)
        seccomp_release(filter);
    if (failed != 0)
        return error_set_errno(err, ERROR_INTERNAL, -failed,
                               "could not close the sandbox");
    return 0;
}
