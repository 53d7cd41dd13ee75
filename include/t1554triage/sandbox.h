/* sandbox.h - what a process that parses evidence may still do.  Layer: base. */
#ifndef T1554TRIAGE_SANDBOX_H
#define T1554TRIAGE_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

#include <t1554triage/buffer.h>

struct sandbox_request {
	const int *keep;		/* descriptors that stay open */
	size_t     keep_count;
	const int *folders;		/* descriptors of folders below which files may be opened for reading */
	size_t     folder_count;
};

/*
 * Closes every other descriptor and gives up what is not needed to read
 * evidence: new privileges, core files, growth of files, memory beyond
 * LIMIT_WORKER_MEMORY, and by seccomp and Landlock every system call that
 * opens, makes or changes anything. Returns false if a part that the kernel
 * offers could not be put up: the caller must not parse then.
 */
bool sandbox_enter(const struct sandbox_request *request);

/*
 * Tries the sandbox in a child of its own: true if what must fail fails.
 * Describes in one sentence what stands: for the report.
 */
bool sandbox_self_test(struct buffer *ret_description);

#endif
