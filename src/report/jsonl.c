/* jsonl.c - what the files of JSON lines share. */
#include <string.h>

#include "jsonl.h"
#include "output.h"

void
lines_begin(struct lines *lines, struct output *out)
{
	lines->out = out;
	json_init(&lines->json, output_buffer(out));
	json_begin_object(&lines->json, NULL);
}

void
lines_next(struct lines *lines)
{
	json_end_object(&lines->json);
	json_end_line(&lines->json);
	output_settle(lines->out);
	json_begin_object(&lines->json, NULL);
}

enum status
lines_end(struct lines *lines)
{
	struct buffer *rest = output_buffer(lines->out);

	/* The bracket of a line that does not come. */
	buffer_truncate(rest, rest->length - 1);
	return output_error(lines->out) ? STATUS_FATAL : STATUS_OK;
}

void
json_u64_or_null(struct json *json, const char *name, uint64_t value)
{
	if (value)
		json_u64(json, name, value);
	else
		json_null(json, name);
}

void
json_place(struct json *json, const struct place *place)
{
	json_begin_object(json, NULL);
	json_text(json, "evidence", place->evidence);
	json_text(json, "volume", place->volume);
	json_path(json, "path", place->path);
	json_u64_or_null(json, "line", place->line);
	json_u64_or_null(json, "offset", place->offset);
	json_u64_or_null(json, "record_id", place->record_id);
	json_end_object(json);
}

void
json_rule(struct json *json, const char *name, const struct rule *rule)
{
	if (!rule) {
		json_null(json, name);
		return;
	}
	json_begin_object(json, name);
	json_text(json, "id", rule->id);
	json_text(json, "title", rule->title);
	json_text(json, "level", rule->level);
	json_text(json, "status", rule->status);
	json_text(json, "file", rule->file);
	json_end_object(json);
}

static void
json_difference_item(struct json *json, const struct difference_item *item)
{
	const bool has_place = item->kind != DIFFERENCE_LIBRARY && item->kind != DIFFERENCE_IMPORT;

	json_begin_object(json, NULL);
	json_text(json, "kind", difference_kind_names[item->kind]);
	json_text(json, "side", difference_side_names[item->side]);
	json_path(json, "name", item->name);
	if (has_place && item->side != DIFFERENCE_OF_ORIGINAL) {
		json_u64(json, "offset", item->offset);
		json_u64(json, "size", item->size);
	}
	if (has_place && item->side != DIFFERENCE_OF_ALTERED) {
		json_u64(json, "original_offset", item->original_offset);
		json_u64(json, "original_size", item->original_size);
	}
	json_end_object(json);
}

void
json_difference(struct json *json, const char *name, const struct difference *difference)
{
	if (!difference) {
		json_null(json, name);
		return;
	}
	json_begin_object(json, name);
	json_text(json, "origin", difference->is_given ? "given" : "kept");
	json_path(json, "original", difference->original);
	json_text(json, "product", difference->product);
	json_path(json, "member", difference->member);
	json_text(json, "recorded_digest", difference_recorded_names[difference->recorded]);
	json_text(json, "sha256", difference->sha256);
	json_u64(json, "size", difference->size);
	json_u64(json, "original_size", difference->original_size);
	json_u64(json, "first", difference->first);
	json_u64(json, "bytes", difference->bytes);
	json_u64(json, "sections", difference->sections);
	json_u64(json, "libraries", difference->libraries);
	json_u64(json, "imports", difference->imports);
	json_u64(json, "strings", difference->strings);
	json_u64(json, "lines", difference->lines);
	json_begin_list(json, "items");
	for (size_t i = 0; i < difference->item_count; i++)
		json_difference_item(json, &difference->items[i]);
	json_end_list(json);
	json_end_object(json);
}

const char *
text_or_dash(const char *text)
{
	return text && *text ? text : "-";
}

const char *
file_system_id(const struct file *file)
{
	return file->system ? file->system->id : "-";
}

bool
file_lies_on_medium(const struct inventory *inventory, const struct file *file)
{
	for (size_t i = 0; i < inventory->volume_count; i++)
		if (!strcmp(text_or_dash(inventory->volumes[i].evidence), text_or_dash(file->evidence)) &&
		    !strcmp(text_or_dash(inventory->volumes[i].name), text_or_dash(file->volume)))
			return !inventory->volumes[i].stacked;
	return true;
}

/* Linux: include/uapi/linux/capability.h, in the order of its numbers. */
static const char *const capability_names[] = {
	"cap_chown", "cap_dac_override", "cap_dac_read_search", "cap_fowner", "cap_fsetid", "cap_kill",
	"cap_setgid", "cap_setuid", "cap_setpcap", "cap_linux_immutable", "cap_net_bind_service",
	"cap_net_broadcast", "cap_net_admin", "cap_net_raw", "cap_ipc_lock", "cap_ipc_owner",
	"cap_sys_module", "cap_sys_rawio", "cap_sys_chroot", "cap_sys_ptrace", "cap_sys_pacct",
	"cap_sys_admin", "cap_sys_boot", "cap_sys_nice", "cap_sys_resource", "cap_sys_time",
	"cap_sys_tty_config", "cap_mknod", "cap_lease", "cap_audit_write", "cap_audit_control",
	"cap_setfcap", "cap_mac_override", "cap_mac_admin", "cap_syslog", "cap_wake_alarm",
	"cap_block_suspend", "cap_audit_read", "cap_perfmon", "cap_bpf", "cap_checkpoint_restore",
};

bool
capabilities_add(struct buffer *out, uint64_t capabilities, bool effective)
{
	const char *separator = "";

	if (!capabilities)
		return false;
	for (unsigned i = 0; i < 64; i++) {
		if (!(capabilities >> i & 1))
			continue;
		buffer_add_text(out, separator);
		if (i < sizeof capability_names / sizeof *capability_names)
			buffer_add_text(out, capability_names[i]);
		else
			buffer_add_format(out, "%u", i);	/* as libcap writes what it does not know */
		separator = ",";
	}
	buffer_add_text(out, effective ? "=ep" : "=p");
	return true;
}
