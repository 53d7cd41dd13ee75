/* syscall_filter_seccomp.c - by libseccomp: everything that is not listed fails with EPERM. */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>

#include <seccomp.h>

#include "syscall_filter.h"

static const int allowed[] = {
	SCMP_SYS(read), SCMP_SYS(pread64), SCMP_SYS(readv), SCMP_SYS(preadv), SCMP_SYS(lseek),
	SCMP_SYS(write), SCMP_SYS(writev),	/* pipes only: RLIMIT_FSIZE is 0, nothing else is open for it */
	SCMP_SYS(fstat), SCMP_SYS(newfstatat), SCMP_SYS(statx), SCMP_SYS(fstatfs), SCMP_SYS(getdents64),
	SCMP_SYS(readlinkat), SCMP_SYS(fgetxattr), SCMP_SYS(flistxattr), SCMP_SYS(close), SCMP_SYS(fcntl),
	SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(fadvise64), SCMP_SYS(dup),
	SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(mprotect), SCMP_SYS(madvise), SCMP_SYS(brk),
	SCMP_SYS(futex), SCMP_SYS(sched_yield), SCMP_SYS(getrandom), SCMP_SYS(clock_gettime),
	SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(tgkill),
	SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack),
	SCMP_SYS(restart_syscall), SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(rseq),
	SCMP_SYS(set_robust_list), SCMP_SYS(sysinfo), SCMP_SYS(prlimit64), SCMP_SYS(uname),
};

enum { WRITING = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND };

/* Only the flags of FS_IOC_GETFLAGS ask about a file (immutable): nothing else passes. */
enum { GET_FLAGS = (int)0x80086601 };

bool
syscall_filter_enter(bool with_folders)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int failed = !filter;

	for (size_t i = 0; !failed && i < sizeof allowed / sizeof allowed[0]; i++)
		failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0) < 0;
	if (!failed && with_folders)
		failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
				SCMP_A2(SCMP_CMP_MASKED_EQ, WRITING, 0)) < 0 ||
			seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
				SCMP_A1(SCMP_CMP_MASKED_EQ, 0xFFFFFFFF, (uint32_t)GET_FLAGS)) < 0;
	failed = failed || seccomp_load(filter) < 0;
	seccomp_release(filter);
	return !failed;
}

bool
syscall_filter_is_built(void)
{
	return true;
}
