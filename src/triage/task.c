/* task.c - the written form of an order to a reading process. */
#include <string.h>

#include "task.h"

static const char *const kind_names[] = { "identify", "identify_stack", "verify", "collect", "list", "orphans",
	"examine", "read", "digest", "within", "covers", "scan", "rules", "copy", "compare", "runs", NULL };

static const struct field fields[] = {
	FIELD_ENUM(struct task_order, kind, "kind", kind_names),
	FIELD(struct task_order, number, FIELD_U32),
	FIELD(struct task_order, table, FIELD_U32),
	FIELD(struct task_order, row, FIELD_U32),
	FIELD(struct task_order, node, FIELD_U64),
	FIELD(struct task_order, path, FIELD_TEXT),
	FIELD(struct task_order, item, FIELD_U64),
	FIELD(struct task_order, count, FIELD_U64),
	FIELD(struct task_order, algorithms, FIELD_U32),
	FIELD(struct task_order, by_library, FIELD_BOOL),
	FIELD_LAST
};

const struct record_type task_order_record = {
	.name = "order", .size = sizeof (struct task_order), .fields = fields,
	.description = "what a reading process is asked to do",
};

void
task_write(struct buffer *out, const struct task_order *order)
{
	buffer_clear(out);
	record_write(out, &task_order_record, order);
}

bool
task_read(const char *task, struct arena *arena, struct task_order *ret_order)
{
	return record_read(task, strcspn(task, "\n"), &task_order_record, arena, ret_order) == STATUS_OK;
}
