/* network_read.c - the addresses and names of all bad sets in one index. */
#include "set.h"

struct gathering {
	const struct hash_set *set;
	struct network_index  *index;
};

static void
ignore_row(void *context, const struct hash_row *row)
{
	(void)context;
	(void)row;
}

static void
gather(void *context, const struct network_row *row)
{
	struct gathering *gathering = context;

	network_index_add(gathering->index, gathering->set->identity.name, row);
}

struct network_index *
hashset_network(struct hash_set *const sets[], size_t set_count)
{
	struct gathering gathering = { .index = network_index_open() };

	for (size_t i = 0; i < set_count; i++) {
		gathering.set = sets[i];
		if (sets[i]->identity.kind != HASH_BAD || !sets[i]->format->carries_network)
			continue;
		if (sets[i]->format->network)
			sets[i]->format->network(sets[i], &(struct hash_row_sink){ .network = gather, .context = &gathering });
		else
			set_read_network(sets[i], ignore_row, gather, &gathering, NULL);
	}
	if (network_index_count(gathering.index))
		return gathering.index;
	network_index_close(gathering.index);
	return NULL;
}
