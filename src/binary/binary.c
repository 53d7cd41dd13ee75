/* binary.c - the table of program formats, and programs by name. */
#include <string.h>
#include <strings.h>

#include <t1554triage/binary.h>

#define BINARY(name) extern const struct binary_format name##_binary;
#include "binary.def"
#undef BINARY

static const struct binary_format *const formats[] = {
#define BINARY(name) &name##_binary,
#include "binary.def"
#undef BINARY
	NULL
};

const char *const program_type_names[] = {
	"other", "elf", "pe", "macho", "script", "bytecode", "module", "archive", NULL
};

static const struct code_name { const char *suffix; enum program_type type; } code_names[] = {
#define CODE_NAME(suffix, type) { suffix, PROGRAM_##type },
#include "code_names.def"
#undef CODE_NAME
	{ NULL, PROGRAM_OTHER }
};

const struct binary_format *const *
binary_formats(void)
{
	return formats;
}

enum program_type
binary_type(const uint8_t *head, size_t length, const char *base_name)
{
	enum program_type type = PROGRAM_OTHER;

	for (size_t i = 0; formats[i] && type == PROGRAM_OTHER; i++)
		type = formats[i]->type(head, length, base_name);
	return type;
}

enum program_type
binary_type_by_name(const char *base_name)
{
	size_t length = strlen(base_name);

	for (const struct code_name *name = code_names; name->suffix; name++) {
		size_t suffix_length = strlen(name->suffix);

		/* ".py" alone is a hidden file's name, not a suffix. */
		if (length > suffix_length && !strcasecmp(base_name + length - suffix_length, name->suffix))
			return name->type;
	}
	return PROGRAM_OTHER;
}
