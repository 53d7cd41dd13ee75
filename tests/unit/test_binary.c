/* test_binary.c - what a file is by its first bytes and its name. */
#include <t1554triage/binary.h>

#include "tap.h"

static const struct {
	const char *what, *name, *bytes;
	size_t length;
	enum program_type type;
} cases[] = {
#define BYTES(text) text, sizeof text - 1
	{ "executable", "ls", BYTES("\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\2\0"), PROGRAM_ELF },
	{ "shared object, big endian", "x.so", BYTES("\177ELF\2\2\1\0\0\0\0\0\0\0\0\0\0\3"), PROGRAM_ELF },
	{ "core dump", "core", BYTES("\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\4\0"), PROGRAM_OTHER },
	{ "core dump, big endian", "core", BYTES("\177ELF\1\2\1\0\0\0\0\0\0\0\0\0\0\4"), PROGRAM_OTHER },
	{ "object", "x.o", BYTES("\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\1\0"), PROGRAM_ELF },
	{ "kernel module", "x.ko", BYTES("\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\1\0"), PROGRAM_MODULE },
	{ "cut ELF", "x", BYTES("\177ELF\2\1\1"), PROGRAM_ELF },
	{ "compressed module", "x.ko.xz", BYTES("\3757zXZ\0\0"), PROGRAM_MODULE },
	{ "compressed module, zstd", "X.KO.ZST", BYTES("\050\265\057\375\0"), PROGRAM_MODULE },
	{ "compressed, no module", "x.tar.xz", BYTES("\3757zXZ\0\0"), PROGRAM_OTHER },
	{ "named as a module", "x.ko.xz", BYTES("hello"), PROGRAM_OTHER },
	{ "script", "x", BYTES("#!/bin/sh\n"), PROGRAM_SCRIPT },
	{ "Rust source", "x.rs", BYTES("#![allow(unused)]\n"), PROGRAM_OTHER },
	{ "comment", "x", BYTES("# !/bin/sh\n"), PROGRAM_OTHER },
	{ "Mach-O of 64 bits", "x", BYTES("\317\372\355\376\7\0\0\1\3\0\0\0\2\0\0\0"), PROGRAM_MACHO },
	{ "Mach-O of PowerPC", "x", BYTES("\376\355\372\316\0\0\0\22\0\0\0\0\0\0\0\2"), PROGRAM_MACHO },
	{ "Mach-O core dump", "x", BYTES("\317\372\355\376\7\0\0\1\3\0\0\0\4\0\0\0"), PROGRAM_OTHER },
	{ "Mach-O for two machines", "x", BYTES("\312\376\272\276\0\0\0\2"), PROGRAM_MACHO },
	{ "Java class", "x", BYTES("\312\376\272\276\0\0\0\64"), PROGRAM_BYTECODE },
	{ "Java class, preview", "x", BYTES("\312\376\272\276\377\377\0\101"), PROGRAM_BYTECODE },
	{ "Python 3.11", "x.cpython-311.pyc", BYTES("\247\15\15\12\0\0\0\0"), PROGRAM_BYTECODE },
	{ "Python 2.7", "x.pyc", BYTES("\3\363\15\12\0\0\0\0"), PROGRAM_BYTECODE },
	{ "text with such a line end", "x", BYTES("ab\r\ncd"), PROGRAM_OTHER },
	{ "Lua", "x", BYTES("\033LuaS\0"), PROGRAM_BYTECODE },
	{ "library of objects", "x", BYTES("!<arch>\n/               "), PROGRAM_ARCHIVE },
	{ "Debian package", "x.deb", BYTES("!<arch>\ndebian-binary   "), PROGRAM_OTHER },
	{ "jar by name", "x.jar", BYTES("PK\3\4"), PROGRAM_ARCHIVE },
	{ "jar by its first member", "x", BYTES("PK\3\4..........................META-INF/"), PROGRAM_ARCHIVE },
	{ "zip", "x.zip", BYTES("PK\3\4..........................word/doc."), PROGRAM_OTHER },
	{ "nothing", "x", BYTES(""), PROGRAM_OTHER },
};

static void
test_pe(void)
{
	uint8_t head[BINARY_HEAD_BYTES] = "MZ";

	head[60] = 0x80;
	IS(binary_type(head, sizeof head, "x.exe"), PROGRAM_OTHER, "MZ without PE, DOS");
	memcpy(head + 0x80, "PE\0\0", 4);
	IS(binary_type(head, sizeof head, "x.dat"), PROGRAM_PE, "PE whatever its name");
	IS(binary_type(head, 0x82, "x.exe"), PROGRAM_OTHER, "cut before its header");
	IS(binary_type(head, 62, "x.exe"), PROGRAM_OTHER, "cut before the offset");
	head[61] = 0x20;
	IS(binary_type(head, sizeof head, "x.dll"), PROGRAM_PE, "header behind what is seen");
	head[63] = 0x7F;
	IS(binary_type(head, sizeof head, "x.dll"), PROGRAM_OTHER, "header where Windows does not look");
}

static void
test_pyc(void)
{
	struct bytecode_source source;

	OK(binary_read_pyc((const uint8_t *)"\247\15\15\12\0\0\0\0\1\2\0\0\3\4\0\0", 16, &source), "Python 3.11");
	IS(source.modified, 0x201, "time of the source");
	IS(source.size, 0x403, "its size");
	OK(source.has_size && !source.by_hash, "which are recorded");
	OK(binary_read_pyc((const uint8_t *)"\247\15\15\12\3\0\0\0ABCDEFGH", 16, &source), "by hash");
	OK(source.by_hash && !source.modified && !source.has_size, "says no time");
	OK(binary_read_pyc((const uint8_t *)"\63\15\15\12\1\2\0\0\3\4\0\0", 12, &source), "Python 3.6");
	IS(source.size, 0x403, "has time and size at once");
	OK(binary_read_pyc((const uint8_t *)"\3\363\15\12\1\2\0\0", 8, &source), "Python 2.7");
	OK(!source.has_size && source.modified == 0x201, "has no size");
	OK(!binary_read_pyc((const uint8_t *)"\247\15\15\12\4\0\0\0\1\2\0\0\3\4\0\0", 16, &source), "unknown flags");
	OK(!binary_read_pyc((const uint8_t *)"\247\15\15\12\0\0\0\0\1\2\0\0\3\4\0", 15, &source), "cut");
	OK(!binary_read_pyc((const uint8_t *)"\177ELF\0\0\0\0\1\2\0\0\3\4\0\0", 16, &source), "ELF");
}

static void
test_names(void)
{
	IS(binary_type_by_name("x.py"), PROGRAM_SCRIPT, "Python source");
	IS(binary_type_by_name("X.PS1"), PROGRAM_SCRIPT, "case does not count");
	IS(binary_type_by_name("libc.a"), PROGRAM_ARCHIVE, "library");
	IS(binary_type_by_name("x.war"), PROGRAM_ARCHIVE, "web archive");
	IS(binary_type_by_name("x.ko.gz"), PROGRAM_MODULE, "module");
	IS(binary_type_by_name(".py"), PROGRAM_OTHER, "a hidden file");
	IS(binary_type_by_name("copy"), PROGRAM_OTHER, "no suffix");
	IS(binary_type_by_name(""), PROGRAM_OTHER, "no name");
}

int
main(void)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		IS_TEXT(program_type_names[binary_type((const uint8_t *)cases[i].bytes, cases[i].length,
			cases[i].name)], program_type_names[cases[i].type], cases[i].what);
	test_pe();
	test_pyc();
	test_names();
	return tap_done();
}
