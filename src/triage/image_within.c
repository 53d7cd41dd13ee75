/* image_within.c - a disk image among files that were given as a folder or an archive. */
#include <string.h>
#include <strings.h>

#include "image_within.h"

struct form { const char *end; size_t offset, length; const char *bytes, *name; };

static const struct form forms[] = {
#define IMAGE_WITHIN(end, offset, bytes, name) { end, offset, sizeof bytes - 1, bytes, name },
#include "image_within.def"
#undef IMAGE_WITHIN
};
enum { FORMS = sizeof forms / sizeof *forms };

static bool
has_end(const char *path, const char *end)
{
	size_t length = strlen(path), end_length = strlen(end);

	return length > end_length && !strcasecmp(path + length - end_length, end);
}

bool
image_within_is_named(const char *path)
{
	for (size_t i = 0; i < FORMS; i++)
		if (has_end(path, forms[i].end))
			return true;
	return false;
}

const char *
image_within_form(const char *path, const uint8_t *head, size_t length)
{
	for (size_t i = 0; i < FORMS; i++)
		if (has_end(path, forms[i].end) && length >= forms[i].offset + forms[i].length &&
		    !memcmp(head + forms[i].offset, forms[i].bytes, forms[i].length))
			return forms[i].name;
	return NULL;
}
