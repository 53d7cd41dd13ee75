/* jsonl.h - what the files of JSON lines share. */
#ifndef T1554TRIAGE_REPORT_JSONL_H
#define T1554TRIAGE_REPORT_JSONL_H

#include <t1554triage/json.h>
#include <t1554triage/place.h>
#include <t1554triage/report.h>

/* A file of lines: lines.json takes the next one, lines_next hands it to the output. */
struct lines {
	struct output *out;
	struct json    json;
};
void lines_begin(struct lines *lines, struct output *out);
void lines_next(struct lines *lines);
enum status lines_end(struct lines *lines);	/* STATUS_FATAL where the output failed */

/* One item of "seen": {evidence, volume, path, line, offset, record_id}; what does not apply is null. */
void json_place(struct json *json, const struct place *place);
void json_u64_or_null(struct json *json, const char *name, uint64_t value);	/* 0 writes null */

/* A detection rule: {id, title, level, status, file}; NULL writes null. */
/* An altered file beside its original; null where it was not compared. */
void json_difference(struct json *json, const char *name, const struct difference *difference);
void json_rule(struct json *json, const char *name, const struct rule *rule);

/* System, evidence, volume of a file: "-" for what it does not have. */
const char *text_or_dash(const char *text);
const char *file_system_id(const struct file *file);
/* False: its volume lies on others, and offsets of its runs count in that volume. */
bool file_lies_on_medium(const struct inventory *inventory, const struct file *file);

/* "cap_setgid,cap_setuid=ep"; false and nothing added where there are none. */
bool capabilities_add(struct buffer *out, uint64_t capabilities, bool effective);

#endif
