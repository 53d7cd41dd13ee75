/*
 * known_hosts.c - hosts whose keys OpenSSH keeps: where somebody of this host connected to, or was told to trust
 *
 *	build.example.org,192.0.2.7 ssh-ed25519 AAAAC3Nza...
 *	[git.example.org]:2222 ecdsa-sha2-nistp256 AAAAE2Vj...
 *	|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg= ssh-rsa AAAAB3Nz...
 *	@cert-authority *.example.org ssh-rsa AAAAB3Nz...
 *
 * Specification: sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT".  No line has a time.  A hashed name is counted, never guessed; names
 * with wildcards, negated ones and those of authorities stand for no host.
 */
#include <string.h>

#include <t1554triage/text.h>

#include "field_list.h"
#include "line_log.h"

struct known_hosts {
	struct field_list fields;
	struct buffer     user;
};

/* "[git.example.org]:2222" without brackets and port. */
static void
add_host(struct known_hosts *state, const char *name, size_t length)
{
	if (length && *name == '[') {
		const char *end = memchr(name, ']', length);

		name++;
		length = end ? (size_t)(end - name) : length - 1;
	}
	if (length && !memchr(name, '*', length) && !memchr(name, '?', length) && *name != '!')
		field_list_add(&state->fields, "host", 4, name, length);
}

/* "a,b,c": false where the names are hashed. */
static bool
add_hosts(struct known_hosts *state, const char *names, size_t length)
{
	const char *end = names + length;

	if (*names == '|')
		return false;
	while (names < end) {
		const char *comma = memchr(names, ',', (size_t)(end - names));
		size_t one = (size_t)((comma ? comma : end) - names);

		add_host(state, names, one);
		names += one + (comma != NULL);
	}
	return true;
}

static const char *
skip_blanks(const char *text)
{
	return text + strspn(text, " \t");
}

/* A host, a kind of key and the key in base64; ssh passes over any other line, which stands for no host. */
static bool
take_line(struct line_log *log, const char *line, size_t length, const struct place *at)
{
	struct known_hosts *state = log->state;
	struct event event = { .kind = EVENT_RECORD, .provider = "known_hosts", .id = "known", .text = line, .at = *at };
	const char *marker = skip_blanks(line), *names = marker, *kind;
	size_t names_length;

	(void)length;
	if (*marker == '#' || !*marker)
		return true;
	if (*marker == '@')
		names = skip_blanks(marker + strcspn(marker, " \t"));
	names_length = strcspn(names, " \t");
	kind = skip_blanks(names + names_length);
	field_list_clear(&state->fields);
	if (!kind[strcspn(kind, " \t")])
		event.id = "other";
	else if (text_has_prefix(marker, "@cert-authority"))
		event.id = "authority";
	else if (!add_hosts(state, names, names_length))
		event.id = "hashed";
	else if (text_has_prefix(marker, "@revoked"))
		event.id = "revoked";
	if (strcmp(event.id, "other"))
		field_list_add(&state->fields, "key", 3, kind, strcspn(kind, " \t"));
	buffer_clear(&state->user);
	/* Those of the system are nobody's. */
	if (!text_has_prefix(at->path, "/etc/") && !text_has_prefix(at->path, "/ProgramData/"))
		line_log_add_owner(&state->user, at->path);
	event.user = state->user.length ? state->user.bytes : NULL;
	event.object = field_list_value(&state->fields, "host");
	field_list_lend(&state->fields, &event);
	log->out->event(log->out->context, &event);
	return true;
}

static enum status
parse_known_hosts(const struct artifact_group *group, const struct event_sink *out, const struct notes *notes)
{
	struct known_hosts state;
	struct line_log log = { .out = out, .notes = notes, .take = take_line, .state = &state };
	enum status status;

	field_list_init(&state.fields);
	buffer_init(&state.user, 0);
	status = line_log_read(&log, group);
	buffer_release(&state.user);
	field_list_release(&state.fields);
	return status;
}

const struct eventlog_driver known_hosts_eventlog = {
	.name        = "known_hosts",
	.description = "known_hosts of OpenSSH: hosts that were connected to; hashed names are counted",
	.files       = (const char *const[]){ IN_HOMES("/.ssh/known_hosts"), IN_HOMES("/.ssh/known_hosts.old"),
		IN_HOMES("/.ssh/known_hosts2"), "/Users/*/.ssh/known_hosts", "/Users/*/.ssh/known_hosts.old",
		"/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2", "/ProgramData/ssh/ssh_known_hosts", NULL },
	.is_not_rotated = true,
	.parse       = parse_known_hosts,
};
