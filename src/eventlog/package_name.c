/* package_name.c - "openssh-server-1:9.2p1-7.el9.x86_64", as rpm and its kin log packages. */
#include <string.h>

#include "line_log.h"
#include "package_name.h"

/* The last dash in front of end; NULL: there is none. */
static char *
dash_before(char *text, const char *end)
{
	char *found = NULL;

	for (char *at = text; at < end; at++)
		if (*at == '-')
			found = at;
	return found;
}

/* "1:bash-5.1-2" becomes "bash-1:5.1-2", within the same bytes. */
static void
move_epoch(char *text)
{
	size_t digits = strspn(text, "0123456789"), length = strlen(text);
	char epoch[16], *release, *version;

	if (!digits || text[digits] != ':' || digits + 1 >= sizeof epoch)
		return;
	digits++;
	release = dash_before(text, text + length);
	version = release ? dash_before(text, release) : NULL;
	if (!version || version < text + digits)
		return;
	memcpy(epoch, text, digits);
	memmove(text, text + digits, (size_t)(version + 1 - (text + digits)));
	memcpy(version + 1 - digits, epoch, digits);
}

struct package_name
package_name_cut(char *text)
{
	struct package_name name = { .name = text };
	char *dot, *release, *version;

	move_epoch(text);
	dot = strrchr(text, '.');
	release = dash_before(text, text + strlen(text));
	version = release ? dash_before(text, release) : NULL;
	if (!version || version == text || !release[1])
		return name;
	if (dot && dot > release && dot[1]) {
		*dot = '\0';
		name.architecture = dot + 1;
	}
	*version = '\0';
	name.version = version + 1;
	/* An epoch of 0 is written by some and meant by all. */
	if (!strncmp(name.version, "0:", 2))
		name.version += 2;
	return name;
}

void
package_verb_set(struct event *event, const struct package_verb *verbs, char *text)
{
	const char *word = line_log_word(&text);
	char *package = word ? line_log_word(&text) : NULL;
	struct package_name name;

	while (package && verbs->name && strcmp(verbs->name, word))
		verbs++;
	if (!package || !verbs->name)
		return;
	name = package_name_cut(package);
	event->kind = verbs->kind;
	event->id = verbs->name;
	event->object = name.name;
	event->architecture = name.architecture;
	event->version_old = verbs->goes ? name.version : NULL;
	event->version_new = verbs->goes ? NULL : name.version;
}
