/*
 * sandbox.c - rlimits, no_new_privs, Landlock and seccomp around a process that parses evidence.
 *
 * The default action of the filter is EPERM, not death: a new libc must not
 * kill a run by a call that it makes out of habit.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <t1554triage/limit.h>
#include <t1554triage/sandbox.h>

#include "syscall_filter.h"

/* Introduced with ABI 3; headers of Debian 12 do not name it. */
#define ACCESS_TRUNCATE (1ULL << 14)
/* All rights of ABI 1: execute, read and write, make and remove. */
#define ACCESS_ABI_1    ((1ULL << 13) - 1)

static int
landlock_abi(void)
{
	return (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

static bool
landlock_enter(const struct sandbox_request *request)
{
	int abi = landlock_abi(), ruleset;
	struct landlock_ruleset_attr attributes = { .handled_access_fs = ACCESS_ABI_1 };
	bool done = true;

	if (abi < 1)
		return true;	/* the kernel has none: the filter of system calls stands alone */
	if (abi >= 3)
		attributes.handled_access_fs |= ACCESS_TRUNCATE;
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0);
	if (ruleset < 0)
		return false;
	for (size_t i = 0; i < request->folder_count; i++) {
		struct landlock_path_beneath_attr below = {
			.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
			.parent_fd = request->folders[i],
		};

		done &= !syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &below, 0);
	}
	done = done && !syscall(SYS_landlock_restrict_self, ruleset, 0);
	close(ruleset);
	return done;
}

static bool
is_kept(const struct sandbox_request *request, unsigned descriptor)
{
	for (size_t i = 0; i < request->keep_count; i++)
		if (request->keep[i] == (int)descriptor)
			return true;
	return false;
}

/* Descriptors are few and small: those above the highest one that is kept go in one call. */
static void
close_others(const struct sandbox_request *request)
{
	unsigned highest = STDERR_FILENO;

	for (size_t i = 0; i < request->keep_count; i++)
		if (request->keep[i] > (int)highest)
			highest = (unsigned)request->keep[i];
	for (unsigned descriptor = 0; descriptor <= highest; descriptor++)
		if (!is_kept(request, descriptor))
			close((int)descriptor);
	syscall(SYS_close_range, highest + 1, ~0U, 0);
}

/* A stricter limit, which a batch system may have set, stays. */
static bool
set_limit(int resource, rlim_t value)
{
	struct rlimit limit;

	if (getrlimit(resource, &limit))
		return false;
	limit.rlim_max = value < limit.rlim_max ? value : limit.rlim_max;
	limit.rlim_cur = limit.rlim_max < limit.rlim_cur ? limit.rlim_max : limit.rlim_cur;
	return !setrlimit(resource, &limit);
}

/* Pages in use now: the memory limit counts from there. */
static uint64_t
bytes_in_use(void)
{
	unsigned long long pages = 0;
	FILE *file = fopen("/proc/self/statm", "r");

	if (file) {
		if (fscanf(file, "%llu", &pages) != 1)
			pages = 0;
		fclose(file);
	}
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

bool
sandbox_enter(const struct sandbox_request *request)
{
	uint64_t memory = bytes_in_use() + limit_get(LIMIT_WORKER_MEMORY);
	bool done;

	close_others(request);
	done = !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
		!prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) &&
		set_limit(RLIMIT_CORE, 0) &&
		set_limit(RLIMIT_FSIZE, 0) &&
		(!syscall_filter_is_built() || set_limit(RLIMIT_AS, (rlim_t)memory)) &&
		landlock_enter(request);
	return done && syscall_filter_enter(request->folder_count > 0);
}

/* In the child: 0 if everything that must fail failed, and reading still works. */
static int
attack_the_sandbox(int own)
{
	char byte;

	if (!sandbox_enter(&(struct sandbox_request){ .keep = &own, .keep_count = 1 }))
		return 1;
	if (pread(own, &byte, 1, 0) != 1)
		return 2;
	if (!syscall_filter_is_built())
		return 0;
	if (open("/proc/self/status", O_RDONLY) >= 0 || open("/tmp", O_TMPFILE | O_RDWR, 0600) >= 0)
		return 3;
	if (fork() >= 0 || !truncate("/dev/null", 0) || !chmod("/dev/null", 0666))
		return 4;
	return 0;
}

bool
sandbox_self_test(struct buffer *ret_description)
{
	int own = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), result = -1, abi = landlock_abi();
	pid_t child = own < 0 ? -1 : fork();

	if (!child)
		_exit(attack_the_sandbox(own));
	if (own >= 0)
		close(own);
	if (child < 0 || waitpid(child, &result, 0) != child || !WIFEXITED(result) || WEXITSTATUS(result)) {
		buffer_add_text(ret_description, "the isolation of reading processes could not be put up");
		return false;
	}
	buffer_add_text(ret_description, "evidence was parsed in separate processes without new privileges");
	buffer_add_text(ret_description, syscall_filter_is_built()
		? ", under a filter of system calls and a memory limit"
		: ", without a filter of system calls (not built in)");
	if (abi > 0)
		buffer_add_format(ret_description, ", and under Landlock (ABI %d)", abi);
	else
		buffer_add_text(ret_description, "; the kernel offers no Landlock");
	return true;
}
