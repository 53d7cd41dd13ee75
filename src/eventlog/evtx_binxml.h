/* evtx_binxml.h - binary XML of Windows event records, straight to names and values. */
#ifndef EVTX_BINXML_H
#define EVTX_BINXML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <t1554triage/eventlog.h>
#include <t1554triage/memory.h>

enum { EVTX_CHUNK_BYTES = 65536 };

/* What the System element says that has a place of its own in struct event. */
enum evtx_system {
	EVTX_FIELD, EVTX_PROVIDER, EVTX_ID, EVTX_TIME, EVTX_RECORD_ID, EVTX_CHANNEL, EVTX_USER, EVTX_SYSTEM_COUNT
};

struct evtx_template;
struct evtx_slot { const uint8_t *bytes; uint32_t size; uint8_t type; };

/* One reader for all chunks and records, one after another. */
struct evtx_binxml {
	const uint8_t *chunk;		/* borrowed */
	size_t         length;		/* that is there of it */
	struct arena   arena;		/* names, constants and templates of the chunk */
	struct evtx_template *templates[64];	/* by their place in the chunk */
	struct evtx_step *steps;	/* of what is being compiled */
	size_t         step_count, step_capacity;
	struct evtx_slot *slots;	/* of the templates that are being filled in, the innermost last */
	size_t         slot_count, slot_capacity;
	/* of the record */
	char          *text;		/* values, each with its NUL */
	size_t         used, begin;	/* begin: of the value that is being put together */
	struct event_field *fields;
	size_t         field_count, field_capacity;
	const char    *system[EVTX_SYSTEM_COUNT];	/* NULL: not said */
	struct timestamp time;		/* as the System element has it */
	const char    *called;		/* name that a value of the record gives to the one behind it */
	unsigned       depth, budget;
	bool           nested;		/* elements stood where text could */
};

void evtx_binxml_init(struct evtx_binxml *xml);
void evtx_binxml_release(struct evtx_binxml *xml);
/* Offsets in records count from the chunk's begin. */
void evtx_binxml_chunk(struct evtx_binxml *xml, const uint8_t *chunk, size_t length);
/* Decodes the record whose binary XML lies there; false: it cannot be. Results are valid until the next call. */
bool evtx_binxml_record(struct evtx_binxml *xml, size_t offset, size_t length);

/* Numbers of the format's value types (MS-EVEN6 2.2.14.2); an array has ARRAY added. */
enum evtx_type {
	EVTX_NULL, EVTX_STRING, EVTX_ANSI, EVTX_INT8, EVTX_UINT8, EVTX_INT16, EVTX_UINT16, EVTX_INT32, EVTX_UINT32,
	EVTX_INT64, EVTX_UINT64, EVTX_REAL32, EVTX_REAL64, EVTX_BOOL, EVTX_BINARY, EVTX_GUID, EVTX_SIZE, EVTX_FILETIME,
	EVTX_SYSTEMTIME, EVTX_SID, EVTX_HEX32, EVTX_HEX64, EVTX_BINXML = 0x21, EVTX_ARRAY = 0x80
};

/*
 * Writes a value as Windows shows it, without a NUL, into at most capacity bytes; returns how many it took,
 * SIZE_MAX where they do not hold it. A NUL within a text becomes U+2400.
 */
size_t evtx_value_write(char *to, size_t capacity, enum evtx_type type, const uint8_t *bytes, size_t size);
size_t evtx_utf16_write(char *to, size_t capacity, const uint8_t *bytes, size_t size);
struct timestamp evtx_filetime(uint64_t filetime);
/* Bytes of one item of an array of this type; 0: items end with a NUL, or there are no such arrays. */
size_t evtx_item_size(enum evtx_type type);

#endif
