/*
 * auditd.c - /var/log/audit/audit.log (auditd(8), audit.rules(7), "Audit Record Types" of audit-userspace)
 *
 *	type=SYSCALL msg=audit(1700000000.001:7): arch=c000003e syscall=59 success=yes exit=0 ppid=41 pid=42 auid=1000 uid=0
 *	    comm="sh" exe="/usr/bin/dash" key="exec"^]ARCH=x86_64 SYSCALL=execve AUID="anna" UID="root"
 *	type=EXECVE msg=audit(1700000000.001:7): argc=3 a0="sh" a1="-c" a2=6C73202D6C
 *	type=CWD msg=audit(1700000000.001:7): cwd="/srv"
 *	type=PATH msg=audit(1700000000.001:7): item=0 name="/bin/sh" inode=12 nametype=NORMAL
 *	type=EOE msg=audit(1700000000.001:7):
 *	type=SOFTWARE_UPDATE msg=audit(1700000000.002:8): pid=9 uid=0 msg='op=install sw="bash-5.1.8-9.el9.x86_64" sw_type=rpm res=success'
 *
 * All records of one stamp and serial are one event; those of several events are mixed.  What an event needs from
 * several records is added under the names of event_name.def: CommandLine, TargetFilename, SourceFilename, ParentImage.
 * ParentImage is the last program that the parent's process id was seen to run since the boot.
 */
#include <string.h>

#include <t1554triage/event_vocabulary.h>
#include <t1554triage/limit.h>
#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "audit_words.h"
#include "line_log.h"
#include "package_name.h"

enum { PENDING_MAX = 64, PROCESSES = 16384 };

enum call { CALL_NONE, CALL_EXECUTED, CALL_OPENED, CALL_WRITTEN, CALL_CREATED, CALL_DELETED, CALL_RENAMED, CALL_CONNECTED,
	CALL_ACCEPTED, CALL_LOADED };

static const struct audit_call { const char *name; int x86_64, aarch64, i386; enum call call; } calls[] = {
#define AUDIT_SYSCALL(name, x86_64, aarch64, i386, kind) { name, x86_64, aarch64, i386, CALL_##kind },
#include "audit_syscall.def"
#undef AUDIT_SYSCALL
};

struct pending {
	struct audit_stamp stamp;
	struct place       at;
	char               node[256], type[48];	/* of the first record */
	struct buffer      text;		/* the first record */
	struct field_list  fields;
	struct buffer      command;		/* arguments so far */
	struct buffer      created, deleted, other;	/* names of path records by what was done to them */
	enum call          call;
	uint64_t           flags;		/* of open */
	bool               failed, is_used;
	uint64_t           age;
};

struct process { uint64_t id; char *image; };

struct audit_log {
	struct pending  pending[PENDING_MAX];
	struct process *processes;
	uint64_t        age, cut;
	struct buffer   scratch;
};

/* ---- what a record adds ---- */

/* ausearch -i and some exports write the name in place of the number. */
static bool
is_number(const char *text, uint64_t *ret_number)
{
	return text_parse_u64(text, strlen(text), 10, ret_number);
}

static const struct audit_call *
find_call(const struct field_list *fields)
{
	const char *name = field_list_value(fields, "SYSCALL"), *arch = field_list_value(fields, "arch");
	const char *number = field_list_value(fields, "syscall");
	uint64_t wanted = UINT64_MAX;

	if (number && !is_number(number, &wanted))
		name = number;
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		int own = !arch ? -1 : !strcmp(arch, "c000003e") || !strcmp(arch, "x86_64") ? calls[i].x86_64 :
			!strcmp(arch, "c00000b7") || !strcmp(arch, "aarch64") ? calls[i].aarch64 :
			!strcmp(arch, "40000003") || !strcmp(arch, "i386") ? calls[i].i386 : -1;

		if (name ? !strcmp(name, calls[i].name) : own >= 0 && (uint64_t)own == wanted)
			return &calls[i];
	}
	return NULL;
}

/* Rules ask for the number or for the name; the log has both only where auditd was told to enrich it. */
static void
take_call(struct pending *event)
{
	const struct audit_call *call = find_call(&event->fields);
	const char *number = field_list_value(&event->fields, "syscall");
	bool is_enriched = field_list_value(&event->fields, "SYSCALL");
	uint64_t ignored;

	event->call = call ? call->call : CALL_NONE;
	if (!call || !number || !is_number(number, &ignored))
		return;
	field_list_add_text(&event->fields, "syscall", call->name);
	if (!is_enriched)
		field_list_add_text(&event->fields, "SYSCALL", call->name);
}

/* The flags of open(2) are its second argument, those of openat(2) its third; those of openat2(2) lie in memory. */
static uint64_t
flags_of(const struct field_list *fields)
{
	const char *name = field_list_value(fields, "SYSCALL"), *number = field_list_value(fields, "syscall");
	bool is_open = name ? !strcmp(name, "open") : number && (!strcmp(number, "2") || !strcmp(number, "5"));
	const char *value = field_list_value(fields, is_open ? "a1" : "a2");
	uint64_t flags = 0;

	if (value)
		text_parse_u64(value, strlen(value), 16, &flags);
	return flags;
}

/* The last value of a name among the fields that were added from first on. */
static const char *
added_value(const struct field_list *fields, size_t first, const char *name)
{
	const char *value = NULL;

	for (size_t i = first; i < fields->count; i++)
		if (!strcmp(fields->texts.bytes + fields->items[i].name, name))
			value = fields->texts.bytes + fields->items[i].value;
	return value;
}

static void
take_path(struct pending *event, size_t first)
{
	const char *name = added_value(&event->fields, first, "name");
	const char *role = added_value(&event->fields, first, "nametype"), *item = added_value(&event->fields, first, "item");
	struct buffer *place;

	if (!name || !strcmp(name, "(null)") || (role && !strcmp(role, "PARENT")))
		return;
	place = role && !strcmp(role, "CREATE") ? &event->created : role && !strcmp(role, "DELETE") ? &event->deleted :
		&event->other;
	/* Of a program that is executed the first is itself, the second its loader. */
	if (place == &event->other && place->length && item && strcmp(item, "0"))
		return;
	/* Of a renaming the first is the old name, the second what lay at the new one. */
	if (place == &event->deleted && place->length)
		return;
	buffer_clear(place);
	buffer_add_text(place, name);
}

/* "a0", "a1[0]": arguments of one record, in their order; the pieces of a long one follow without a blank. */
static void
take_arguments(struct pending *event, size_t first)
{
	for (size_t i = first; i < event->fields.count; i++) {
		const char *name = event->fields.texts.bytes + event->fields.items[i].name;
		const char *piece = strchr(name, '[');

		if (name[0] != 'a' || name[1] < '0' || name[1] > '9' || strchr(name, '_'))
			continue;
		if (event->command.length && (!piece || !strcmp(piece, "[0]")))
			buffer_add_char(&event->command, ' ');
		buffer_add_text(&event->command, event->fields.texts.bytes + event->fields.items[i].value);
	}
}

static void
take_record(struct pending *event, const char *type, const char *rest)
{
	size_t first = event->fields.count;
	const char *value;

	field_list_add_text(&event->fields, "type", type);
	audit_words_read(&event->fields, type, rest);
	if (!strcmp(type, "SYSCALL")) {
		take_call(event);
		event->flags = flags_of(&event->fields);
		value = field_list_value(&event->fields, "success");
		event->failed = value && !strcmp(value, "no");
	} else if (!strcmp(type, "PATH")) {
		take_path(event, first);
	} else if (!strcmp(type, "EXECVE")) {
		take_arguments(event, first);
	} else if (!strcmp(type, "SOCKADDR")) {
		value = added_value(&event->fields, first, "saddr");
		buffer_clear(&event->other);
		if (value)
			buffer_add_text(&event->other, value);
		audit_address_read(&event->fields, event->other.bytes);
		buffer_clear(&event->other);
	}
}

/* ---- processes ---- */

static struct process *
process_of(struct audit_log *log, const struct field_list *fields, const char *name)
{
	const char *text = field_list_value(fields, name);
	uint64_t id;

	if (!text || !text_parse_u64(text, strlen(text), 10, &id) || !id)
		return NULL;
	log->processes[id % PROCESSES].id = log->processes[id % PROCESSES].id == id ? id : 0;
	if (!log->processes[id % PROCESSES].id) {
		memory_free(log->processes[id % PROCESSES].image);
		log->processes[id % PROCESSES] = (struct process){ .id = id };
	}
	return &log->processes[id % PROCESSES];
}

static void
forget_processes(struct audit_log *log)
{
	for (size_t i = 0; i < PROCESSES; i++) {
		memory_free(log->processes[i].image);
		log->processes[i] = (struct process){ .id = 0 };
	}
}

/* Process ids of several hosts in one log are not told apart: then no parent is named. */
static void
join_parent(struct audit_log *log, struct pending *event)
{
	struct process *process;
	const char *image = field_list_value(&event->fields, "exe");

	if (*event->node || !image)
		return;
	/* One slot may serve both ids: the parent's is asked before the process' own is set. */
	process = process_of(log, &event->fields, "ppid");
	if (process && process->image)
		field_list_add_text(&event->fields, "ParentImage", process->image);
	process = process_of(log, &event->fields, "pid");
	if (!process)
		return;
	image = field_list_value(&event->fields, "exe");
	if (!process->image || strcmp(process->image, image)) {
		memory_free(process->image);
		process->image = memory_copy_text(image);
	}
}

/* ---- an event that is whole ---- */

/* A name that does not begin at the root begins at the working folder. */
static const char *
full_name(struct audit_log *log, const struct field_list *fields, const char *name)
{
	const char *folder = field_list_value(fields, "cwd");

	if (*name == '/' || !folder)
		return name;
	buffer_clear(&log->scratch);
	buffer_add_text(&log->scratch, folder);
	if (!text_has_suffix(folder, "/"))
		buffer_add_char(&log->scratch, '/');
	buffer_add_text(&log->scratch, text_has_prefix(name, "./") ? name + 2 : name);
	return log->scratch.bytes;
}

static enum event_kind
kind_of_opening(const struct pending *event)
{
	enum { ACCESS_MODE = 3, CREATE_NEW = 0200 };

	if (event->created.length)
		return EVENT_FILE_CREATED;
	return event->flags & ACCESS_MODE ? EVENT_FILE_CHANGED : EVENT_FILE_ACCESSED;
}

static enum event_kind
kind_of_call(const struct pending *event)
{
	if ((event->call == CALL_CONNECTED || event->call == CALL_ACCEPTED) && field_list_value(&event->fields, "saddr_ip"))
		return EVENT_NETWORK_CONNECTION;
	if (event->failed)
		return EVENT_RECORD;
	switch (event->call) {
	case CALL_EXECUTED:
		return EVENT_PROCESS_STARTED;
	case CALL_OPENED:
		return kind_of_opening(event);
	case CALL_WRITTEN:
		return event->created.length ? EVENT_FILE_CREATED : EVENT_FILE_CHANGED;
	case CALL_CREATED:
		return EVENT_FILE_CREATED;
	case CALL_DELETED:
		return EVENT_FILE_DELETED;
	case CALL_RENAMED:
		return EVENT_FILE_RENAMED;
	case CALL_LOADED:
		return EVENT_IMAGE_LOADED;
	default:
		return EVENT_RECORD;
	}
}

static enum event_kind
kind_of_type(const struct pending *event)
{
	const char *type = event->type, *enabled = field_list_value(&event->fields, "audit_enabled");

	if (!strcmp(type, "USER_LOGIN"))
		return EVENT_LOGON;
	if (!strcmp(type, "DAEMON_END") || !strcmp(type, "DAEMON_ABORT") ||
	    (!strcmp(type, "CONFIG_CHANGE") && enabled && !strcmp(enabled, "0")))
		return EVENT_LOG_CLEARED;
	return EVENT_RECORD;
}

static void
add_target(struct audit_log *log, struct pending *event, enum event_kind kind)
{
	const struct buffer *target = event->created.length ? &event->created : kind == EVENT_FILE_DELETED &&
		event->deleted.length ? &event->deleted : &event->other;

	if (kind == EVENT_FILE_RENAMED && event->deleted.length)
		field_list_add_text(&event->fields, "SourceFilename",
			full_name(log, &event->fields, event->deleted.bytes));
	if (target->length && (kind == EVENT_FILE_CREATED || kind == EVENT_FILE_CHANGED || kind == EVENT_FILE_DELETED ||
	    kind == EVENT_FILE_RENAMED || kind == EVENT_FILE_ACCESSED))
		field_list_add_text(&event->fields, "TargetFilename", full_name(log, &event->fields, target->bytes));
	if (target->length && kind == EVENT_IMAGE_LOADED)
		field_list_add_text(&event->fields, "ImageLoaded", full_name(log, &event->fields, target->bytes));
}

/* sudo logs the command that it is about to run: the program where it is named in full. */
static void
set_command(struct pending *event, struct event *out)
{
	const char *command = field_list_value(&event->fields, "cmd");

	if (strcmp(event->type, "USER_CMD") || !command)
		return;
	buffer_clear(&event->command);
	buffer_add_text(&event->command, command);
	if (*command == '/') {
		buffer_clear(&event->other);
		buffer_add(&event->other, command, strcspn(command, " "));
		out->kind = EVENT_PROCESS_STARTED;
	}
}

static void
set_software(struct pending *event, struct event *out)
{
	static const struct { const char *op; enum event_kind kind; bool goes; } verbs[] = {
		{ "install", EVENT_PACKAGE_INSTALLED, false }, { "update", EVENT_PACKAGE_UPGRADED, false },
		{ "remove", EVENT_PACKAGE_REMOVED, true },
	};
	const char *op = field_list_value(&event->fields, "op"), *software = field_list_value(&event->fields, "sw");
	const char *result = field_list_value(&event->fields, "res");
	struct package_name name;

	if (strcmp(event->type, "SOFTWARE_UPDATE") || !op || !software || (result && strcmp(result, "success") && strcmp(result, "1")))
		return;
	buffer_clear(&event->other);
	buffer_add_text(&event->other, software);
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
		if (strcmp(op, verbs[i].op))
			continue;
		name = package_name_cut(event->other.bytes);
		out->kind = verbs[i].kind;
		out->object = name.name;
		out->architecture = name.architecture;
		*(verbs[i].goes ? &out->version_old : &out->version_new) = name.version;
	}
}

/* Who logged in, as far as that is recorded; else who it is. */
static const char *
user_of(const struct field_list *fields)
{
	static const char *const names[] = { "AUID", "auid", "UID", "uid", NULL };

	for (size_t i = 0; names[i]; i++) {
		const char *value = field_list_value(fields, names[i]);

		if (value && strcmp(value, "unset") && strcmp(value, "4294967295") && strcmp(value, "-1"))
			return value;
	}
	return NULL;
}

static void
set_object(struct pending *event, struct event *out)
{
	const struct field_list *fields = &event->fields;

	switch (out->kind) {
	case EVENT_PROCESS_STARTED:
		out->object = field_list_value(fields, strcmp(event->type, "USER_CMD") ? "exe" : "Image");
		out->subject = field_list_value(fields, "ParentImage");
		break;
	case EVENT_NETWORK_CONNECTION:
		out->object = field_list_value(fields, "saddr_ip");
		out->subject = field_list_value(fields, "exe");
		break;
	case EVENT_IMAGE_LOADED:
		out->object = field_list_value(fields, "ImageLoaded");
		out->subject = field_list_value(fields, "exe");
		break;
	case EVENT_LOGON:
		out->object = field_list_value(fields, "acct");
		out->subject = field_list_value(fields, "exe");
		break;
	default:
		if (!out->object)
			out->object = field_list_value(fields, "TargetFilename");
		out->subject = field_list_value(fields, "exe");
	}
}

static void
add_command_image(struct pending *event)
{
	const char *sudo = field_list_value(&event->fields, "exe");

	buffer_clear(&event->created);
	buffer_add_text(&event->created, sudo ? sudo : "");
	field_list_add_text(&event->fields, "Image", event->other.bytes);
	field_list_add_text(&event->fields, "ParentImage", event->created.bytes);
}

static void
finish(struct line_log *lines, struct pending *event)
{
	struct audit_log *log = lines->state;
	struct event out = { .time = event->stamp.time, .provider = "auditd", .channel = "audit", .id = event->type,
		.text = event->text.bytes, .at = event->at };

	out.at.record_id = event->stamp.serial;
	if (!strcmp(event->type, "SYSTEM_BOOT"))
		forget_processes(log);
	join_parent(log, event);
	out.kind = event->call ? kind_of_call(event) : kind_of_type(event);
	add_target(log, event, out.kind);
	if (out.kind == EVENT_NETWORK_CONNECTION)
		field_list_add_text(&event->fields, "Initiated", event->call == CALL_CONNECTED ? "true" : "false");
	set_command(event, &out);
	if (out.kind == EVENT_PROCESS_STARTED && !strcmp(event->type, "USER_CMD"))
		add_command_image(event);
	if (event->command.length)
		field_list_add(&event->fields, "CommandLine", 11, event->command.bytes, event->command.length);
	set_software(event, &out);
	out.user = user_of(&event->fields);
	set_object(event, &out);
	field_list_lend(&event->fields, &out);
	log->cut += event->fields.cut;
	line_log_event(lines, &out);
	event->is_used = false;
}

/* ---- events from lines ---- */

static void
begin(struct pending *event, const struct audit_stamp *stamp, const char *type, const char *node, const char *line,
	const struct place *at)
{
	event->stamp = *stamp;
	event->at = *at;
	memcpy(event->node, node, strlen(node) + 1);
	memcpy(event->type, type, strlen(type) + 1);
	buffer_clear(&event->text);
	buffer_add_text(&event->text, line);
	buffer_clear(&event->command);
	buffer_clear(&event->created);
	buffer_clear(&event->deleted);
	buffer_clear(&event->other);
	field_list_clear(&event->fields);
	if (*node)
		field_list_add_text(&event->fields, "node", node);
	event->call = CALL_NONE;
	event->failed = false;
	event->is_used = true;
}

/* The event that this record belongs to; where all places are taken, the one that got none for longest is whole. */
static struct pending *
pending_of(struct line_log *lines, const struct audit_stamp *stamp, const char *node, bool *ret_is_new)
{
	struct audit_log *log = lines->state;
	struct pending *oldest = NULL, *empty = NULL;

	*ret_is_new = false;
	for (size_t i = 0; i < PENDING_MAX; i++) {
		struct pending *event = &log->pending[i];

		if (!event->is_used)
			empty = event;
		else if (event->stamp.serial == stamp->serial && !timestamp_compare(&event->stamp.time, &stamp->time) &&
		    !strcmp(event->node, node))
			return event;
		else if (!oldest || event->age < oldest->age)
			oldest = event;
	}
	*ret_is_new = true;
	if (empty)
		return empty;
	finish(lines, oldest);
	return oldest;
}

/* What programs and the daemon log is one record; no end of an event follows. */
static bool
is_alone(const char *type, const char *rest)
{
	return strstr(rest, " msg='") || text_has_prefix(type, "DAEMON_") || !strcmp(type, "SOFTWARE_UPDATE");
}

static bool
take_line(struct line_log *lines, const char *line, size_t length, const struct place *at)
{
	struct audit_log *log = lines->state;
	struct audit_stamp stamp;
	struct pending *event;
	char type[48], node[256];
	const char *rest;
	bool is_new;

	(void)length;
	if (!audit_stamp_read(line, &stamp, type, node, &rest))
		return false;
	event = pending_of(lines, &stamp, node, &is_new);
	if (is_new && !strcmp(type, "EOE"))
		return true;
	if (is_new)
		begin(event, &stamp, type, node, line, at);
	event->age = ++log->age;
	if (strcmp(type, "EOE"))
		take_record(event, type, rest);
	if (!strcmp(type, "EOE") || is_alone(type, rest))
		finish(lines, event);
	return true;
}

static void
finish_all(struct line_log *lines)
{
	struct audit_log *log = lines->state;
	struct pending *oldest;

	do {
		oldest = NULL;
		for (size_t i = 0; i < PENDING_MAX; i++)
			if (log->pending[i].is_used && (!oldest || log->pending[i].age < oldest->age))
				oldest = &log->pending[i];
		if (oldest)
			finish(lines, oldest);
	} while (oldest);
}

static void
log_init(struct audit_log *log)
{
	log->processes = memory_allocate(PROCESSES, sizeof *log->processes);
	buffer_init(&log->scratch, 0);
	for (size_t i = 0; i < PENDING_MAX; i++) {
		struct pending *event = &log->pending[i];

		buffer_init(&event->text, 0);
		buffer_init(&event->command, limit_get(LIMIT_EVENT_BYTES));
		buffer_init(&event->created, 0);
		buffer_init(&event->deleted, 0);
		buffer_init(&event->other, 0);
		field_list_init(&event->fields);
	}
}

static void
log_release(struct audit_log *log)
{
	forget_processes(log);
	memory_free(log->processes);
	buffer_release(&log->scratch);
	for (size_t i = 0; i < PENDING_MAX; i++) {
		struct pending *event = &log->pending[i];

		buffer_release(&event->text);
		buffer_release(&event->command);
		buffer_release(&event->created);
		buffer_release(&event->deleted);
		buffer_release(&event->other);
		field_list_release(&event->fields);
	}
}

static enum status
parse_auditd(const struct artifact_group *group, const struct event_sink *out, const struct notes *notes)
{
	struct audit_log *log = memory_allocate(1, sizeof *log);
	struct line_log lines = { .out = out, .notes = notes, .take = take_line, .finish = finish_all, .oldest_first = true,
		.state = log, .odd = "not a record of the audit log; what it recorded is not known" };
	enum status status;

	log_init(log);
	status = line_log_read(&lines, group);
	if (log->cut)
		status = status_worse(status, note(notes, STATUS_DAMAGED, NOTE_LIMIT_HIT,
			group->count ? &group->items[0].place : NULL,
			"%llu events of the audit log have more fields than are kept (limits event-fields, event-bytes)",
			(unsigned long long)log->cut));
	log_release(log);
	memory_free(log);
	return status;
}

const struct eventlog_driver auditd_eventlog = {
	.name        = "auditd",
	.description = "audit of the kernel: programs run, files written, connections, packages (/var/log/audit/audit.log and rotated)",
	.files       = (const char *const[]){ "/var/log/audit/audit.log*", NULL },
	.parse       = parse_auditd,
};
