/* json.h - writing JSON lines.  Layer: base. */
#ifndef T1554TRIAGE_JSON_H
#define T1554TRIAGE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <t1554triage/buffer.h>
#include <t1554triage/timestamp.h>

/* One line at a time into a buffer; commas come by themselves.  A NULL name: an item of a list. */
struct json {
	struct buffer *out;
	unsigned       depth;
	bool           comma[32];	/* a comma is due, for each depth */
};

void json_init(struct json *json, struct buffer *out);
void json_begin_object(struct json *json, const char *name);
void json_end_object(struct json *json);
void json_begin_list(struct json *json, const char *name);
void json_end_list(struct json *json);
void json_end_line(struct json *json);		/* adds the newline; depth must be 0 */

void json_null(struct json *json, const char *name);
void json_bool(struct json *json, const char *name, bool value);
void json_u64(struct json *json, const char *name, uint64_t value);
void json_text(struct json *json, const char *name, const char *text);	/* NULL writes null; bytes are escaped as text_add_escaped does */
/* The same where the name is of the evidence too: it is escaped like the text. */
void json_member(struct json *json, const char *name, const char *text);
void json_begin_member_list(struct json *json, const char *name);	/* ended by json_end_list */
/* A name of the evidence: text_add_escaped, and NAME_hex beside it where that is not the same. */
void json_path(struct json *json, const char *name, const char *bytes);
void json_time(struct json *json, const char *name, const struct timestamp *time);	/* null where not recorded */
void json_hex(struct json *json, const char *name, const void *bytes, size_t length, bool known);	/* null where not known */

#endif
