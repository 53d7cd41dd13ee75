/*
 * automaton.c - many byte strings looked for in one pass: A. V. Aho, M. J. Corasick, "Efficient string matching",
 * Communications of the ACM 18 (1975).
 *
 * Bytes that occur in no string share one class, so that a row of the table of transitions is as wide as
 * the alphabet that is used. An entry is the state times two, and one more where something ends there.
 */
#include <stdbool.h>
#include <string.h>

#include <t1554triage/memory.h>

#include "automaton.h"

struct trie_state { uint32_t child, sibling, fail, output, suffix; uint8_t byte; };
struct output { uint32_t value, next; };

struct automaton {
	struct trie_state *states;	size_t state_count, state_capacity;
	struct output     *outputs;	size_t output_count, output_capacity;	/* from 1; 0: none */
	uint32_t          *table;		/* state_count rows of class_count */
	uint32_t           class_count;		/* class 0: bytes of no string */
	uint8_t            class_of[256];
};

static uint32_t
add_state(struct automaton *automaton, uint8_t byte)
{
	automaton->states = memory_grow(automaton->states, automaton->state_count, &automaton->state_capacity,
		sizeof *automaton->states);
	automaton->states[automaton->state_count] = (struct trie_state){ .byte = byte };
	return (uint32_t)automaton->state_count++;
}

struct automaton *
automaton_open(void)
{
	struct automaton *automaton = memory_allocate(1, sizeof *automaton);

	add_state(automaton, 0);
	automaton->outputs = memory_grow(NULL, 0, &automaton->output_capacity, sizeof *automaton->outputs);
	automaton->outputs[0] = (struct output){ 0, 0 };
	automaton->output_count = 1;
	automaton->class_count = 1;
	return automaton;
}

void
automaton_close(struct automaton *automaton)
{
	if (!automaton)
		return;
	memory_free(automaton->states);
	memory_free(automaton->outputs);
	memory_free(automaton->table);
	memory_free(automaton);
}

static uint32_t
child_of(const struct automaton *automaton, uint32_t state, uint8_t byte)
{
	uint32_t child = automaton->states[state].child;

	while (child && automaton->states[child].byte != byte)
		child = automaton->states[child].sibling;
	return child;
}

void
automaton_add(struct automaton *automaton, const void *bytes, size_t length, uint32_t value)
{
	const uint8_t *at = bytes;
	uint32_t state = 0;

	for (size_t i = 0; i < length; i++) {
		uint32_t child = child_of(automaton, state, at[i]);

		if (!child) {
			child = add_state(automaton, at[i]);
			automaton->states[child].sibling = automaton->states[state].child;
			automaton->states[state].child = child;
		}
		if (!automaton->class_of[at[i]])
			automaton->class_of[at[i]] = (uint8_t)automaton->class_count++;
		state = child;
	}
	automaton->outputs = memory_grow(automaton->outputs, automaton->output_count, &automaton->output_capacity,
		sizeof *automaton->outputs);
	automaton->outputs[automaton->output_count] = (struct output){ value, automaton->states[state].output };
	automaton->states[state].output = (uint32_t)automaton->output_count++;
}

static uint32_t *
row_of(const struct automaton *automaton, uint32_t state)
{
	return automaton->table + (size_t)state * automaton->class_count;
}

/* The row of a state is that of its longest proper suffix, and its own children over it. */
static void
fill_row(struct automaton *automaton, uint32_t state, uint32_t *queue, size_t *queued)
{
	struct trie_state *states = automaton->states;
	uint32_t *row = row_of(automaton, state);
	const uint32_t *fail_row = row_of(automaton, states[state].fail);

	if (state)
		memcpy(row, fail_row, automaton->class_count * sizeof *row);
	for (uint32_t child = states[state].child; child; child = states[child].sibling) {
		uint32_t class = automaton->class_of[states[child].byte];

		states[child].fail = state ? fail_row[class] >> 1 : 0;
		states[child].suffix = states[states[child].fail].output ? states[child].fail
			: states[states[child].fail].suffix;
		row[class] = child << 1 | (states[child].output || states[child].suffix);
		queue[(*queued)++] = child;
	}
}

void
automaton_build(struct automaton *automaton)
{
	uint32_t *queue = memory_allocate(automaton->state_count, sizeof *queue);
	size_t queued = 1;

	automaton->table = memory_allocate(automaton->state_count * automaton->class_count, sizeof *automaton->table);
	queue[0] = 0;
	for (size_t i = 0; i < queued; i++)
		fill_row(automaton, queue[i], queue, &queued);
	memory_free(queue);
}

void
automaton_scan(const struct automaton *automaton, const void *bytes, size_t length,
	void (*found)(void *context, uint32_t value, size_t end), void *context)
{
	const uint8_t *at = bytes;
	const uint32_t *table = automaton->table;
	uint32_t classes = automaton->class_count, entry = 0;

	for (size_t i = 0; i < length; i++) {
		entry = table[(size_t)(entry >> 1) * classes + automaton->class_of[at[i]]];
		if (!(entry & 1))
			continue;
		for (uint32_t state = entry >> 1; state; state = automaton->states[state].suffix)
			for (uint32_t out = automaton->states[state].output; out; out = automaton->outputs[out].next)
				found(context, automaton->outputs[out].value, i + 1);
	}
}
