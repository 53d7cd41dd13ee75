/*
 * message.c - what programs tell their system's log
 *
 *	sshd: Accepted publickey for anna from 192.0.2.7 port 50022 ssh2: ED25519 SHA256:...
 *	sshd: Failed password for invalid user admin from 192.0.2.8 port 4711 ssh2
 *	sudo:     anna : TTY=pts/0 ; PWD=/home/anna ; USER=root ; COMMAND=/usr/bin/cp x /usr/sbin/sshd
 *	su: pam_unix(su:session): session opened for user root(uid=0) by anna(uid=1000)
 *	CRON: (root) CMD (/usr/sbin/logrotate /etc/logrotate.conf)
 *	kernel: [  12.3] [UFW BLOCK] IN=eth0 OUT= SRC=192.0.2.8 DST=192.0.2.1 PROTO=TCP SPT=4711 DPT=22
 *	sysmon: <Event>...</Event>
 *	clamd: /tmp/x: Unix.Trojan.Generic FOUND
 *	pure-ftpd: (anna@192.0.2.9) [NOTICE] /srv/a b uploaded  (1884648 bytes, 41264.44KB/sec)
 *	savd: Threat detected in /tmp/x: EICAR-AV-Test during on-demand scan. (The file has been quarantined.)
 *
 * The texts are those of OpenSSH auth.c, sudo's logging.c, pam_unix_sess.c, cron's misc.c, the kernel's nf_log_syslog.c, Pure-FTPd's ftpd.c.
 */
#include <string.h>

#include <t1554triage/text.h>

#include "message.h"

/* Up to the next blank, or to the end: a word is added under the name. Returns what follows. */
static const char *
add_word(struct field_list *fields, const char *name, const char *text)
{
	size_t length = strcspn(text, " ");

	field_list_add(fields, name, strlen(name), text, length);
	return text + length + (text[length] == ' ');
}

static struct message_meaning
read_sshd(struct field_list *fields, const char *message)
{
	struct message_meaning meaning = { .kind = EVENT_RECORD };
	bool is_accepted = text_has_prefix(message, "Accepted ");
	const char *at = strstr(message, " for ");

	if ((!is_accepted && !text_has_prefix(message, "Failed ")) || !at)
		return meaning;
	add_word(fields, "method", strchr(message, ' ') + 1);
	at += 5;
	if (text_has_prefix(at, "invalid user "))
		at += strlen("invalid user ");
	at = add_word(fields, "User", at);
	field_list_add_text(fields, "result", is_accepted ? "success" : "failed");
	if (text_has_prefix(at, "from "))
		at = add_word(fields, "SourceIp", at + 5);
	if (text_has_prefix(at, "port "))
		add_word(fields, "SourcePort", at + 5);
	return (struct message_meaning){ .kind = EVENT_LOGON, .object = "User", .subject = "SourceIp", .user = "User" };
}

/* "name=value ; name=value", the last to its end. */
static void
add_sudo_words(struct field_list *fields, const char *text)
{
	while (*text) {
		size_t name = strcspn(text, "=; ");
		const char *end = strstr(text, " ; ");

		if (text[name] == '=' && text_has_prefix(text, "COMMAND="))
			end = NULL;
		if (text[name] == '=')
			field_list_add(fields, text, name, text + name + 1,
				(end ? (size_t)(end - text) : strlen(text)) - name - 1);
		if (!end)
			return;
		text = end + 3;
	}
}

/* The program of a command, where it is named in full. */
static bool
add_program(struct field_list *fields, const char *command)
{
	if (*command != '/')
		return false;
	field_list_add(fields, "Image", 5, command, strcspn(command, " "));
	return true;
}

static struct message_meaning
read_sudo(struct field_list *fields, const char *message)
{
	struct message_meaning meaning = { .kind = EVENT_RECORD, .user = "LoginUser" };
	struct buffer command;
	const char *value;

	message += strspn(message, " ");
	value = strstr(message, " : ");
	if (!value || !strstr(value, "COMMAND="))
		return (struct message_meaning){ .kind = EVENT_RECORD };
	field_list_add(fields, "LoginUser", 9, message, (size_t)(value - message));
	add_sudo_words(fields, value + 3);
	buffer_init(&command, 0);
	buffer_add_text(&command, field_list_value(fields, "COMMAND") ? field_list_value(fields, "COMMAND") : "");
	field_list_add_text(fields, "CommandLine", command.bytes);
	/* What sudo refused stands before the words: "anna : command not allowed ; TTY=..." */
	if (add_program(fields, command.bytes) && text_has_prefix(value + 3, "TTY=")) {
		meaning.kind = EVENT_PROCESS_STARTED;
		meaning.object = "Image";
	}
	buffer_release(&command);
	return meaning;
}

static struct message_meaning
read_session(struct field_list *fields, const char *message)
{
	static const char opened[] = "session opened for user ";
	const char *user = strstr(message, opened), *by;

	if (!text_has_prefix(message, "pam_unix(") || !user || text_has_prefix(message, "pam_unix(cron:"))
		return (struct message_meaning){ .kind = EVENT_RECORD };
	user += sizeof opened - 1;
	field_list_add(fields, "User", 4, user, strcspn(user, "( "));
	by = strstr(user, " by ");
	if (by && by[4] != '(')
		field_list_add(fields, "LoginUser", 9, by + 4, strcspn(by + 4, "( "));
	return (struct message_meaning){ .kind = EVENT_LOGON, .object = "User", .subject = "LoginUser", .user = "User" };
}

static struct message_meaning
read_cron(struct field_list *fields, const char *message)
{
	struct message_meaning meaning = { .kind = EVENT_RECORD };
	const char *user_end = strchr(message, ')'), *command = strstr(message, " CMD (");
	size_t length;

	if (*message != '(' || !user_end || !command)
		return meaning;
	command += 6;
	length = strlen(command);
	length -= length && command[length - 1] == ')';
	field_list_add(fields, "User", 4, message + 1, (size_t)(user_end - message) - 1);
	field_list_add(fields, "CommandLine", 11, command, length);
	meaning.user = "User";
	if (add_program(fields, command)) {
		meaning.kind = EVENT_PROCESS_STARTED;
		meaning.object = "Image";
	}
	return meaning;
}

static bool
has_value(const struct field_list *fields, const char *name)
{
	const char *value = field_list_value(fields, name);

	return value && *value;
}

/* "IN=eth0 OUT= SRC=... DST=... PROTO=TCP SPT=1 DPT=2 SYN": as the packet filter of the kernel logs, whatever its prefix. */
static struct message_meaning
read_kernel(struct field_list *fields, const char *message)
{
	const char *at = strstr(message, "IN=");

	if (!at || !strstr(at, " OUT=") || !strstr(at, " SRC=") || !strstr(at, " DST="))
		return (struct message_meaning){ .kind = EVENT_RECORD };
	field_list_add(fields, "prefix", 6, message, (size_t)(at - message));
	while (*at) {
		size_t word = strcspn(at, " "), name = strcspn(at, "= ");

		if (name < word)
			field_list_add(fields, at, name, at + name + 1, word - name - 1);
		at += word + strspn(at + word, " ");
	}
	/* What comes in has no way out yet; what is passed on from one to the other has both. */
	if (!has_value(fields, "OUT") != !has_value(fields, "IN"))
		field_list_add_text(fields, "Initiated", has_value(fields, "OUT") ? "true" : "false");
	return (struct message_meaning){ .kind = EVENT_NETWORK_CONNECTION, .object = "DST", .subject = "SRC" };
}

/* "NAME(MD5:SIZE)", where the daemon was told to say more: the digest has a field of its own. */
static void
add_threat(struct field_list *fields, const char *name, size_t length)
{
	static const char digits[] = "0123456789abcdef";
	const char *open = length && name[length - 1] == ')' ? memrchr(name, '(', length) : NULL;

	if (open && strspn(open + 1, digits) == 32 && open[33] == ':') {
		field_list_add(fields, "md5", 3, open + 1, 32);
		length = (size_t)(open - name);
	}
	field_list_add(fields, "ThreatName", 10, name, length);
}

static struct message_meaning
read_clamd(struct field_list *fields, const char *message)
{
	static const char found[] = " FOUND";
	size_t length = strlen(message);
	const char *colon = NULL;

	if (!text_has_suffix(message, found))
		return (struct message_meaning){ .kind = EVENT_RECORD };
	/* The name of the file may hold ": "; the name of what was found does not, and has a letter at least. */
	for (const char *at = strstr(message, ": "); at; at = strstr(at + 1, ": "))
		colon = at;
	if (!colon || (size_t)(colon + 2 - message) + (sizeof found - 1) >= length)
		return (struct message_meaning){ .kind = EVENT_RECORD };
	field_list_add(fields, "TargetFilename", 14, message, (size_t)(colon - message));
	add_threat(fields, colon + 2, length - (size_t)(colon + 2 - message) - (sizeof found - 1));
	return (struct message_meaning){ .kind = EVENT_DETECTION, .object = "TargetFilename", .subject = "ThreatName" };
}

/* "Threat detected in /tmp/x: NAME during on-access scan. (The file has been quarantined.)" of Sophos Anti-Virus for Linux */
static struct message_meaning
read_savd(struct field_list *fields, const char *message)
{
	static const char found[] = "Threat detected in ", during[] = " during ";
	const char *path = text_has_prefix(message, found) ? message + sizeof found - 1 : NULL, *name = NULL, *end = NULL, *action;

	/* Both names may hold what stands between them: the last of each is taken. */
	for (const char *at = path ? strstr(path, during) : NULL; at; at = strstr(at + 1, during))
		end = at;
	for (const char *at = end ? strstr(path, ": ") : NULL; at && at + 2 < end; at = strstr(at + 1, ": "))
		name = at;
	if (!name)
		return (struct message_meaning){ .kind = EVENT_RECORD };
	field_list_add(fields, "TargetFilename", 14, path, (size_t)(name - path));
	field_list_add(fields, "ThreatName", 10, name + 2, (size_t)(end - name) - 2);
	action = strstr(end, ". (");
	if (action)
		field_list_add(fields, "ActionTaken", 11, action + 3, strcspn(action + 3, ")"));
	return (struct message_meaning){ .kind = EVENT_DETECTION, .object = "TargetFilename", .subject = "ThreatName" };
}

/* "(anna@192.0.2.9) [INFO] anna is now logged in", "(?@...) [WARNING] Authentication failed for user [anna]" */
static struct message_meaning
read_pure_ftpd(struct field_list *fields, const char *message)
{
	static const char failed[] = "Authentication failed for user [", uploaded[] = " uploaded  (", deleted[] = "Deleted ";
	static const char logged_in[] = " is now logged in";
	struct message_meaning meaning = { .kind = EVENT_RECORD };
	const char *at = *message == '(' ? strchr(message, '@') : NULL, *end = at ? strstr(at, ") [") : NULL;
	const char *text = end ? strstr(end, "] ") : NULL, *last = NULL;

	if (!text)
		return meaning;
	text += 2;
	field_list_add(fields, "SourceIp", 8, at + 1, (size_t)(end - at) - 1);
	meaning = (struct message_meaning){ .kind = EVENT_LOGON, .object = "User", .subject = "SourceIp", .user = "User" };
	if (text_has_prefix(text, failed)) {
		text += sizeof failed - 1;
		field_list_add(fields, "User", 4, text, strcspn(text, "]"));
		field_list_add_text(fields, "result", "failed");
		return meaning;
	}
	if (text_has_suffix(text, logged_in)) {
		field_list_add(fields, "User", 4, text, strlen(text) - (sizeof logged_in - 1));
		field_list_add_text(fields, "result", "success");
		return meaning;
	}
	/* Before the login the name is "?". */
	if (message[1] != '?')
		field_list_add(fields, "User", 4, message + 1, (size_t)(at - message) - 1);
	meaning.kind = EVENT_RECORD;
	meaning.object = "TargetFilename";
	/* A name may hold the word itself. */
	for (const char *found = strstr(text, uploaded); found; found = strstr(found + 1, uploaded))
		last = found;
	if (*text == '/' && last) {
		field_list_add(fields, "TargetFilename", 14, text, (size_t)(last - text));
		meaning.kind = EVENT_FILE_CREATED;
	} else if (text_has_prefix(text, deleted) && text[sizeof deleted - 1] == '/') {
		field_list_add_text(fields, "TargetFilename", text + sizeof deleted - 1);
		meaning.kind = EVENT_FILE_DELETED;
	}
	return meaning;
}

static const struct { const char *program; struct message_meaning (*read)(struct field_list *, const char *); } readers[] = {
	{ "sshd", read_sshd }, { "sshd-session", read_sshd }, { "sshd-auth", read_sshd }, { "sudo", read_sudo },
	{ "CRON", read_cron }, { "CROND", read_cron }, { "cron", read_cron }, { "crond", read_cron },
	{ "kernel", read_kernel }, { "clamd", read_clamd }, { "clamscan", read_clamd },
	{ "pure-ftpd", read_pure_ftpd }, { "savd", read_savd },
};

struct message_meaning
message_read(struct field_list *fields, const char *program, const char *message)
{
	struct message_meaning meaning = { .kind = EVENT_RECORD };

	if (text_has_prefix(message, "<Event>") || text_has_prefix(message, "<Event "))
		return sysmon_read(fields, message);
	for (size_t i = 0; program && i < sizeof readers / sizeof *readers; i++)
		if (!strcmp(program, readers[i].program))
			meaning = readers[i].read(fields, message);
	return meaning.kind == EVENT_RECORD && !meaning.user ? read_session(fields, message) : meaning;
}

static const char *
value_of(const struct field_list *fields, const char *name)
{
	const char *value = name ? field_list_value(fields, name) : NULL;

	return value && *value && strcmp(value, "-") ? value : NULL;
}

void
message_lend(struct field_list *fields, const struct message_meaning *meaning, struct event *event)
{
	const char *id = value_of(fields, meaning->id), *user = value_of(fields, meaning->user);

	event->kind = meaning->kind;
	event->object = value_of(fields, meaning->object);
	event->subject = value_of(fields, meaning->subject);
	event->provider = meaning->provider ? meaning->provider : event->provider;
	event->channel = meaning->channel ? meaning->channel : event->channel;
	event->id = id ? id : event->id;
	event->user = user ? user : event->user;
	if (timestamp_is_recorded(&meaning->time)) {
		event->time = meaning->time;
		event->time_source = "the message";
	}
	field_list_lend(fields, event);
}
