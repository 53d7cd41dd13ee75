/*
 * shell_history.c - commands that were typed at shells, as far as they are about programs
 *
 *	apt-mark hold openssh-server		bash, ash, PowerShell
 *	#1700906400				bash with HISTTIMEFORMAT, the time of the lines behind; csh writes "#+1700906400"
 *	: 1700906400:0;cp sshd /usr/sbin/sshd	zsh, EXTENDED_HISTORY
 *	- cmd: cp sshd /usr/sbin/sshd		fish
 *	  when: 1700906400
 *
 * What people type is theirs: only commands that name a path where programs or settings lie, or a package manager,
 * are handed out; of all others only how many there are. A history says what was typed, not that it was done, and its owner can write it.
 * Formats: bash(1) HISTTIMEFORMAT, tcsh(1) history, zshoptions(1) EXTENDED_HISTORY, fish src/history.cpp.
 */
#include <string.h>
#include <strings.h>

#include <t1554triage/text.h>

#include "field_list.h"
#include "line_log.h"

enum { PATHS_MAX = 8 };		/* files that one command is tied to */

struct history {
	struct field_list fields;
	struct buffer     user, command, word;
	struct buffer     paths[PATHS_MAX];
	size_t            path_count;
	struct timestamp  time;		/* of the command that waits, or of those behind */
	struct place      at;
	bool              waits;	/* a command of fish for its time */
	uint64_t          unlisted;
	const struct artifact *artifact;
};

static bool
is_where_programs_lie(const char *path)
{
	static const char *const folders[] = { "/bin/", "/sbin/", "/lib/", "/lib32/", "/lib64/", "/usr/", "/opt/", "/boot/", "/etc/",
		"/tmp/", "/var/", "/dev/shm/", "/srv/", "/run/", NULL };
	static const char *const drives[] = { "C:\\Windows\\", "C:\\Program", NULL };

	for (size_t i = 0; folders[i]; i++)
		if (text_has_prefix(path, folders[i]))
			return true;
	for (size_t i = 0; drives[i]; i++)
		if (!strncasecmp(path, drives[i], strlen(drives[i])))
			return true;
	return false;
}

static bool
is_package_manager(const char *word)
{
	static const char *const names[] = { "apk", "apt", "apt-get", "apt-mark", "aptitude", "brew", "dnf", "dnf5", "dpkg", "dpkg-deb",
		"dpkg-divert", "dpkg-statoverride", "emerge", "flatpak", "microdnf", "opkg", "pacman", "prelink", "rpm", "rpm-ostree", "snap",
		"update-alternatives", "yum", "zypper", NULL };
	const char *name = text_base_name(word);

	for (size_t i = 0; names[i]; i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

/* The next word, without its quotes; blanks, operators and '=' stand between words. False at the end. */
static bool
next_word(const char **at, struct buffer *word)
{
	static const char between[] = " \t;|&()<>=";
	char quote = 0;

	buffer_clear(word);
	*at += strspn(*at, between);
	for (; **at && (quote || !strchr(between, **at)); ++*at) {
		if (quote ? **at == quote : **at == '"' || **at == '\'')
			quote = quote ? 0 : **at;
		else
			buffer_add_char(word, **at);
	}
	return word->length || **at;
}

static void
keep_path(struct history *state, const char *path)
{
	for (size_t i = 0; i < state->path_count; i++)
		if (!strcmp(state->paths[i].bytes, path))
			return;
	if (state->path_count >= PATHS_MAX)
		return;
	buffer_clear(&state->paths[state->path_count]);
	buffer_add_text(&state->paths[state->path_count++], path);
}

/* Gathers the paths of the command; true where it is about programs. */
static bool
is_listed(struct history *state)
{
	const char *at = state->command.bytes;
	bool names_manager = false;

	state->path_count = 0;
	while (next_word(&at, &state->word)) {
		if (!state->word.length)
			continue;
		if (is_where_programs_lie(state->word.bytes))
			keep_path(state, state->word.bytes);
		names_manager |= is_package_manager(state->word.bytes);
	}
	return names_manager || state->path_count || strstr(state->command.bytes, "versionlock");
}

/* An event for each file that is named, so that each is tied to it. */
static void
hand_out(struct line_log *log)
{
	struct history *state = log->state;
	struct event event = { .time = state->time, .time_source = "the history", .kind = EVENT_COMMAND_TYPED, .provider = "shell",
		.id = "command", .at = state->at };

	if (!state->command.length)
		return;
	if (!is_listed(state)) {
		state->unlisted++;
	} else {
		field_list_clear(&state->fields);
		field_list_add_text(&state->fields, "User", state->user.length ? state->user.bytes : NULL);
		field_list_add(&state->fields, "CommandLine", 11, state->command.bytes, state->command.length);
		field_list_lend(&state->fields, &event);
		event.text = state->command.bytes;
		event.user = state->user.length ? state->user.bytes : NULL;
		for (size_t i = 0; i < state->path_count || !i; i++) {
			event.object = i < state->path_count ? state->paths[i].bytes : NULL;
			log->out->event(log->out->context, &event);
		}
	}
	buffer_clear(&state->command);
	state->waits = false;
}

static void
end_file(struct line_log *log)
{
	struct history *state = log->state;
	struct buffer text;

	hand_out(log);
	if (!state->unlisted)
		return;
	buffer_init(&text, 0);
	buffer_add_format(&text, "commands that are not listed, because they name neither a package manager nor a path where "
		"programs or settings lie: %llu", (unsigned long long)state->unlisted);
	log->out->event(log->out->context, &(struct event){ .kind = EVENT_RECORD, .provider = "shell", .id = "not-listed",
		.user = state->user.length ? state->user.bytes : NULL, .text = text.bytes, .at = state->artifact->place });
	buffer_release(&text);
	state->unlisted = 0;
}

static void
begin_file(struct line_log *log)
{
	struct history *state = log->state;

	state->artifact = log->artifact;
	state->time = (struct timestamp){ .seconds = 0 };
	buffer_clear(&state->user);
	line_log_add_owner(&state->user, log->artifact->path);
}

static bool
read_seconds(const char *text, char end, struct timestamp *ret_time)
{
	size_t digits = strspn(text, "0123456789");
	uint64_t seconds;

	if (digits < 9 || digits > 11 || text[digits] != end || !text_parse_u64(text, digits, 10, &seconds))
		return false;
	*ret_time = (struct timestamp){ .seconds = (int64_t)seconds, .resolution_nanoseconds = 1000000000 };
	return true;
}

/* zsh writes a byte that has a meaning of its own as 0x83 and the byte with its bit 5 turned. */
static void
add_zsh(struct buffer *out, const char *text)
{
	for (; *text; text++) {
		bool is_marked = (unsigned char)*text == 0x83 && text[1];

		text += is_marked;
		buffer_add_char(out, is_marked ? (char)(*text ^ 32) : *text);
	}
}

static bool
take_line(struct line_log *log, const char *line, size_t length, const struct place *at)
{
	static const char command[] = "- cmd: ", when[] = "  when: ";
	struct history *state = log->state;
	const char *zsh;

	if (state->artifact && state->artifact != log->artifact)
		end_file(log);
	if (state->artifact != log->artifact)
		begin_file(log);
	if (state->waits && text_has_prefix(line, when)) {
		if (!read_seconds(line + sizeof when - 1, '\0', &state->time))
			state->time = (struct timestamp){ .seconds = 0 };
		hand_out(log);
		state->time = (struct timestamp){ .seconds = 0 };
		return true;
	}
	hand_out(log);
	/* The paths that fish kept of its command stand in it. */
	if (!strcmp(line, "  paths:") || text_has_prefix(line, "    - "))
		return true;
	if (*line == '#' && read_seconds(line + 1 + (line[1] == '+'), '\0', &state->time))
		return true;
	state->at = *at;
	zsh = text_has_prefix(line, ": ") && read_seconds(line + 2, ':', &state->time) ? strchr(line, ';') : NULL;
	state->waits = text_has_prefix(line, command);
	if (zsh)
		add_zsh(&state->command, zsh + 1);
	else
		buffer_add_text(&state->command, state->waits ? line + sizeof command - 1 : line);
	if (!state->waits)
		hand_out(log);
	/* A time of zsh is of its command only, which goes on behind a backslash. */
	if (zsh && !(length && line[length - 1] == '\\'))
		state->time = (struct timestamp){ .seconds = 0 };
	return true;
}

static void
finish(struct line_log *log)
{
	struct history *state = log->state;

	if (state->artifact)
		end_file(log);
}

static enum status
parse_shell_history(const struct artifact_group *group, const struct event_sink *out, const struct notes *notes)
{
	struct history state = { .waits = false };
	struct line_log log = { .out = out, .notes = notes, .take = take_line, .finish = finish, .state = &state,
		.odd = "not text; what was typed is not known" };
	enum status status;

	field_list_init(&state.fields);
	buffer_init(&state.user, 0);
	buffer_init(&state.command, 0);
	buffer_init(&state.word, 0);
	for (size_t i = 0; i < PATHS_MAX; i++)
		buffer_init(&state.paths[i], 0);
	status = line_log_read(&log, group);
	field_list_release(&state.fields);
	buffer_release(&state.user);
	buffer_release(&state.command);
	buffer_release(&state.word);
	for (size_t i = 0; i < PATHS_MAX; i++)
		buffer_release(&state.paths[i]);
	return status;
}

const struct eventlog_driver shell_history_eventlog = {
	.name        = "shell_history",
	.description = "histories of shells: commands that name a package manager or a path where programs lie (bash, zsh, fish, ash, csh, PowerShell)",
	.files       = (const char *const[]){ IN_HOMES("/.bash_history*"), IN_HOMES("/.zsh_history*"), IN_HOMES("/.zhistory"),
		IN_HOMES("/.histfile"), IN_HOMES("/.ash_history"), IN_HOMES("/.sh_history"), IN_HOMES("/.history"),
		IN_HOMES("/.local/share/fish/fish_history"), "/Users/*/.bash_history", "/Users/*/.zsh_history",
		"/Users/*/AppData/Roaming/Microsoft/Windows/PowerShell/PSReadLine/ConsoleHost_history.txt", NULL },
	.is_not_rotated = true,
	.parse       = parse_shell_history,
};
