/* index_format.c - the records of a compiled set's identity. */
#include <t1554triage/hashset.h>

#include "index_format.h"

const enum digest_algorithm digests_by_strength[STRENGTHS] = { DIGEST_SHA256, DIGEST_SHA1, DIGEST_MD5 };

static const struct field set_fields[] = {
	FIELD(struct index_set_fact, name, FIELD_TEXT),
	FIELD(struct index_set_fact, release, FIELD_TEXT),
	FIELD(struct index_set_fact, description, FIELD_TEXT),
	FIELD_ENUM(struct index_set_fact, kind, "kind", hash_class_names),
	FIELD(struct index_set_fact, keys_only, FIELD_BOOL),
	FIELD(struct index_set_fact, rows, FIELD_U64),
	FIELD(struct index_set_fact, rejected, FIELD_U64),
	FIELD_LAST
};
const struct record_type index_set_record = {
	.name = "set", .size = sizeof (struct index_set_fact), .fields = set_fields,
	.description = "what a compiled hash set says of itself",
};

static const struct field source_fields[] = {
	FIELD(struct index_source_fact, name, FIELD_TEXT),
	FIELD(struct index_source_fact, format, FIELD_TEXT),
	FIELD(struct index_source_fact, release, FIELD_TEXT),
	FIELD_BYTES(struct index_source_fact, sha256, "sha256"),
	FIELD(struct index_source_fact, size, FIELD_U64),
	FIELD(struct index_source_fact, rows, FIELD_U64),
	FIELD(struct index_source_fact, rejected, FIELD_U64),
	FIELD_LAST
};
const struct record_type index_source_record = {
	.name = "source", .size = sizeof (struct index_source_fact), .fields = source_fields,
	.description = "a file that a compiled hash set was made from",
};

static const struct field reject_fields[] = {
	FIELD(struct index_reject_fact, source, FIELD_TEXT),
	FIELD(struct index_reject_fact, line, FIELD_U64),
	FIELD(struct index_reject_fact, why, FIELD_TEXT),
	FIELD(struct index_reject_fact, text, FIELD_TEXT),
	FIELD_LAST
};
const struct record_type index_reject_record = {
	.name = "reject", .size = sizeof (struct index_reject_fact), .fields = reject_fields,
	.description = "a row of a source that was not usable",
};

static const struct field network_fields[] = {
	FIELD(struct index_network_fact, value, FIELD_TEXT),
	FIELD(struct index_network_fact, product, FIELD_TEXT),
	FIELD(struct index_network_fact, actor, FIELD_TEXT),
	FIELD(struct index_network_fact, source, FIELD_TEXT),
	FIELD(struct index_network_fact, note, FIELD_TEXT),
	FIELD(struct index_network_fact, grade, FIELD_TEXT),
	FIELD(struct index_network_fact, line, FIELD_U64),
	FIELD_LAST
};
const struct record_type index_network_record = {
	.name = "network", .size = sizeof (struct index_network_fact), .fields = network_fields,
	.description = "an address or a name that a compiled hash set carries",
};
