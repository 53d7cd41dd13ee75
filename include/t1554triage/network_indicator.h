/* network_indicator.h - known-bad addresses and domains: reading them, asking for them.  Layer: hashset. */
#ifndef T1554TRIAGE_NETWORK_INDICATOR_H
#define T1554TRIAGE_NETWORK_INDICATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <t1554triage/buffer.h>

struct hash_set;

enum { ADDRESS_BYTES = 16, ADDRESS_BITS = 128, ADDRESS_4_FIRST_BIT = 96, DOMAIN_SIZE = 256 };

/*
 * An address, a range of addresses, or a name.  Addresses of version 4 are kept as ::ffff:a.b.c.d, so that both ways
 * to write one are the same.
 */
struct network_value {
	bool     is_domain;
	uint8_t  address[ADDRESS_BYTES];	/* bits behind the prefix are 0 */
	unsigned prefix;			/* of 128: 96 + 24 for a /24 of version 4 */
	uint16_t port;				/* the only one that is meant; 0: any */
	char     domain[DOMAIN_SIZE];		/* lower case, without a dot at its end */
};

/* "192.0.2.7", "2001:db8::7", "[2001:db8::7]", "fe80::1%eth0"; nothing in front and nothing behind. */
bool network_address_read(const char *text, size_t length, uint8_t ret_address[ADDRESS_BYTES]);
/* The short form: version 4 with dots, version 6 as RFC 5952 has it. */
void network_address_add(struct buffer *out, const uint8_t address[ADDRESS_BYTES]);

/*
 * An indicator as people write it: an address, "a.b.c.d/24", "a.b.c.d:443", a name, "*.example.org", "example.org:443",
 * "hxxp://example[.]org/" with nothing behind the host; "[.]", "(.)", "{.}", "[dot]", "(dot)", "[:]", "hxxp" are what
 * they stand for.  NULL, or why it is none; of a URL that names more than a host, that it does.
 */
const char *network_value_read(const char *text, size_t length, struct network_value *ret_value);
/* The same, as it is shown: "192.0.2.0/24", "192.0.2.7:443", "example.org". */
void network_value_add(struct buffer *out, const struct network_value *value);

/*
 * Why a match would say nothing (meaningless_network.def): private and reserved addresses, public resolvers, names under
 * which anybody may have one; ranges that are wider than any publisher means.  NULL: it may be matched.
 */
const char *network_value_is_meaningless(const struct network_value *value);
bool network_address_is_meaningless(const uint8_t address[ADDRESS_BYTES]);

/* A row of a set; texts are borrowed until the sink returns. */
struct network_row {
	struct network_value value;
	const char *product, *actor, *source, *note;	/* NULL or "": none */
	char        grade;				/* 'A', 'B', 'C'; 0: not graded */
	uint64_t    line;
};

/* What is known of one address or name; texts live as long as the index. */
struct network_match {
	const char *set;		/* its name */
	const char *indicator;		/* as network_value_add writes it */
	const char *product, *actor, *source;
	char        grade;
	uint64_t    line;
};

/* All that bad sets say of addresses and names, in memory; closed by who opened it. */
struct network_index;
struct network_index *network_index_open(void);
void   network_index_close(struct network_index *index);		/* NULL is fine */
void   network_index_add(struct network_index *index, const char *set, const struct network_row *row);
size_t network_index_count(const struct network_index *index);	/* NULL holds none */

/*
 * The match of an address or a name as a record has it, the narrowest first; port 0: the record tells none, and
 * what is listed with a port is met by names only.  A name
 * matches what is listed as itself or as one of the names above it, label by label.
 */
bool network_index_find(const struct network_index *index, const char *text, uint16_t port,
	struct network_match *ret_match);

#endif
