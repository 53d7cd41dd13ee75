/* limit.c - the table of limits. */
#include <ctype.h>
#include <stddef.h>
#include <string.h>

#include <t1554triage/limit.h>
#include <t1554triage/text.h>

static uint64_t values[] = {
#define LIMIT(name, value, meaning) value,
#include <t1554triage/limit.def>
#undef LIMIT
};

static const struct { const char *name, *meaning; } rows[] = {
#define LIMIT(name, value, meaning) { #name, meaning },
#include <t1554triage/limit.def>
#undef LIMIT
};

uint64_t
limit_get(enum limit limit)
{
	return values[limit];
}

const char *
limit_name(enum limit limit)
{
	static char names[LIMIT_COUNT][32];
	char *name = names[limit];

	for (size_t i = 0; rows[limit].name[i] && i + 1 < sizeof names[0]; i++)
		name[i] = rows[limit].name[i] == '_' ? '-' : (char)tolower((unsigned char)rows[limit].name[i]);
	return name;
}

const char *
limit_meaning(enum limit limit)
{
	return rows[limit].meaning;
}

bool
limit_set(const char *assignment)
{
	static const char suffixes[] = "KMGT";
	const char *equals = strchr(assignment, '='), *suffix;
	size_t digits;
	uint64_t value;

	if (!equals)
		return false;
	digits = strspn(equals + 1, "0123456789");
	if (!text_parse_u64(equals + 1, digits, 10, &value))
		return false;
	suffix = equals + 1 + digits;
	if (*suffix) {
		const char *unit = strchr(suffixes, toupper((unsigned char)*suffix));

		if (!unit || suffix[1])
			return false;
		for (const char *step = suffixes; step <= unit; step++)
			if (__builtin_mul_overflow(value, (uint64_t)1024, &value))
				return false;
	}
	for (int limit = 0; limit < LIMIT_COUNT; limit++)
		if (strlen(limit_name(limit)) == (size_t)(equals - assignment) &&
		    !strncmp(limit_name(limit), assignment, (size_t)(equals - assignment))) {
			values[limit] = value;
			return true;
		}
	return false;
}
