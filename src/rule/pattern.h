/* pattern.h - the values of Sigma rules: escapes, wildcards, modifiers, comparison. */
#ifndef RULE_PATTERN_H
#define RULE_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <t1554triage/buffer.h>
#include <t1554triage/memory.h>

/* Wildcards within a pattern: bytes that no UTF-8 has. */
enum { WILDCARD_ANY = 0xFF, WILDCARD_ONE = 0xFE };

/* A value is told apart by what stands around it, so that the search compares bytes only. */
enum pattern_kind { PATTERN_EXACT, PATTERN_PREFIX, PATTERN_SUFFIX, PATTERN_PART, PATTERN_GLOB, PATTERN_ANYTHING };

struct pattern {
	enum pattern_kind kind;
	bool        cased;
	const char *text;		/* folded unless cased; of a glob with its wildcards */
	size_t      length;
	/* The part that every match holds: offset within text, length; 0: none, a glob of wildcards or empty text. */
	size_t      literal, literal_length;
};

/* The text of a rule with its escapes: a backslash takes the meaning from *, ? and backslash only. */
void pattern_parse(const char *text, size_t length, struct buffer *ret_pattern);
/* Text with WILDCARD bytes; owned by the arena. */
void pattern_make(const char *text, size_t length, bool cased, struct arena *arena, struct pattern *ret_pattern);

/* Upper case becomes lower case in ASCII, Latin-1, Greek and Cyrillic; the length stays. */
void pattern_fold(char *text, size_t length);

/* Whether the pattern stands in the text so that its literal ends before end; text is folded unless cased. */
bool pattern_matches_at(const struct pattern *pattern, const char *text, size_t length, size_t end);
bool pattern_matches(const struct pattern *pattern, const char *text, size_t length);

/* A value becomes several: each is handed on. */
struct pattern_sink { void (*value)(void *context, const char *text, size_t length); void *context; };
/* Every combination of dashes before options ("-enc", "/enc"); false: too many. */
bool pattern_dashes(const char *text, size_t length, const struct pattern_sink *out);
/* The three forms that a value takes within base64, without what its neighbours decide. */
void pattern_base64_offsets(const char *text, size_t length, const struct pattern_sink *out);
void pattern_base64(const char *text, size_t length, struct buffer *out);
void pattern_utf16(const char *text, size_t length, bool big_endian, bool with_mark, struct buffer *out);

/* Addresses in "192.168.0.0/16", "fe80::/10": false where it is none. */
struct network { uint8_t bytes[16]; unsigned bits; bool is_v6; };
bool network_parse(const char *text, struct network *ret_network);
bool network_holds(const struct network *network, const char *address);

#endif
