/* registry_log.h - changes of a hive that lie in the logs beside it, laid over it in memory.  Source: registry_log.c. */
#ifndef BASE_REGISTRY_LOG_H
#define BASE_REGISTRY_LOG_H

#include <t1554triage/registry_hive.h>

/*
 * Lays what the logs of a dirty hive hold over its bytes, as Windows does when it loads the hive, and sets is_dirty and
 * changes.  Logs that do not fit are left and named.  The bytes begin with a whole first block ("regf", 4096 bytes).
 * DAMAGED, UNREADABLE: a log could not be read.
 */
enum status registry_logs_apply(struct registry_hive *hive, const struct artifact *artifact, const struct registry_logs *logs,
	const struct notes *notes);

#endif
