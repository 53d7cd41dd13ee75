/*
 * script.c - scripts that name their interpreter
 *
 *	#!/bin/sh -e
 *
 * "#![" opens an attribute of Rust source, which is no program.
 */
#include <string.h>

#include <t1554triage/binary.h>

static enum program_type
type_of_script(const uint8_t *head, size_t length, const char *base_name)
{
	(void)base_name;
	if (length < 3 || memcmp(head, "#!", 2) || head[2] == '[')
		return PROGRAM_OTHER;
	return PROGRAM_SCRIPT;
}

const struct binary_format script_binary = {
	.name        = "script",
	.description = "scripts that name their interpreter in the first line",
	.type        = type_of_script,
};
