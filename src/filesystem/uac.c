/*
 * uac.c - collections of UAC (Unix-like Artifacts Collector, github.com/tclahr/uac):
 *
 *   uac.log                      facts of the run, "Mount point: /"
 *   [root]/etc/passwd            files as they were, below their own paths
 *   bodyfile/bodyfile.txt        every name of the system with its metadata
 *   hash_executables/hash_executables.md5, .sha1, .sha256
 *   live_response/...            output of commands of the living system
 *
 * Lines of the body file (from stat on the host; seconds only, born 0 where it is
 * not known; names may hold '|', so they are read from the right):
 *
 *   0|/usr/bin/sudo|131|-rwsr-xr-x|0|0|281624|1714550000|1687877000|1714540000|1714540000
 *   0|/bin -> usr/bin|12|lrwxrwxrwx|0|0|7|...
 *
 * Lines of digests, as the tools of different systems write them:
 *
 *   d41d8cd98f00b204e9800998ecf8427e  /usr/bin/true
 *   \d41d8cd98f00b204e9800998ecf8427e  /usr/bin/a\\b
 *   MD5 (/usr/bin/true) = d41d8cd98f00b204e9800998ecf8427e
 *   SHA2-256(/usr/bin/true)= e3b0c442...
 */
#include <string.h>

#include <t1554triage/digest.h>
#include <t1554triage/line_reader.h>
#include <t1554triage/text.h>

#include "collection.h"

enum { BODY_FIELDS = 9, SECOND = 1000000000 };

static bool
uac_recognise(struct filesystem *inner, const char *base, const struct notes *notes)
{
	(void)notes;
	return collection_has(inner, base, "uac.log", ENTRY_REGULAR) &&
		(collection_has(inner, base, "[root]", ENTRY_DIRECTORY) ||
		 collection_has(inner, base, "bodyfile", ENTRY_DIRECTORY));
}

/* A list of the collector that is read line by line. */
struct list {
	struct collection *collection;
	const char *mount_point;	/* in front of the system's paths, "" for none */
	uint64_t    bad_lines, first_bad;
	uint64_t    outside;		/* names that do not lie below the mount point */
	struct list_text { const char *begin; size_t length; } line;
	enum digest_algorithm algorithm;
};

/* The name without the mount point; false, and counted, where it does not lie below it. */
static bool
strip_mount_point(struct list *list, struct list_text *path)
{
	size_t length = strlen(list->mount_point);

	if (path->length < length || memcmp(path->begin, list->mount_point, length) ||
	    (path->length > length && path->begin[length] != '/')) {
		list->outside++;
		return false;
	}
	path->begin += length;
	path->length -= length;
	return true;
}

static enum entry_type
type_of(char letter)
{
	switch (letter) {
	case '-': return ENTRY_REGULAR;
	case 'd': return ENTRY_DIRECTORY;
	case 'l': return ENTRY_LINK;
	case 'p': return ENTRY_FIFO;
	case 's': return ENTRY_SOCKET;
	case 'c': return ENTRY_CHARACTER;
	case 'b': return ENTRY_BLOCK;
	default:  return ENTRY_UNKNOWN;
	}
}

/* "-rwsr-xr-x" */
static bool
parse_mode(struct list_text text, enum entry_type *ret_type, uint16_t *ret_mode)
{
	static const char plain[] = "rwxrwxrwx", special[] = "sst";
	uint16_t mode = 0;

	if (text.length < 10)
		return false;
	for (unsigned i = 0; i < 9; i++) {
		char letter = text.begin[1 + i];
		uint16_t bit = (uint16_t)(0400 >> i);
		char set = special[i / 3];

		if (letter == plain[i])
			mode |= bit;
		else if (i % 3 == 2 && (letter == set || letter == set - 'a' + 'A'))
			mode |= (uint16_t)(04000 >> i / 3 | (letter == set ? bit : 0));
		else if (letter != '-')
			return false;
	}
	*ret_type = type_of(text.begin[0]);
	*ret_mode = mode;
	return *ret_type != ENTRY_UNKNOWN;
}

/* Seconds since 1970, which may be before it; anything else is not recorded. */
static struct tree_time
parse_seconds(struct list_text text)
{
	bool negative = text.length && text.begin[0] == '-';
	uint64_t seconds;

	if (!text_parse_u64(text.begin + negative, text.length - negative, 10, &seconds) || seconds > INT64_MAX / 4)
		return (struct tree_time){ .resolution_nanoseconds = 0 };
	return (struct tree_time){ .seconds = negative ? -(int64_t)seconds : (int64_t)seconds,
		.resolution_nanoseconds = SECOND };
}

/* The fields behind the name, from the right, and the name. */
static bool
split_body_line(struct list_text line, struct list_text fields[BODY_FIELDS], struct list_text *ret_name)
{
	const char *first = memchr(line.begin, '|', line.length), *end = line.begin + line.length;

	if (!first)
		return false;
	for (int i = BODY_FIELDS - 1; i >= 0; i--) {
		const char *bar = memrchr(first + 1, '|', (size_t)(end - first - 1));

		if (!bar)
			return false;
		fields[i] = (struct list_text){ bar + 1, (size_t)(end - bar - 1) };
		end = bar;
	}
	*ret_name = (struct list_text){ first + 1, (size_t)(end - first - 1) };
	return true;
}

/* Cuts "name -> target" of a link; without an arrow there is no target. */
static const char *
split_target(struct collection *collection, struct list_text *name)
{
	const char *arrow = memmem(name->begin, name->length, " -> ", 4), *target;

	if (!arrow)
		return NULL;
	target = arena_copy(&collection->tree.texts, arrow + 4, (size_t)(name->begin + name->length - arrow - 4));
	name->length = (size_t)(arrow - name->begin);
	return target;
}

static bool
take_body_line(struct list *list)
{
	struct list_text fields[BODY_FIELDS], name;
	struct tree *tree = &list->collection->tree;
	const char *target = NULL;
	struct tree_node *node;
	uint64_t inode, uid, gid, size;
	enum entry_type type;
	uint16_t mode;
	uint32_t index;

	if (!split_body_line(list->line, fields, &name) || !parse_mode(fields[1], &type, &mode) ||
	    !text_parse_u64(fields[4].begin, fields[4].length, 10, &size))
		return false;
	if (type == ENTRY_LINK)
		target = split_target(list->collection, &name);
	if (!name.length || name.begin[0] != '/')
		return false;
	if (!strip_mount_point(list, &name))
		return true;
	index = tree_add(tree, name.begin, name.length);
	if (index == TREE_NOWHERE)
		return true;
	node = &tree->nodes[index];
	node->told = true;
	node->type = (uint8_t)(node->first_child ? ENTRY_DIRECTORY : type);
	node->mode = mode;
	node->has |= ENTRY_HAS_MODE;
	if (target)
		node->link_target = target;
	if (text_parse_u64(fields[0].begin, fields[0].length, 10, &inode)) {
		node->inode = inode;
		node->has |= ENTRY_HAS_INODE;
	}
	if (text_parse_u64(fields[2].begin, fields[2].length, 10, &uid) &&
	    text_parse_u64(fields[3].begin, fields[3].length, 10, &gid)) {
		node->uid = (uint32_t)uid;
		node->gid = (uint32_t)gid;
		node->has |= ENTRY_HAS_OWNER;
	}
	/* Where the content is there, its size is that of the content. */
	if (!(node->has & ENTRY_HAS_CONTENT)) {
		node->size = size;
		node->has |= ENTRY_HAS_SIZE;
	}
	node->accessed = parse_seconds(fields[5]);
	node->modified = parse_seconds(fields[6]);
	node->changed = parse_seconds(fields[7]);
	node->born = parse_seconds(fields[8]);
	if (!node->born.seconds)
		node->born.resolution_nanoseconds = 0;
	return true;
}

/* Takes back what md5sum and its like do to names with a newline or backslash. */
static struct list_text
unescape(struct list_text name, struct arena *arena)
{
	char *plain = arena_allocate(arena, name.length + 1);
	size_t length = 0;

	for (size_t i = 0; i < name.length; i++) {
		char letter = name.begin[i];

		if (letter == '\\' && i + 1 < name.length) {
			letter = name.begin[++i];
			letter = letter == 'n' ? '\n' : letter == 'r' ? '\r' : letter;
		}
		plain[length++] = letter;
	}
	return (struct list_text){ plain, length };
}

/* "HEX  NAME", "HEX *NAME", with a backslash in front where the name is escaped. */
static bool
split_gnu_line(const struct list *list, struct list_text *ret_name, struct digest *ret_digest)
{
	struct list_text line = list->line;
	bool escaped = line.length && line.begin[0] == '\\';
	const char *blank;

	line.begin += escaped;
	line.length -= escaped;
	blank = memchr(line.begin, ' ', line.length);
	if (!blank || (size_t)(line.begin + line.length - blank) < 3 ||
	    !digest_parse(line.begin, (size_t)(blank - line.begin), list->algorithm, ret_digest))
		return false;
	*ret_name = (struct list_text){ blank + 2, (size_t)(line.begin + line.length - blank - 2) };
	if (escaped)
		*ret_name = unescape(*ret_name, &list->collection->tree.texts);
	return true;
}

/* "MD5 (NAME) = HEX", "MD5(NAME)= HEX" */
static bool
split_bsd_line(const struct list *list, struct list_text *ret_name, struct digest *ret_digest)
{
	struct list_text line = list->line;
	const char *open = memchr(line.begin, '(', line.length), *end = line.begin + line.length;
	const char *close = open ? memrchr(open, ')', (size_t)(end - open)) : NULL, *hex;

	if (!close)
		return false;
	hex = close + 1;
	while (hex < end && (*hex == ' ' || *hex == '='))
		hex++;
	*ret_name = (struct list_text){ open + 1, (size_t)(close - open - 1) };
	return digest_parse(hex, (size_t)(end - hex), list->algorithm, ret_digest);
}

static bool
take_digest_line(struct list *list)
{
	struct collection *collection = list->collection;
	struct list_text name;
	struct digest digest;
	struct tree_node *node;
	uint32_t index;

	if (!split_gnu_line(list, &name, &digest) && !split_bsd_line(list, &name, &digest))
		return false;
	if (!name.length || name.begin[0] != '/')
		return false;
	if (!strip_mount_point(list, &name))
		return true;
	index = tree_add(&collection->tree, name.begin, name.length);
	if (index == TREE_NOWHERE)
		return true;
	node = &collection->tree.nodes[index];
	if (!node->told)
		node->type = (uint8_t)(node->first_child ? ENTRY_DIRECTORY : ENTRY_REGULAR);
	node->told = true;
	digests_set(collection_digests(collection, node), digest.algorithm, digest.bytes);
	return true;
}

static void
note_bad_lines(const struct list *list, const struct place *place)
{
	struct place at = *place;

	at.line = list->first_bad;
	if (list->bad_lines)
		note(list->collection->notes, STATUS_DAMAGED, NOTE_ARTIFACT_LINE, &at,
			"%llu lines of this list, the first here, do not have its form and are not used; "
			"a name that holds a newline is one cause", (unsigned long long)list->bad_lines);
}

static void
note_outside(const struct list *list, const struct place *place)
{
	if (list->outside)
		note_add(list->collection->notes, &(struct note){ .kind = NOTE_COLLECTION_NAMES, .status = STATUS_OK,
			.at = *place, .files = list->outside,
			.text = "names of this list that do not lie below the mount point that was collected are of "
				"another system and are not used" });
}

/* Reads a list of the collector.  STATUS_END: it is not there. */
static enum status
read_list(struct list *list, const char *name, bool (*take_line)(struct list *list))
{
	struct line_reader reader;
	struct source *source;
	struct place place;
	enum status status = collection_open_file(list->collection, name, &place, &source);
	size_t length;
	char *line;

	if (status != STATUS_OK)
		return status;
	list->bad_lines = list->outside = 0;
	line_reader_init(&reader, source, &place, list->collection->notes);
	while (line_reader_next(&reader, &line, &length)) {
		list->line = (struct list_text){ line, length };
		if (!length || take_line(list))
			continue;
		if (!list->bad_lines++)
			list->first_bad = reader.line;
	}
	note_bad_lines(list, &place);
	note_outside(list, &place);
	status = status_worse(status, reader.status);
	line_reader_release(&reader);
	source_close(source);
	return status;
}

/* Of uac.log: "... Mount point: /mnt/disk".  Other lines are none of our business. */
static bool
take_log_line(struct list *list)
{
	static const char label[] = "Mount point: ";
	const char *at = memmem(list->line.begin, list->line.length, label, sizeof label - 1);
	size_t length;

	if (!at)
		return true;
	at += sizeof label - 1;
	length = (size_t)(list->line.begin + list->line.length - at);
	while (length && (at[length - 1] == '/' || at[length - 1] == ' '))
		length--;
	if (length && at[0] == '/')
		list->mount_point = arena_copy(&list->collection->tree.texts, at, length);
	return true;
}

static enum status
read_digests(struct list *list)
{
	static const struct { const char *name; enum digest_algorithm algorithm; } lists[] = {
		{ "hash_executables/hash_executables.md5", DIGEST_MD5 },
		{ "hash_executables/hash_executables.sha1", DIGEST_SHA1 },
		{ "hash_executables/hash_executables.sha256", DIGEST_SHA256 },
	};
	enum status status = STATUS_OK;

	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		enum status one;

		list->algorithm = lists[i].algorithm;
		one = read_list(list, lists[i].name, take_digest_line);
		if (one < STATUS_OK)
			status = status_worse(status, one);
	}
	return status;
}

static enum status
uac_read(struct collection *collection)
{
	struct list list = { .collection = collection, .mount_point = "" };
	enum status status, one;

	note(collection->notes, STATUS_OK, NOTE_COLLECTION_METADATA, &collection->place,
		"the evidence is a UAC collection (%s): names, owners and times come from its body file where they "
		"stand there (whole seconds), digests of programs were computed by the suspect host's own tools",
		collection->inner->identity.type);
	status = collection_add_folder(collection, "[root]", "", NULL);
	status = status == STATUS_END ? STATUS_OK : status;
	status = status_worse(status, collection_add_folder(collection, "", COLLECTION_OWN_FILES, "[root]"));
	read_list(&list, "uac.log", take_log_line);
	one = read_list(&list, "bodyfile/bodyfile.txt", take_body_line);
	if (one == STATUS_END)
		one = note(collection->notes, STATUS_DAMAGED, NOTE_IMAGE_INCOMPLETE, &collection->place,
			"the collection has no body file: only the names of files that were copied are known, "
			"the absence of others says nothing");
	status = status_worse(status, one);
	return status_worse(status, read_digests(&list));
}

const struct collector uac_collector = {
	.name = "uac",
	.recognise = uac_recognise,
	.read = uac_read,
};
