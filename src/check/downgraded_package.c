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

/* Records of one package in the order of time. */
struct records { const struct inventory *inventory; const uint32_t *numbers; size_t count; };

static const struct event *
record(const struct records *of, size_t i)
{
	return &of->inventory->events[of->numbers[i]];
}

/* Several logs tell of one change, each at its own time: nothing else was put in place of the package meanwhile. */
static size_t
end_of_change(const struct records *of, size_t begin)
{
	const struct event *first = record(of, begin);
	size_t end = begin + 1;

	for (; end < of->count; end++) {
		const struct event *event = record(of, end);

		if (event->kind == EVENT_PACKAGE_REMOVED || (event_brings_archive(event) && event->version_new &&
		    compare_versions(event->version_new, first->version_new)))
			break;
	}
	return end;
}

static const char *
version_before(const struct records *of, size_t begin, size_t end)
{
	for (size_t i = begin; i < end; i++)
		if (is_downgrade(record(of, i)) && record(of, i)->version_old && *record(of, i)->version_old)
			return record(of, i)->version_old;
	return NULL;
}

static bool
is_by_hand(const struct records *of, size_t begin, size_t end)
{
	for (size_t i = begin; i < end; i++)
		if (is_downgrade(record(of, i)) && event_is_by_dpkg_alone(of->inventory, record(of, i)))
			return true;
	return false;
}

static void
report(const struct check *self, const struct records *of, size_t begin, size_t end, struct findings *out)
{
	const struct event *event = record(of, begin);
	const char *before = version_before(of, begin, end);
	struct draft draft;

	draft_begin_event(&draft, self, event, out);
	buffer_add_format(&draft.text, "%s was brought to the older version %s at ", event->object, event->version_new);
	add_time(&draft.text, &event->time);
	if (before)
		buffer_add_format(&draft.text, ", from %s", before);
	buffer_add_text(&draft.text, ", and that is what the database has now");
	if (is_by_hand(of, begin, end)) {
		draft.finding.severity = SEVERITY_MEDIUM;
		buffer_add_text(&draft.text, "; apt's own log covers that time and has no transaction of it, so nothing says where the archive came from");
	}
	for (size_t i = begin; i < end; i++)
		if (is_downgrade(record(of, i)))
			draft_see_event(&draft, record(of, i));
	draft_add(&draft);
}

static void
look(const struct check *self, const struct inventory *inventory, struct findings *out)
{
	size_t count, end;

	for (size_t i = 0; i < inventory->events_by_package_count; i += count) {
		const struct event *first = &inventory->events[inventory->events_by_package[i]];
		struct records of = { .inventory = inventory };

		of.numbers = inventory_package_events(inventory, first->system, first->object, &count);
		of.count = count;
		for (size_t at = 0; at < count; at = end) {
			bool is_found = is_downgrade(record(&of, at)) && event_version_is_installed(inventory, record(&of, at));

			end = is_found ? end_of_change(&of, at) : at + 1;
			if (is_found)
				report(self, &of, at, end, out);
		}
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
