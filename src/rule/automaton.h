/* automaton.h - many byte strings looked for in one pass (Aho and Corasick). */
#ifndef RULE_AUTOMATON_H
#define RULE_AUTOMATON_H

#include <stddef.h>
#include <stdint.h>

struct automaton;

struct automaton *automaton_open(void);
void automaton_close(struct automaton *automaton);	/* NULL is fine */

/* The value is told wherever the bytes end; the bytes are at least one. */
void automaton_add(struct automaton *automaton, const void *bytes, size_t length, uint32_t value);
/* After the last one. */
void automaton_build(struct automaton *automaton);

/* Calls found with the position behind each occurrence. */
void automaton_scan(const struct automaton *automaton, const void *bytes, size_t length,
	void (*found)(void *context, uint32_t value, size_t end), void *context);

#endif
