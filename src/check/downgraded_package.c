/*
 * downgraded_package.c - an older version of a package was put in place of a newer one, and is still there
 *
 * Its files agree with every record then, and lack what was mended since.  Versions are compared as dpkg does
 * (deb-version(7)), which for what rpm's kin log gives the same order but for their rarest signs.
 *
 * Who goes back through the package manager leaves its record, and its archive bears the signature of a repository: low.  Where
 * dpkg was given an archive by hand, nothing accounts for the bytes, and holes that were closed are open again: medium.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "finding.h"
#include "installed_by.h"

/* The end and digits before letters, letters before other signs; "~" before all of it. */
static int
weight(char sign)
{
	unsigned char byte = (unsigned char)sign;

	if (sign == '~')
		return -1;
	if (!byte || isdigit(byte))
		return 0;
	return isalpha(byte) ? byte : byte + 256;
}

static int
compare_words(const char **a, const char **b)
{
	while ((**a && !isdigit((unsigned char)**a)) || (**b && !isdigit((unsigned char)**b))) {
		int one = weight(**a), other = weight(**b);

		if (one != other)
			return one < other ? -1 : 1;
		*a += **a != '\0';
		*b += **b != '\0';
	}
	return 0;
}

static int
compare_numbers(const char **a, const char **b)
{
	size_t length, other;
	int order;

	*a += strspn(*a, "0");
	*b += strspn(*b, "0");
	length = strspn(*a, "0123456789");
	other = strspn(*b, "0123456789");
	order = length != other ? (length < other ? -1 : 1) : strncmp(*a, *b, length);
	*a += length;
	*b += other;
	return order;
}

/* Signs to the end of either; what lies behind its end is the end of a text. */
static int
compare_parts(const char *a, size_t a_length, const char *b, size_t b_length)
{
	struct buffer one, other;
	const char *left, *right;
	int order = 0;

	buffer_init(&one, 0);
	buffer_init(&other, 0);
	buffer_add(&one, a, a_length);
	buffer_add(&other, b, b_length);
	left = a_length ? one.bytes : "";
	right = b_length ? other.bytes : "";
	while (!order && (*left || *right)) {
		order = compare_words(&left, &right);
		if (!order)
			order = compare_numbers(&left, &right);
	}
	buffer_release(&one);
	buffer_release(&other);
	return order;
}

/* "1.2-rc-3": the revision is what stands behind the last hyphen, and where there is none it is empty. */
static int
compare_revisions(const char *a, const char *b)
{
	const char *a_hyphen = strrchr(a, '-'), *b_hyphen = strrchr(b, '-');
	size_t a_length = a_hyphen ? (size_t)(a_hyphen - a) : strlen(a), b_length = b_hyphen ? (size_t)(b_hyphen - b) : strlen(b);
	int order = compare_parts(a, a_length, b, b_length);

	a += a_length + (a_hyphen != NULL);
	b += b_length + (b_hyphen != NULL);
	return order ? order : compare_parts(a, strlen(a), b, strlen(b));
}

static const char *
without_epoch(const char *version, unsigned long *ret_epoch)
{
	const char *colon = strchr(version, ':');

	*ret_epoch = colon && isdigit((unsigned char)*version) ? strtoul(version, NULL, 10) : 0;
	return colon ? colon + 1 : version;
}

/* "2:1.10-1" > "1.9-3" */
static int
compare_versions(const char *a, const char *b)
{
	unsigned long epoch, other;

	a = without_epoch(a, &epoch);
	b = without_epoch(b, &other);
	return epoch != other ? (epoch < other ? -1 : 1) : compare_revisions(a, b);
}

static bool
is_downgrade(const struct event *event)
{
	if (event->kind != EVENT_PACKAGE_UPGRADED || !event->version_new || !*event->version_new)
		return false;
	if (event->version_old && *event->version_old && *event->version_old != '<')
		return compare_versions(event->version_new, event->version_old) < 0;
	return event->id && !strcmp(event->id, "downgrade");
}

static void
report(const struct check *self, const struct inventory *inventory, const struct event *event, struct findings *out)
{
	bool is_by_hand = event_is_by_dpkg_alone(inventory, event);
	struct draft draft;

	draft_begin_event(&draft, self, event, out);
	if (is_by_hand)
		draft.finding.severity = SEVERITY_MEDIUM;
	buffer_add_format(&draft.text, "%s was brought to the older version %s at ", event->object, event->version_new);
	add_time(&draft.text, &event->time);
	if (event->version_old && *event->version_old)
		buffer_add_format(&draft.text, ", from %s", event->version_old);
	buffer_add_text(&draft.text, ", and that is what the database has now");
	if (is_by_hand)
		buffer_add_text(&draft.text, "; apt's own log covers that time and has no transaction of it, so nothing says where the archive came from");
	draft_see_event(&draft, event);
	draft_add(&draft);
}

static void
look(const struct check *self, const struct inventory *inventory, struct findings *out)
{
	for (size_t i = 0; i < inventory->events_by_package_count; i++) {
		const struct event *event = &inventory->events[inventory->events_by_package[i]];

		if (is_downgrade(event) && event_version_is_installed(inventory, event))
			report(self, inventory, event, out);
	}
}

const struct check downgraded_package_check = {
	.id       = "downgraded-package",
	.title    = "older version of a package put in place of a newer one",
	.severity = SEVERITY_LOW,
	.playbook = "Were there any recent system updates or legitimate installations that could explain the modification?",
	.innocent = "administrators go back to the version before a faulty update",
	.whole    = look,
};
