/* content_need.h - what a rule over contents needs, by its own condition. */
#ifndef RULE_CONTENT_NEED_H
#define RULE_CONTENT_NEED_H

#include <t1554triage/content_sieve.h>

/* A string of the rule as it was compiled; no bytes: it is no literal that stands in a content as it is written. */
struct rule_string { const char *identifier; const uint8_t *bytes; size_t length; };
enum { RULE_STRINGS_MAX = 64 };

/*
 * Adds to the sieve what the rule of this name needs; text is the file it stands in. False: its condition is of a kind
 * that is not understood, or it is not in the text, so that nothing can be said.
 */
bool content_need_add(struct content_sieve *sieve, const char *text, const char *rule, const struct rule_string *strings,
	size_t count);

#endif
