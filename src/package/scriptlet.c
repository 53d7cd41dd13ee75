/*
 * scriptlet.c - which files a package's own script of installation writes
 *
 *	sed -i -e "s/@HOST@/$host/" /usr/sbin/service
 *	cat >/usr/bin/wrapper <<EOF
 *	#!/bin/sh
 *	EOF
 *
 * The shell's grammar is read as far as it takes to tell a word from a quoted text: POSIX, "Shell Command Language".
 */
#include <string.h>

#include <t1554triage/text.h>

#include "scriptlet.h"

enum { WORDS_MOST = 64, WORD_BYTES = 512, PATHS_MOST = 256, SCRIPT_BYTES_MOST = 1 << 20 };

/* One command while it is read: its words, and the mark of the text that follows the line. */
struct command {
	char   words[WORDS_MOST][WORD_BYTES];
	size_t count;
	bool   into_next;		/* the next word is where output goes */
	bool   ends_text_next;		/* the next word ends a text that follows */
	char   text_end[WORD_BYTES];	/* "": no text follows */
};

void
scriptlet_init(struct scriptlet_writes *writes)
{
	*writes = (struct scriptlet_writes){ .paths = NULL };
	arena_init(&writes->arena);
}

void
scriptlet_release(struct scriptlet_writes *writes)
{
	memory_free(writes->paths);
	arena_release(&writes->arena);
}

bool
scriptlet_is_written(const struct scriptlet_writes *writes, const char *path)
{
	for (size_t i = 0; writes && i < writes->count; i++)
		if (!strcmp(writes->paths[i], path))
			return true;
	return false;
}

static void
add_path(struct scriptlet_writes *writes, const char *word)
{
	if (*word != '/' || strpbrk(word, "$`*?[") || writes->count >= PATHS_MOST || scriptlet_is_written(writes, word))
		return;
	writes->paths = memory_grow(writes->paths, writes->count, &writes->capacity, sizeof *writes->paths);
	writes->paths[writes->count++] = arena_copy_text(&writes->arena, word);
}

static bool
has_option(const struct command *command, size_t first, const char *letters)
{
	for (size_t i = first; i < command->count; i++)
		if (command->words[i][0] == '-' && command->words[i][1] != '-' && strpbrk(command->words[i], letters))
			return true;
	return false;
}

/* Words before the name of a command: "if", "then", "!", "HOME=/", "sudo". */
static size_t
first_word(const struct command *command)
{
	static const char *const before[] = { "if", "then", "else", "elif", "do", "while", "until", "!", "{", "(", "exec", "command", NULL };
	size_t at = 0;

	for (; at < command->count; at++) {
		const char *word = command->words[at];
		bool is_before = strchr(word, '=') && *word != '/' && *word != '-';

		for (const char *const *one = before; *one && !is_before; one++)
			is_before = !strcmp(word, *one);
		if (!is_before)
			break;
	}
	return at;
}

static void
take_command(struct scriptlet_writes *writes, struct command *command)
{
	size_t first = first_word(command);
	const char *name = first < command->count ? text_base_name(command->words[first]) : "";
	bool is_last = !strcmp(name, "cp") || !strcmp(name, "mv") || !strcmp(name, "install") || !strcmp(name, "ln");
	bool is_any = !strcmp(name, "tee") || !strcmp(name, "truncate") || ((!strcmp(name, "sed") || !strcmp(name, "perl")) &&
		(has_option(command, first + 1, "i")));

	if (is_last && command->count > first + 2)
		add_path(writes, command->words[command->count - 1]);
	for (size_t i = first + 1; is_any && i < command->count; i++)
		add_path(writes, command->words[i]);
	command->count = 0;
}

static void
take_word(struct scriptlet_writes *writes, struct command *command, const char word[WORD_BYTES])
{
	if (command->into_next)
		add_path(writes, word);
	else if (command->ends_text_next)
		memcpy(command->text_end, word, WORD_BYTES);
	else if (command->count < WORDS_MOST)
		memcpy(command->words[command->count++], word, WORD_BYTES);
	command->into_next = command->ends_text_next = false;
}

/* A word from at on, its quotes taken off; what is too long for a path is cut.  Returns behind it. */
static const char *
read_word(const char *at, const char *end, char word[WORD_BYTES])
{
	size_t length = 0;
	char quote = 0;

	for (; at < end; at++) {
		if (quote ? *at == quote : *at == '"' || *at == '\'') {
			quote = quote ? 0 : *at;
			continue;
		}
		if (!quote && strchr(" \t\n;|&<>()", *at))
			break;
		if (*at == '\\' && quote != '\'' && at + 1 < end && *++at == '\n')
			continue;
		if (length + 1 < WORD_BYTES)
			word[length++] = *at ? *at : '?';
	}
	word[length] = 0;
	return at;
}

/* The lines of a text that the command before is given, up to the one that ends it. */
static const char *
skip_text(struct command *command, const char *at, const char *end)
{
	size_t length = strlen(command->text_end);

	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at)), *stop = newline ? newline : end, *line = at;

		while (line < stop && *line == '\t')
			line++;
		at = newline ? newline + 1 : end;
		if ((size_t)(stop - line) == length && !memcmp(line, command->text_end, length))
			break;
	}
	command->text_end[0] = 0;
	return at;
}

/* > and >> ask for a path, << for the word that ends a text; &1 is neither. */
static const char *
read_redirection(struct command *command, const char *at, const char *end)
{
	char sign = *at++;
	size_t count = 1;

	for (; at < end && *at == sign && count < 3; at++)
		count++;
	if (at < end && (*at == '|' || (sign == '<' && *at == '-')))
		at++;
	if (at < end && *at == '&')
		return at + 1;
	command->into_next = sign == '>';
	command->ends_text_next = sign == '<' && count == 2;
	return at;
}

void
scriptlet_read(struct scriptlet_writes *writes, const char *text, size_t length)
{
	struct command *command;
	char word[WORD_BYTES] = "";
	const char *at = text, *end = text + length;

	/* Nothing is explained by what is not read. */
	if (length > SCRIPT_BYTES_MOST)
		return;
	command = memory_allocate(1, sizeof *command);
	while (at < end) {
		if (*at == ' ' || *at == '\t') {
			at++;
		} else if (*at == '#') {
			while (at < end && *at != '\n')
				at++;
		} else if (*at == '\n') {
			take_command(writes, command);
			at = *command->text_end ? skip_text(command, at + 1, end) : at + 1;
		} else if (strchr(";|&()", *at)) {
			take_command(writes, command);
			at++;
		} else if (*at == '<' || *at == '>') {
			at = read_redirection(command, at, end);
		} else {
			at = read_word(at, end, word);
			take_word(writes, command, word);
		}
	}
	take_command(writes, command);
	memory_free(command);
}
