/* line_list.c - indicators one a line: the walk over the lines, which every form of them has */
#include <string.h>

#include <t1554triage/line_reader.h>

#include "line_list.h"

enum { PROBE_LINES = 200 };

bool
line_list_probe(const uint8_t *head, size_t length, enum line_fit (*fit)(const char *line, size_t length))
{
	const char *at = (const char *)head, *end = at + length;
	unsigned fitting = 0, others = 0;

	for (unsigned lines = 0; at < end && lines < PROBE_LINES; lines++) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		size_t size = (size_t)((stop ? stop : end) - at);
		enum line_fit is = LINE_TELLS_NOTHING;

		if (size && at[size - 1] == '\r')
			size--;
		if (size && *at != '#')
			is = fit(at, size);
		fitting += is == LINE_FITS;
		others += is == LINE_FITS_NOT;
		at = stop ? stop + 1 : end;
	}
	return fitting > others;
}

enum status
line_list_read(const char *path, struct source *source, const struct hash_row_sink *out, const struct notes *notes,
	void (*take)(const struct hash_row_sink *out, char *line, size_t length, uint64_t number))
{
	const struct place here = { .path = path };
	struct line_reader reader;
	enum status status;
	size_t length;
	char *line;

	line_reader_init(&reader, source, &here, notes);
	while (line_reader_next(&reader, &line, &length))
		if (length && *line != '#')
			take(out, line, length, reader.line);
	status = reader.status;
	line_reader_release(&reader);
	return status;
}
