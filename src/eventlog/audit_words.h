/* audit_words.h - one record of the audit log as fields.  Private to eventlog. */
#ifndef T1554TRIAGE_AUDIT_WORDS_H
#define T1554TRIAGE_AUDIT_WORDS_H

#include "field_list.h"

/* The stamp that all records of one event share. */
struct audit_stamp {
	struct timestamp time;
	uint64_t         serial;
};

/* "type=PATH msg=audit(1364481363.243:24287): ..."; node is empty where the line has none. False: no such record. */
bool audit_stamp_read(const char *line, struct audit_stamp *ret_stamp, char ret_type[48], char ret_node[256],
	const char **ret_rest);

/*
 * Adds every name=value of a record: quotes taken off, what the kernel wrote in hexadecimal decoded, what stands in
 * msg='...' and behind the 0x1d of an enriched log beside the others.
 */
void audit_words_read(struct field_list *list, const char *type, const char *rest);

/* Adds what a socket address in hexadecimal says: saddr_family, saddr_ip, saddr_port, saddr_path. */
void audit_address_read(struct field_list *list, const char *hex);

#endif
