/*
 * rpm_capabilities.c - "cap_net_raw,cap_net_admin+ep" and its kin (cap_from_text(3), numbers of linux/capability.h)
 *
 * Clauses stand apart by white space; each is a list of names ("all" or none: all of
 * them), then operators: = sets to the flags that follow, + adds them, - takes them.
 */
#include <stdbool.h>
#include <string.h>

#include "rpm_capabilities.h"

static const char *const names[] = {
	"chown", "dac_override", "dac_read_search", "fowner", "fsetid", "kill", "setgid", "setuid", "setpcap",
	"linux_immutable", "net_bind_service", "net_broadcast", "net_admin", "net_raw", "ipc_lock", "ipc_owner",
	"sys_module", "sys_rawio", "sys_chroot", "sys_ptrace", "sys_pacct", "sys_admin", "sys_boot", "sys_nice",
	"sys_resource", "sys_time", "sys_tty_config", "mknod", "lease", "audit_write", "audit_control", "setfcap",
	"mac_override", "mac_admin", "syslog", "wake_alarm", "block_suspend", "audit_read", "perfmon", "bpf",
	"checkpoint_restore",
};
enum { NAME_COUNT = sizeof names / sizeof names[0] };

static uint64_t
bit_of(const char *name, size_t length)
{
	static const char prefix[] = "cap_";

	if (length == 3 && !strncmp(name, "all", 3))
		return (1ULL << NAME_COUNT) - 1;
	if (length <= sizeof prefix - 1 || strncmp(name, prefix, sizeof prefix - 1))
		return 0;
	name += sizeof prefix - 1;
	length -= sizeof prefix - 1;
	for (size_t i = 0; i < NAME_COUNT; i++)
		if (strlen(names[i]) == length && !strncmp(names[i], name, length))
			return 1ULL << i;
	return 0;
}

static uint64_t
read_names(const char *text, size_t length)
{
	uint64_t set = 0;

	for (size_t at = 0; at < length; ) {
		size_t word = 0;

		while (at + word < length && text[at + word] != ',')
			word++;
		set |= bit_of(text + at, word);
		at += word + 1;
	}
	return set;
}

uint64_t
rpm_capabilities_read(const char *text)
{
	uint64_t permitted = 0;

	while (*text) {
		size_t length = strcspn(text, "=+- \t\n");
		uint64_t set = length ? read_names(text, length) : (1ULL << NAME_COUNT) - 1;

		text += length;
		while (*text && strchr("=+-", *text)) {
			char operator = *text++;
			size_t flags = strspn(text, "eip");
			bool is_permitted = memchr(text, 'p', flags) != NULL;

			if (operator == '=')
				permitted &= ~set;
			if (is_permitted)
				permitted = operator == '-' ? permitted & ~set : permitted | set;
			text += flags;
		}
		if (*text && strchr(" \t\n", *text))
			text++;
		else if (*text)
			return permitted;	/* no clause of this form: what stood before it counts */
	}
	return permitted;
}
