/* object_id.h - identifiers that follow from what they name. */
#ifndef T1554TRIAGE_REPORT_OBJECT_ID_H
#define T1554TRIAGE_REPORT_OBJECT_ID_H

#include <stddef.h>
#include <stdint.h>

enum { UUID_TEXT_SIZE = 37 };

/* The space of what this program names itself. */
extern const uint8_t object_own_space[16];

/* RFC 4122, section 4.3, with SHA-1: the same name in the same space has the same identifier. */
void object_uuid(const uint8_t space[16], const void *name, size_t length, char ret_uuid[UUID_TEXT_SIZE]);

/* The same of a name that comes in pieces; the end releases it. */
struct object_name;
struct object_name *object_name_begin(const uint8_t space[16]);
void object_name_add(struct object_name *name, const char *text);
void object_name_end(struct object_name *name, char ret_uuid[UUID_TEXT_SIZE]);

/* Its written form, 8-4-4-4-12 digits. */
void object_uuid_text(const uint8_t uuid[16], char ret_uuid[UUID_TEXT_SIZE]);

#endif
