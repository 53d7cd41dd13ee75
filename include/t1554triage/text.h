/* text.h - names are bytes: escaping, UTF-8, hexadecimal, numbers, globs.  Layer: base. */
#ifndef T1554TRIAGE_TEXT_H
#define T1554TRIAGE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <t1554triage/buffer.h>

/*
 * Decodes one character of strict UTF-8 (RFC 3629: no overlong forms, no
 * surrogates, nothing above U+10FFFF).  Returns the number of bytes used,
 * 0 where the bytes are no character.
 */
size_t text_decode_utf8(const void *bytes, size_t length, uint32_t *ret_character);
void   text_add_utf8(struct buffer *out, uint32_t character);

/* Adds UTF-16LE as UTF-8; an unpaired surrogate becomes U+FFFD.  length in bytes. */
void   text_add_utf16le(struct buffer *out, const void *bytes, size_t length);
/* Makes UTF-16BE UTF-16LE in its place, and the reverse.  length in bytes; an odd one is left. */
void   text_swap_utf16(void *bytes, size_t length);

/* True where every byte belongs to valid UTF-8 without C0 controls, DEL or backslash. */
bool   text_is_plain(const char *bytes, size_t length);

/*
 * The reversible form for machines (interface, "Names"): a byte that is not
 * part of valid UTF-8, a C0 control, DEL, a non-character U+FFFE/U+FFFF, or a
 * backslash is written \xHH.  Everything else stays.
 */
void   text_add_escaped(struct buffer *out, const char *bytes, size_t length);
/* The same as a string of JSON, with its quotes. */
void   text_add_quoted(struct buffer *out, const char *bytes, size_t length);

/*
 * The same for people: also C1 controls and characters that are invisible or
 * change the direction of text are written \xHH, byte by byte.
 */
void   text_add_visible(struct buffer *out, const char *bytes, size_t length);
bool   text_is_risky_character(uint32_t character);

/* %XX for what is not printable ASCII, a space, '%' or '=': the form of the record stream. */
void   text_add_percent(struct buffer *out, const char *bytes, size_t length);
size_t text_remove_percent(char *text, size_t length);	/* in place; returns the new length */
bool   text_end_percent(char *text, size_t length);		/* the same, and a NUL behind it; false where one is within, too */

void   text_add_hex(struct buffer *out, const void *bytes, size_t length);	/* lower case */
/* RFC 4648 with its padding; false for anything else, or where capacity bytes do not hold it. */
bool   text_parse_base64(const char *text, size_t length, uint8_t *ret_bytes, size_t capacity, size_t *ret_length);
bool   text_parse_hex(const char *text, size_t digits, uint8_t *ret_bytes);	/* digits even */
bool   text_parse_hex_narrow(const char *text, size_t digits, uint8_t *ret_bytes);	/* the same without wide vectors */

/* Whole text must be the number; false for empty, overflow or trailing bytes. */
bool   text_parse_u64(const char *text, size_t length, unsigned base, uint64_t *ret_number);

/*
 * Shell-like pattern over path bytes: '*' and '?' do not match '/', "**" does,
 * [a-z] classes.  Never recurses deeper than the number of stars.
 */
bool   text_matches_glob(const char *pattern, const char *text);
/* The order of bytes, as strcmp(); NULL is the empty text. */
int    text_compare(const char *a, const char *b);
bool   text_has_suffix(const char *text, const char *suffix);
bool   text_has_prefix(const char *text, const char *prefix);
const char *text_base_name(const char *path);		/* points into path */

#endif
