/*
 * bytecode.c - code that an interpreter has compiled
 *
 *	Python 3.7 and later (PEP 552)       3.3 to 3.6            before
 *	 0  version, 2 bytes; 0D 0A           0  the same           0  the same
 *	 4  flags: 1 tied by hash             4  mtime of source    4  mtime of source
 *	 8  mtime of source, or SipHash       8  size of source
 *	12  size of source
 *
 *	Java class: CAFEBABE, minor, major version (from 45)
 *	Lua: 1B 'L' 'u' 'a'; LuaJIT: 1B 'L' 'J'
 */
#include <string.h>

#include <t1554triage/binary.h>
#include <t1554triage/cursor.h>

enum {
	PYTHON3_FIRST = 3000, PYTHON3_WITH_SIZE = 3210, PYTHON3_WITH_FLAGS = 3392, PYTHON3_LAST = 4999,
	PYTHON2_FIRST = 50823, PYTHON2_LAST = 62999,	/* 2.0 to 2.7 */
	JAVA_FIRST_MAJOR = 45,
};
enum { PYC_BY_HASH = 1, PYC_CHECK_SOURCE = 2 };

/* Version of Python that wrote it, 0 if it is no byte code of Python. */
static unsigned
take_python_version(struct cursor *at)
{
	unsigned version = take_u16le(at), line_end = take_u16le(at);

	if (at->failed || line_end != 0x0A0D)
		return 0;
	if ((version >= PYTHON3_FIRST && version <= PYTHON3_LAST) ||
	    (version >= PYTHON2_FIRST && version <= PYTHON2_LAST))
		return version;
	return 0;
}

static bool
is_java_class(const uint8_t *head, size_t length)
{
	struct cursor at = cursor_over(head, length);
	uint32_t magic = take_u32be(&at);
	unsigned major;

	take_u16be(&at);
	major = take_u16be(&at);
	return !at.failed && magic == 0xCAFEBABE && major >= JAVA_FIRST_MAJOR;
}

static bool
is_lua(const uint8_t *head, size_t length)
{
	return (length >= 5 && !memcmp(head, "\033Lua", 4)) || (length >= 4 && !memcmp(head, "\033LJ", 3));
}

static enum program_type
type_of_bytecode(const uint8_t *head, size_t length, const char *base_name)
{
	struct cursor at = cursor_over(head, length);

	(void)base_name;
	if (take_python_version(&at) || is_java_class(head, length) || is_lua(head, length))
		return PROGRAM_BYTECODE;
	return PROGRAM_OTHER;
}

bool
binary_read_pyc(const uint8_t *head, size_t length, struct bytecode_source *ret_source)
{
	struct cursor at = cursor_over(head, length);
	unsigned version = take_python_version(&at);
	bool is_python3 = version && version <= PYTHON3_LAST;
	struct bytecode_source source = { .has_size = is_python3 && version >= PYTHON3_WITH_SIZE };
	uint32_t flags = is_python3 && version >= PYTHON3_WITH_FLAGS ? take_u32le(&at) : 0;

	source.modified = take_u32le(&at);
	if (source.has_size)
		source.size = take_u32le(&at);
	if (!version || at.failed || flags & ~(uint32_t)(PYC_BY_HASH | PYC_CHECK_SOURCE))
		return false;
	if (flags & PYC_BY_HASH)
		source = (struct bytecode_source){ .by_hash = true };
	*ret_source = source;
	return true;
}

const struct binary_format bytecode_binary = {
	.name        = "bytecode",
	.description = "compiled Python, Java classes, compiled Lua",
	.type        = type_of_bytecode,
};
