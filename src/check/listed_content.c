/* listed_content.c - a cache of the system (Amcache of Windows) lists the program with another SHA-1 than it has now. */
#include <string.h>

#include "finding.h"

static void
look(const struct check *self, const struct inventory *inventory, const struct file *file, struct findings *out)
{
	const struct event *event = file->activity ? file->activity->last[ACTIVITY_LISTED] : NULL;
	struct digest listed;
	struct draft draft;

	(void)inventory;
	if (!event || !event->text || !file_is_live(file) || !file_is_program(file) || file->unreliable ||
	    !digest_parse(event->text, strlen(event->text), DIGEST_SHA1, &listed) ||
	    digest_compare(&listed, &file->digests, file->extra) != DIGEST_DIFFERS)
		return;
	draft_begin(&draft, self, file, out);
	draft.finding.severity = SEVERITY_LOW;
	draft.finding.support = SUPPORT_LIMITED;
	buffer_add_format(&draft.text, "%s listed this program at ", event->provider ? event->provider : "a cache of the system");
	add_time(&draft.text, &event->time);
	buffer_add_format(&draft.text, " with SHA-1 %s, the file now has ", event->text);
	add_file_digest(&draft.text, file, DIGEST_SHA1);
	buffer_add_text(&draft.text, ": its content is not the one that was listed");
	draft_see(&draft, &event->at, NULL);
	draft_add(&draft);
}

const struct check listed_content_check = {
	.id       = "listed-content",
	.title    = "content is another than a cache of the system listed",
	.severity = SEVERITY_LOW,
	.playbook = "Additional Analysis Steps for L1: verify the hash values of suspicious binaries against known-good control hashes",
	.innocent = "an update or a reinstallation after the program was listed; the cache is not brought up to date by itself",
	.file     = look,
};
