/* evidence_record.c - the written form of what an exhibit records of itself. */
#include <t1554triage/inventory.h>

static const struct field fields[] = {
	FIELD(struct evidence_summary, evidence, FIELD_TEXT),
	FIELD(struct evidence_summary, size, FIELD_U64),
	FIELD(struct evidence_summary, sector_size, FIELD_U32),
	FIELDS_DIGESTS(struct evidence_summary, stored),
	FIELD(struct evidence_summary, opened, FIELD_BOOL),
	FIELD_LAST
};

const struct record_type evidence_summary_record = {
	.name = "evidence", .size = sizeof (struct evidence_summary), .fields = fields,
	.description = "an exhibit as it was opened",
};
