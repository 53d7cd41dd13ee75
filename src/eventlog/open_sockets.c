/*
 * open_sockets.c - connections that were open when a collector asked the living system (UAC's live_response/network)
 *
 * ss -tunap (iproute2; ss -tanp has no Netid):
 *	tcp   ESTAB 0      0      192.0.2.5:22       198.51.100.7:50022 users:(("sshd",pid=812,fd=4))
 * netstat -anp (net-tools):
 *	tcp        0      0 192.0.2.5:22    198.51.100.7:50022    ESTABLISHED 812/sshd: anna
 * netstat -an of BSD and macOS, where the port follows a dot:
 *	tcp4       0      0  192.0.2.5.49700        198.51.100.7.443       ESTABLISHED
 * netstat -ano of Windows, with -b the program on the next line:
 *	  TCP    192.0.2.5:49700        198.51.100.7:443       ESTABLISHED     1234
 *	 [curl.exe]
 * lsof -i, lsof -nPl:
 *	sshd  812  0  4u  IPv4 12345  0t0  TCP 192.0.2.5:22->198.51.100.7:50022 (ESTABLISHED)
 *
 * Process ids become programs by the list of /proc/PID/exe that the same collector made (running_processes_full_paths.txt):
 *	lrwxrwxrwx 1 root root 0 May  1 10:00 /proc/812/exe -> /usr/sbin/sshd
 *
 * None of these has a time: it is that of the file.  They were printed by programs of the suspect system.
 */
#include <string.h>

#include <t1554triage/map.h>
#include <t1554triage/text.h>

#include "field_list.h"
#include "line_log.h"

enum { WORDS_MAX = 16, ENDPOINT_SIZE = 128 };

struct sockets {
	struct field_list fields;
	struct map        images;	/* process id, as digits, to the path in the arena */
	struct arena      texts;
	bool              reads_processes;
};

/* What a line tells; texts lie in the words of the log. */
struct open_socket {
	const char *protocol, *state, *process, *program, *user;
	const char *local, *remote;
	bool        has_dotted_ports;
};

/* ---- words ---- */

static size_t
cut_words(char *line, char *ret_words[WORDS_MAX])
{
	size_t count = 0;
	char *word;

	while (count < WORDS_MAX && (word = line_log_word(&line)))
		ret_words[count++] = word;
	return count;
}

static bool
is_number(const char *word)
{
	return *word && strspn(word, "0123456789") == strlen(word);
}

static bool
is_protocol(const char *word)
{
	static const char *const names[] = { "tcp", "tcp4", "tcp6", "tcp46", "udp", "udp4", "udp6", "udp46", NULL };

	for (size_t i = 0; names[i]; i++)
		if (!strcmp(word, names[i]))
			return true;
	return false;
}

/* "812/sshd:" */
static void
take_process(struct open_socket *socket, char *word)
{
	char *slash = strchr(word, '/');

	if (!slash || slash == word || strspn(word, "0123456789") != (size_t)(slash - word))
		return;
	*slash = '\0';
	socket->process = word;
	socket->program = slash + 1;
}

/* users:(("sshd",pid=812,fd=4),...): the first of those that hold it. */
static void
take_users(struct open_socket *socket, char *word)
{
	char *name = strstr(word, "((\""), *pid = strstr(word, "pid="), *end;

	if (pid) {
		pid += 4;
		pid[strspn(pid, "0123456789")] = '\0';
		socket->process = pid;
	}
	if (!name)
		return;
	name += 3;
	end = strchr(name, '"');
	if (end)
		*end = '\0';
	socket->program = name;
}

/* ---- one tool each; false: the line is none of its ---- */

static bool
read_ss(char *words[], size_t count, struct open_socket *socket)
{
	size_t at = is_protocol(words[0]) ? 1 : 0;

	if (count < at + 5 || is_number(words[at]) || !is_number(words[at + 1]) || !is_number(words[at + 2]))
		return false;
	if (at)
		socket->protocol = words[0];
	else
		socket->protocol = "tcp";
	socket->state = words[at];
	socket->local = words[at + 3];
	socket->remote = words[at + 4];
	for (size_t i = at + 5; i < count; i++)
		if (text_has_prefix(words[i], "users:"))
			take_users(socket, words[i]);
	return true;
}

static bool
read_netstat(char *words[], size_t count, struct open_socket *socket)
{
	if (count < 5 || !is_protocol(words[0]) || !is_number(words[1]) || !is_number(words[2]))
		return false;
	socket->protocol = words[0];
	socket->local = words[3];
	socket->remote = words[4];
	socket->has_dotted_ports = !strchr(words[3], ':') || strchr("46", words[0][3] ? words[0][3] : ' ');
	socket->has_dotted_ports &= strrchr(words[3], '.') && (!strrchr(words[3], ':') || strrchr(words[3], '.') > strrchr(words[3], ':'));
	for (size_t i = 5; i < count && !socket->process; i++) {
		if (i == 5 && !strchr(words[i], '/') && !is_number(words[i]))
			socket->state = words[i];
		else
			take_process(socket, words[i]);
	}
	return true;
}

static bool
read_windows(char *words[], size_t count, struct open_socket *socket)
{
	if (count < 3 || (strcmp(words[0], "TCP") && strcmp(words[0], "UDP")) || is_number(words[1]))
		return false;
	socket->protocol = words[0];
	socket->local = words[1];
	socket->remote = words[2];
	if (count > 3 && !is_number(words[3]))
		socket->state = words[3];
	if (is_number(words[count - 1]))
		socket->process = words[count - 1];
	return true;
}

static bool
read_lsof(char *words[], size_t count, struct open_socket *socket)
{
	size_t type = 0;
	char *arrow;

	while (type < count && strcmp(words[type], "IPv4") && strcmp(words[type], "IPv6"))
		type++;
	if (type < 3 || type + 4 >= count || !is_number(words[1]))
		return false;
	socket->program = words[0];
	socket->process = words[1];
	socket->user = is_number(words[2]) && type > 4 && !is_number(words[3]) ? words[3] : words[2];
	socket->protocol = words[type + 3];
	socket->local = words[type + 4];
	arrow = strstr(words[type + 4], "->");
	if (arrow) {
		*arrow = '\0';
		socket->remote = arrow + 2;
	}
	if (type + 5 < count)
		socket->state = words[type + 5];
	return true;
}

/* ---- a connection ---- */

/* "192.0.2.5:22", "[2001:db8::5]:22", "192.0.2.5%eth0:22", "2001:db8::5.443": the address and the port, false: neither. */
static bool
cut_endpoint(const char *text, bool has_dotted_port, char ret_address[ENDPOINT_SIZE], char ret_port[ENDPOINT_SIZE])
{
	const char *separator = strrchr(text, has_dotted_port ? '.' : ':');
	size_t length;

	if (!separator || strlen(text) >= ENDPOINT_SIZE || separator == text)
		return false;
	length = (size_t)(separator - text);
	memcpy(ret_port, separator + 1, strlen(separator));
	if (text[0] == '[' && text[length - 1] == ']') {
		text++;
		length -= 2;
	}
	memcpy(ret_address, text, length);
	ret_address[length] = '\0';
	ret_address[strcspn(ret_address, "%")] = '\0';
	return true;
}

/* Nobody is at the other end of what listens. */
static bool
is_connection(const struct open_socket *socket, const char *address, const char *port)
{
	static const char *const none[] = { "*", "0.0.0.0", "::", "[::]", "", NULL };

	for (size_t i = 0; none[i]; i++)
		if (!strcmp(address, none[i]))
			return false;
	return strcmp(port, "*") && strcmp(port, "0") && (!socket->state || (strcmp(socket->state, "LISTEN") &&
		strcmp(socket->state, "LISTENING")));
}

/*
 * Nothing says who opened it; ports do, where one is of those that systems draw for who opens a connection (32768 and more
 * on Linux, 49152 and more on others) and the other is not.
 */
static const char *
initiated(const char *local_port, const char *remote_port)
{
	enum { DRAWN = 32768 };
	uint64_t local, remote;

	if (!text_parse_u64(local_port, strlen(local_port), 10, &local) || !text_parse_u64(remote_port, strlen(remote_port), 10, &remote) ||
	    (local >= DRAWN) == (remote >= DRAWN))
		return NULL;
	return local >= DRAWN ? "true" : "false";
}

static const char *
image_of(const struct sockets *state, const char *process)
{
	uint64_t image;

	return process && map_get_text(&state->images, process, &image) ? (const char *)(uintptr_t)image : NULL;
}

/* Fields have the one names: no tool has names of its own for them. */
static void
add_fields(struct sockets *state, const struct open_socket *socket, const char *local, const char *local_port,
	const char *remote, const char *remote_port)
{
	const struct { const char *name, *value; } fields[] = {
		{ "Image", image_of(state, socket->process) }, { "ProcessId", socket->process }, { "Protocol", socket->protocol },
		{ "SourceIp", local }, { "SourcePort", local_port }, { "DestinationIp", remote }, { "DestinationPort", remote_port },
		{ "Initiated", remote && remote_port ? initiated(local_port ? local_port : "", remote_port) : NULL },
		{ "User", socket->user }, { "name", socket->program }, { "state", socket->state },
	};

	field_list_clear(&state->fields);
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		field_list_add_text(&state->fields, fields[i].name, fields[i].value);
}

static void
hand_out(struct line_log *log, const struct open_socket *socket, const char *line, const struct place *at)
{
	struct sockets *state = log->state;
	char local[ENDPOINT_SIZE] = "", local_port[ENDPOINT_SIZE] = "", remote[ENDPOINT_SIZE] = "", remote_port[ENDPOINT_SIZE] = "";
	struct event event = { .time = log->artifact->times.modified, .time_source = "time of the file that the collector wrote",
		.kind = EVENT_RECORD, .provider = "open sockets", .channel = "collector", .text = line, .at = *at };

	if (socket->local)
		cut_endpoint(socket->local, socket->has_dotted_ports, local, local_port);
	if (socket->remote && cut_endpoint(socket->remote, socket->has_dotted_ports, remote, remote_port) &&
	    is_connection(socket, remote, remote_port))
		event.kind = EVENT_NETWORK_CONNECTION;
	add_fields(state, socket, *local ? local : NULL, *local_port ? local_port : NULL, *remote ? remote : NULL,
		*remote_port ? remote_port : NULL);
	field_list_lend(&state->fields, &event);
	event.subject = field_list_value(&state->fields, "Image");
	event.object = field_list_value(&state->fields, "DestinationIp");
	event.user = field_list_value(&state->fields, "User");
	line_log_event(log, &event);
}

static bool
take_process_line(struct sockets *state, const char *line)
{
	static const char begin[] = "/proc/", middle[] = "/exe -> ", gone[] = " (deleted)";
	const char *id = strstr(line, begin), *path;
	char *key;
	size_t digits;

	if (!id)
		return false;
	id += sizeof begin - 1;
	digits = strspn(id, "0123456789");
	if (!digits || strncmp(id + digits, middle, sizeof middle - 1))
		return false;
	path = id + digits + sizeof middle - 1;
	key = arena_copy(&state->texts, id, digits);
	map_set(&state->images, key, digits, (uintptr_t)arena_copy(&state->texts, path,
		strlen(path) - (text_has_suffix(path, gone) ? sizeof gone - 1 : 0)));
	return true;
}

static bool
take_line(struct line_log *log, const char *line, size_t length, const struct place *at)
{
	static bool (*const readers[])(char *words[], size_t count, struct open_socket *socket) = {
		read_lsof, read_netstat, read_ss, read_windows,
	};
	struct sockets *state = log->state;

	(void)length;
	if (state->reads_processes) {
		take_process_line(state, line);
		return true;
	}
	for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
		struct open_socket socket = { .protocol = NULL };
		char *words[WORDS_MAX];
		size_t count = cut_words(line_log_copy(log, line), words);

		if (!count || !readers[i](words, count, &socket))
			continue;
		hand_out(log, &socket, line, at);
		return true;
	}
	/* Headings, sockets without an address, programs of the line before. */
	log->last = log->artifact->times.modified;
	line_log_output(log, "open sockets", line, at);
	return true;
}

static bool
is_process_list(const struct artifact *artifact)
{
	return text_has_prefix(text_base_name(artifact->path), "running_processes_full_paths");
}

/* First the lists of processes, then what names their ids. */
static enum status
read_files(struct line_log *log, const struct artifact_group *group, bool processes)
{
	struct sockets *state = log->state;
	enum status status = STATUS_OK;

	state->reads_processes = processes;
	for (size_t i = 0; i < group->count; i++)
		if (is_process_list(&group->items[i]) == processes)
			status = status_worse(status, line_log_read(log, &(struct artifact_group){ .items = &group->items[i], .count = 1 }));
	return status;
}

static enum status
parse_open_sockets(const struct artifact_group *group, const struct event_sink *out, const struct notes *notes)
{
	struct sockets state = { .reads_processes = false };
	struct line_log log = { .out = out, .notes = notes, .take = take_line, .state = &state,
		.odd = "not a line of a list of connections" };
	enum status status;

	field_list_init(&state.fields);
	map_init(&state.images);
	arena_init(&state.texts);
	status = read_files(&log, group, true);
	status = status_worse(status, read_files(&log, group, false));
	arena_release(&state.texts);
	map_release(&state.images);
	field_list_release(&state.fields);
	return status;
}

const struct eventlog_driver open_sockets_eventlog = {
	.name        = "open_sockets",
	.description = "connections that a collector listed: ss, netstat, lsof (live_response of UAC)",
	.files       = (const char *const[]){ "/$Collector/live_response/network/ss_*.txt", "/$Collector/live_response/network/netstat_*.txt",
		"/$Collector/live_response/network/lsof_*.txt", "/$Collector/live_response/process/lsof_*.txt",
		"/$Collector/live_response/process/running_processes_full_paths.txt", NULL },
	.is_not_rotated = true,
	.parse       = parse_open_sockets,
};
