/*
 * misp_csv.c - attributes that MISP exports as CSV:
 *
 *	uuid,event_id,category,type,value,comment,to_ids,date,...
 *	5f1...,12,"Network activity","ip-dst|port","198.51.100.7|443","",1,1388534400,...
 *	5f1...,12,"Payload delivery","filename|sha1","sshd|3b3e778b...","",1,1388534400,...
 *
 * MISP core format (MISP book, "Export").  to_ids 0 says that the value is context and not made for
 * detection: such a row accuses nothing, and is counted as rejected with that reason.
 */
#include <string.h>

#include "misp.h"
#include "separated.h"

static bool
probe(const uint8_t *head, size_t length)
{
	return separated_names(head, length, "toids") && separated_names(head, length, "type") &&
	       separated_names(head, length, "value");
}

static const char *
settle(void *context, const struct separated *header, char *const cells[], size_t count, struct hash_row *row)
{
	const char *to_ids = separated_cell(header, cells, count, COLUMN_TO_IDS);

	(void)context;
	row->grade = 'B';
	return !strcmp(to_ids, "1") || !strcasecmp(to_ids, "true") ? NULL : MISP_CONTEXT;
}

static enum status
read_misp(const char *path, struct source *source, const struct hash_row_sink *out,
	struct hash_set_identity *identity, struct arena *arena, const struct notes *notes)
{
	static const struct separated_dialect dialect = { .settle = settle };

	(void)identity;
	(void)arena;
	return separated_read(path, source, out, notes, &dialect);
}

const struct hashset_format misp_csv_hashset_format = {
	.name        = "misp_csv",
	.description = "attributes exported by MISP as CSV (those with to_ids): digests, addresses, domains",
	.kind        = HASH_BAD,
	.carries_network = true,
	.probe       = probe,
	.read        = read_misp,
};
