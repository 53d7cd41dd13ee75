/* folder.h - the output folder: the only thing that a run creates. */
#ifndef FOLDER_H
#define FOLDER_H

#include <stddef.h>

#include <t1554triage/buffer.h>

/*
 * wanted: as given, or NULL for a name made from the first operand in the
 * current folder. Returns 0 with an open folder and its path (owned by the caller), 73 or 74
 * with a message. An explicit folder must not exist or be empty.
 */
int folder_open(const char *wanted, const char *operand, int *ret_folder, char **ret_path,
	struct buffer *ret_message);
/* The same without creating anything: 0 or 73. */
int folder_check(const char *wanted, struct buffer *ret_message);
/*
 * 73 with a message where it would lie within an operand that is a folder, on the same file system; else 0.  wanted as
 * in folder_open(); what the operands are, for the message: "evidence".
 */
int folder_keep_out(const char *wanted, char *const *operands, size_t operand_count, const char *what, struct buffer *ret_message);
/* Removes a folder that stayed empty. */
void folder_remove_if_empty(const char *path);

#endif
