/* format.c - the table of formats. */
#include <stddef.h>

#include <t1554triage/hashset.h>

#define HASHSET(name) extern const struct hashset_format name##_hashset_format;
#define HASHSET_ABSENT(name_, what_, library_) \
	static const struct hashset_format name_##_hashset_format = { \
		.name = #name_, .kind = HASH_KNOWN, \
		.description = what_ " (not in this build: it lacks " library_ ")" };
#include "hashset.def"
#undef HASHSET
#undef HASHSET_ABSENT

static const struct hashset_format *const formats[] = {
#define HASHSET(name) &name##_hashset_format,
#define HASHSET_ABSENT(name, what, library) &name##_hashset_format,
#include "hashset.def"
#undef HASHSET
#undef HASHSET_ABSENT
	NULL
};

const char *const hash_class_names[] = {
	"none", "probably", "known", "tool", "good", "benign", "bad", NULL
};

const struct hashset_format *const *
hashset_formats(void)
{
	return formats;
}
