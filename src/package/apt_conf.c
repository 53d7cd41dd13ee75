/*
 * apt_conf.c - what apt and unattended-upgrades are told to leave alone: apt.conf, apt.conf.d (apt.conf(5),
 * unattended-upgrade(8))
 *
 *	Unattended-Upgrade::Package-Blacklist {
 *	    "linux-";		// patterns of Python's re.match: they hold from the beginning of the name
 *	    "libc6$";
 *	};
 *	Unattended-Upgrade::Package-Blacklist:: "openssh-server";
 *	APT::Periodic::Unattended-Upgrade "0";
 *	APT::Periodic::Enable "0";
 *
 * Comments begin with "//" or "#", or stand between signs of C.
 */
#include <string.h>

#include <t1554triage/text.h>

#include "lock_lines.h"

struct apt_conf {
	bool in_comment, in_blacklist;
};

/* Takes comments out, in place; quoted texts stay. */
static void
remove_comments(struct apt_conf *conf, char *line)
{
	bool is_quoted = false;
	char *to = line;

	for (char *from = line; *from; from++) {
		if (conf->in_comment) {
			conf->in_comment = strncmp(from, "*/", 2) != 0;
			from += !conf->in_comment;
			continue;
		}
		is_quoted ^= *from == '"';
		if (!is_quoted && (!strncmp(from, "//", 2) || *from == '#'))
			break;
		if (!is_quoted && !strncmp(from, "/*", 2)) {
			conf->in_comment = true;
			from++;
			continue;
		}
		*to++ = *from;
	}
	*to = '\0';
}

/* Hands out what stands between quotation marks. */
static void
add_quoted(struct lock_lines *lines, char *line, const char *text, const struct place *at)
{
	char *begin, *end;

	lines->kind = "blacklist";
	while ((begin = strchr(line, '"')) != NULL && (end = strchr(begin + 1, '"')) != NULL) {
		*end = '\0';
		if (begin[1])
			lock_lines_add(lines, begin + 1, text, at);
		line = end + 1;
	}
}

static bool
is_switched_off(const char *line)
{
	static const char *const settings[] = { "APT::Periodic::Unattended-Upgrade", "APT::Periodic::Enable" };

	for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
		if (text_has_prefix(line, settings[i])) {
			line += strlen(settings[i]);
			line += strspn(line, " \t\"");
			return *line == '0' && !strchr("0123456789", line[1] ? line[1] : '0');
		}
	return false;
}

static bool
take_line(struct lock_lines *lines, char *line, const struct place *at)
{
	const char *text = arena_copy_text(&lines->arena, line + strspn(line, " \t"));
	struct apt_conf *conf = lines->state;
	bool ends;
	char *list;

	remove_comments(conf, line);
	line += strspn(line, " \t");
	ends = strchr(line, '}') != NULL;
	list = strstr(line, "Package-Blacklist");
	if (list) {
		conf->in_blacklist = strchr(list, '{') != NULL;
		add_quoted(lines, list, text, at);
	} else if (conf->in_blacklist) {
		add_quoted(lines, line, text, at);
	} else if (is_switched_off(line)) {
		lines->kind = "updates-off";
		lock_lines_add(lines, "unattended-upgrades", text, at);
	}
	conf->in_blacklist &= !ends;
	return true;
}

static void
end_file(struct lock_lines *lines)
{
	*(struct apt_conf *)lines->state = (struct apt_conf){ .in_comment = false };
}

static enum status
parse_apt_conf(const struct artifact_group *group, const struct package_sink *out, const struct notes *notes)
{
	struct apt_conf conf = { .in_comment = false };
	struct lock_lines lines = { .out = out, .notes = notes, .manager = "apt", .take = take_line, .end = end_file,
		.state = &conf, .odd = "not a line of settings of apt; a lock may be missed" };

	return lock_lines_read(&lines, group);
}

const struct package_db_driver apt_conf_package_db = {
	.name        = "apt_conf",
	.description = "apt: packages that unattended-upgrades leaves alone, updates that are switched off",
	.files       = (const char *const[]){ "/etc/apt/apt.conf", "/etc/apt/apt.conf.d/*", NULL },
	.parse       = parse_apt_conf,
	.locks_only  = true,
};
