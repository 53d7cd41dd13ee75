/* key.h - keys of the indexes that several texts make together. */
#ifndef INVENTORY_KEY_H
#define INVENTORY_KEY_H

#include <stddef.h>
#include <string.h>

/*
 * Writes "s1\0dpkg\0name\0", each part with its end, up to the first that is NULL.
 * Returns the length; 0: they do not fit, and nothing has that key.
 */
static inline size_t
key_of_parts(const char *const *parts, size_t count, char *key, size_t capacity)
{
	size_t at = 0;

	for (size_t i = 0; i < count && parts[i]; i++) {
		size_t length = strlen(parts[i]) + 1;

		if (at + length > capacity)
			return 0;
		memcpy(key + at, parts[i], length);
		at += length;
	}
	return at;
}

#endif
