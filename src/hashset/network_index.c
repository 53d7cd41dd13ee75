/*
 * network_index.c - which of the known-bad addresses and names a record meets
 *
 * One map for all: the key of an address is its prefix length and its bits, that of a name the name.  Only prefix lengths
 * that occur are asked for, and of a name each label is cut off in turn, so that "evilexample.com" never meets "example.com".
 */
#include <string.h>

#include <t1554triage/map.h>
#include <t1554triage/memory.h>
#include <t1554triage/network_indicator.h>

enum { KEY_BYTES = 1 + (ADDRESS_BYTES > DOMAIN_SIZE ? ADDRESS_BYTES : DOMAIN_SIZE), NONE = -1, NAME_KEY = 255 /* no prefix has as many bits */ };

struct entry {
	struct network_match match;
	uint16_t port;
	int64_t  next, last;		/* entries with the same key, NONE; last: kept in the first of them */
};

struct network_index {
	struct arena  arena;
	struct map    keys;		/* to the first entry */
	struct entry *entries;
	size_t        count, capacity;
	bool          has_prefix[ADDRESS_BITS + 1];
	struct map    texts;		/* to copies in the arena */
};

struct network_index *
network_index_open(void)
{
	struct network_index *index = memory_allocate(1, sizeof *index);

	arena_init(&index->arena);
	map_init(&index->keys);
	map_init(&index->texts);
	return index;
}

void
network_index_close(struct network_index *index)
{
	if (!index)
		return;
	map_release(&index->keys);
	map_release(&index->texts);
	memory_free(index->entries);
	arena_release(&index->arena);
	memory_free(index);
}

size_t
network_index_count(const struct network_index *index)
{
	return index ? index->count : 0;
}

static size_t
address_key(uint8_t key[KEY_BYTES], const uint8_t address[ADDRESS_BYTES], unsigned prefix)
{
	key[0] = (uint8_t)prefix;
	memset(key + 1, 0, ADDRESS_BYTES);
	memcpy(key + 1, address, prefix / 8);
	if (prefix % 8)
		key[1 + prefix / 8] = (uint8_t)(address[prefix / 8] & 0xff << (8 - prefix % 8));
	return 1 + ADDRESS_BYTES;
}

static size_t
domain_key(uint8_t key[KEY_BYTES], const char *domain)
{
	size_t length = strlen(domain);

	key[0] = NAME_KEY;
	memcpy(key + 1, domain, length);
	return 1 + length;
}

static const char *
keep_text(struct network_index *index, const char *text)
{
	uint64_t kept;

	if (!text || !*text)
		return "";
	if (!map_get_text(&index->texts, text, &kept)) {
		kept = (uintptr_t)arena_copy_text(&index->arena, text);
		map_add_text(&index->texts, text, kept);
	}
	return (const char *)(uintptr_t)kept;
}

/* Several rows of one address stand in the order in which they came. */
void
network_index_add(struct network_index *index, const char *set, const struct network_row *row)
{
	uint8_t key[KEY_BYTES];
	size_t length = row->value.is_domain ? domain_key(key, row->value.domain) :
		address_key(key, row->value.address, row->value.prefix);
	struct buffer text;
	uint64_t first;

	if (!row->value.is_domain)
		index->has_prefix[row->value.prefix] = true;
	buffer_init(&text, 0);
	network_value_add(&text, &row->value);
	index->entries = memory_grow(index->entries, index->count, &index->capacity, sizeof *index->entries);
	index->entries[index->count] = (struct entry){ .port = row->value.port, .next = NONE, .last = (int64_t)index->count, .match = {
		.set = keep_text(index, set), .indicator = arena_copy_text(&index->arena, text.bytes),
		.product = keep_text(index, row->product), .actor = keep_text(index, row->actor),
		.source = keep_text(index, row->source), .grade = row->grade, .line = row->line } };
	buffer_release(&text);
	if (map_get(&index->keys, key, length, &first)) {
		index->entries[index->entries[first].last].next = (int64_t)index->count;
		index->entries[first].last = (int64_t)index->count;
	} else {
		map_add(&index->keys, key, length, index->count);
	}
	index->count++;
}

static bool
find_key(const struct network_index *index, const uint8_t *key, size_t length, uint16_t port, struct network_match *ret_match)
{
	bool is_domain = key[0] == NAME_KEY;	/* who asks for a name tells no port */
	uint64_t first;

	if (!map_get(&index->keys, key, length, &first))
		return false;
	for (int64_t i = (int64_t)first; i != NONE; i = index->entries[i].next) {
		const struct entry *entry = &index->entries[i];

		if (entry->port && entry->port != port && !(is_domain && !port))
			continue;
		*ret_match = entry->match;
		return true;
	}
	return false;
}

static bool
find_address(const struct network_index *index, const struct network_value *value, uint16_t port,
	struct network_match *ret_match)
{
	uint8_t key[KEY_BYTES];

	if (network_address_is_meaningless(value->address))
		return false;
	for (unsigned prefix = ADDRESS_BITS + 1; prefix-- > 0; ) {
		size_t length = address_key(key, value->address, prefix);

		if (index->has_prefix[prefix] && find_key(index, key, length, port, ret_match))
			return true;
	}
	return false;
}

static bool
find_domain(const struct network_index *index, const char *domain, uint16_t port, struct network_match *ret_match)
{
	uint8_t key[KEY_BYTES];

	for (const char *at = domain; at; at = strchr(at, '.') ? strchr(at, '.') + 1 : NULL) {
		size_t length = domain_key(key, at);

		if (find_key(index, key, length, port, ret_match))
			return true;
	}
	return false;
}

bool
network_index_find(const struct network_index *index, const char *text, uint16_t port, struct network_match *ret_match)
{
	struct network_value value;

	if (!network_index_count(index) || network_value_read(text, strlen(text), &value))
		return false;
	/* A record tells one address, never a range; where it has the port within, that is the one. */
	if (!value.is_domain && value.prefix < ADDRESS_BITS)
		return false;
	port = value.port ? value.port : port;
	return value.is_domain ? find_domain(index, value.domain, port, ret_match) : find_address(index, &value, port, ret_match);
}
