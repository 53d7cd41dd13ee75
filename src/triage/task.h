/* task.h - what a reading process is asked to do. */
#ifndef TASK_H
#define TASK_H

#include <t1554triage/filesystem.h>
#include <t1554triage/record.h>

enum task_kind { TASK_IDENTIFY, TASK_IDENTIFY_STACK, TASK_VERIFY, TASK_COLLECT, TASK_LIST, TASK_ORPHANS,
	TASK_EXAMINE, TASK_READ, TASK_DIGEST, TASK_WITHIN, TASK_COVERS, TASK_SCAN,
	TASK_RULES, TASK_COPY, TASK_COMPARE, TASK_RUNS };

struct task_order {
	enum task_kind kind;
	uint32_t    number;	/* exhibit, stack, system or file system, from 0 */
	uint32_t    table;	/* collect: COLLECT_x; examine: 1, along with the verification */
	uint32_t    row;	/* collect: of the table; read, digest: the slot; examine: 1 at the second try;
				   covers: 1, whiteouts may be names; list: 1, the folder is not asked whether it is a system */
	uint64_t    node;	/* list: the directory; read, digest: bytes */
	const char *path;	/* list, covers: on its volume */
	uint64_t    item;	/* collect: the share of the files; examine: position of the first candidate; rules, scan: of the
				   first file; compare, runs: the file;
				   read, digest: offset in the medium */
	uint64_t    count;	/* examine: candidates from there on; copy: which of the copies */
	uint32_t    algorithms;	/* examine, verify: sum of 1 << DIGEST_x */
	bool        by_library;	/* examine: second reading */
};
extern const struct record_type task_order_record;

enum { COLLECT_ZONE, COLLECT_PACKAGES, COLLECT_EVENTS, COLLECT_FOUND };

/* The order as the one line of a task; cleared first. */
void task_write(struct buffer *out, const struct task_order *order);
/* Texts live in arena.  False if the line is none: cannot happen, but is looked at. */
bool task_read(const char *task, struct arena *arena, struct task_order *ret_order);

#endif
