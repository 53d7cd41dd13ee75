/* command_build.c - "hashset build": readable sets into one compiled file. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <t1554triage/descriptor.h>
#include <t1554triage/limit.h>
#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "command.h"
#include "index_build.h"
#include "index_format.h"
#include "set.h"

enum { MAPPED_BYTES = 4 << 20 };	/* the system maps such pieces of what it has in memory by large pages */

struct building {
	struct arena    arena;
	const char     *name, *output, *release;
	enum hash_class kind, said_kind;	/* that of the first source, unless it was said */
	bool            keys_only;
	const char    **sources;
	size_t          source_count, source_capacity;
	struct set_builder *builder;
	const struct hashset_feeder *feeders, *feeder;	/* that which was asked for, NULL: readable sets */
	struct index_set_fact fact;
	struct buffer   facts;		/* records of sources, rejects, addresses and names */
	uint64_t        network;	/* addresses and names among them */
};

static int
take_option(struct building *building, const char *option, const char *value)
{
	if (!value)
		return hashset_usage("needs a value", option);
	if (!strcmp(option, "-o") || !strcmp(option, "--output")) {
		building->output = value;
	} else if (!strcmp(option, "--release")) {
		building->release = value;
	} else if (!strcmp(option, "--kind")) {
		building->said_kind = building->kind = hashset_kind_by_name(value);
		return building->kind ? EXIT_DONE : hashset_usage("no such kind", value);
	} else {
		return hashset_usage("no such option", option);
	}
	return EXIT_DONE;
}

static void
take_operand(struct building *building, const char *operand)
{
	if (!building->name) {
		building->name = operand;
		return;
	}
	building->sources = memory_grow(building->sources, building->source_count, &building->source_capacity,
		sizeof *building->sources);
	building->sources[building->source_count++] = operand;
}

static const struct hashset_feeder *
find_feeder(const struct building *building, const char *option)
{
	for (const struct hashset_feeder *feeder = building->feeders; feeder && feeder->option; feeder++)
		if (!strcmp(feeder->option, option))
			return feeder;
	return NULL;
}

static int
take_arguments(struct building *building, int argc, char *argv[])
{
	int result = EXIT_DONE;

	for (int i = 0; i < argc && !result; i++) {
		char *equals = strchr(argv[i], '=');

		if (!strcmp(argv[i], "--keys-only")) {
			building->keys_only = true;
		} else if (find_feeder(building, argv[i])) {
			building->feeder = find_feeder(building, argv[i]);
		} else if (!strncmp(argv[i], "--", 2) && equals) {
			*equals = '\0';
			result = take_option(building, argv[i], equals + 1);
		} else if (argv[i][0] == '-' && argv[i][1]) {
			result = take_option(building, argv[i], i + 1 < argc ? argv[i + 1] : NULL);
			i++;
		} else {
			take_operand(building, argv[i]);
		}
	}
	if (!result && !building->source_count)
		result = hashset_usage("build: a name, then the files it is made from", NULL);
	if (!result && (strchr(building->name, '/') || building->name[0] == '.' || !*building->name))
		result = hashset_usage("not a name of a set", building->name);
	return result;
}

/* Makes the folders of path, which are the user's own. */
static int
make_folders(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0755) && errno != EEXIST)
			return EXIT_OUTPUT;
		*slash = '/';
	}
	return EXIT_DONE;
}

static int
choose_output(struct building *building)
{
	const char *home = getenv("HOME");
	char *path;

	if (building->output)
		return EXIT_DONE;
	if (!home || !*home)
		return hashset_usage("build: no HOME: say where with -o FILE", NULL);
	path = arena_format(&building->arena, "%s/.local/share/t1554triage/hashsets/%s.t1554set", home, building->name);
	building->output = path;
	if (make_folders(path)) {
		fprintf(stderr, "t1554triage hashset build: %s: %s\n", path, strerror(errno));
		return EXIT_OUTPUT;
	}
	return EXIT_DONE;
}

/* Or of nothing yet, as temporary files are. */
static bool
is_set(const char *path)
{
	char magic[sizeof INDEX_MAGIC - 1];
	int descriptor = open(path, O_RDONLY | O_CLOEXEC);
	size_t length = descriptor < 0 ? sizeof magic : descriptor_read_at(descriptor, 0, magic, sizeof magic);

	if (descriptor >= 0)
		close(descriptor);
	return !length || (descriptor >= 0 && length == sizeof magic && !memcmp(magic, INDEX_MAGIC, sizeof magic));
}

/*
 * The set takes the place of what has its name.  That may be a set of before, but no source or other file, which would be
 * lost with it, and no device or pipe, which would be no longer there.
 */
static int
check_output(const struct building *building)
{
	struct stat output, source;
	const char *path = building->output;

	if (stat(path, &output))
		return EXIT_DONE;
	if (!S_ISREG(output.st_mode)) {
		fprintf(stderr, "t1554triage hashset build: %s is %s, and the set would take its place: name a file with -o\n",
			path, S_ISDIR(output.st_mode) ? "a folder" : "no regular file");
		return EXIT_OUTPUT;
	}
	for (size_t i = 0; i < building->source_count; i++)
		if (!stat(building->sources[i], &source) && source.st_dev == output.st_dev && source.st_ino == output.st_ino) {
			fprintf(stderr, "t1554triage hashset build: %s is the source %s, and the set would take its place: "
				"name another file with -o\n", path, building->sources[i]);
			return EXIT_OUTPUT;
		}
	if (is_set(path))
		return EXIT_DONE;
	fprintf(stderr, "t1554triage hashset build: %s is there and is no compiled set, and the set would take its place: name another "
		"file with -o, or remove it\n", path);
	return EXIT_OUTPUT;
}

static void
take_row(void *context, const struct hash_row *row)
{
	const struct building *building = context;

	set_builder_row(building->builder, row);
}

static void
take_network(void *context, const struct network_row *row)
{
	struct building *building = context;
	const char grade[] = { row->grade, '\0' };
	struct buffer value;

	buffer_init(&value, 0);
	network_value_add(&value, &row->value);
	record_write(&building->facts, &index_network_record, &(struct index_network_fact){ .value = value.bytes,
		.product = row->product, .actor = row->actor, .source = row->source, .note = row->note, .grade = grade,
		.line = row->line });
	buffer_release(&value);
	building->network++;
}

static void
note_source(struct building *building, const struct hash_set *set)
{
	const struct hash_set_identity *identity = &set->identity;
	struct index_source_fact source = {
		.name = text_base_name(identity->path), .format = identity->format,
		.release = *identity->release ? identity->release : NULL,
		.size = set->source->size, .rows = identity->rows, .rejected = identity->rejected,
	};

	memcpy(source.sha256, identity->file.sha256, sizeof source.sha256);
	record_write(&building->facts, &index_source_record, &source);
	for (size_t i = 0; i < set->reject_count; i++)
		record_write(&building->facts, &index_reject_record, &(struct index_reject_fact){
			.source = source.name, .line = set->rejects[i].line,
			.why = set->rejects[i].why, .text = set->rejects[i].text });
	building->fact.rows += identity->rows;
	building->fact.rejected += identity->rejected;
	if (!building->release && *identity->release)
		building->release = arena_copy_text(&building->arena, identity->release);
}

static void
end_unread(int signal)
{
	(void)signal;
	_exit(EXIT_DATA);
}

/*
 * As set_digest(), of the file as the system has it in memory, which spares a copy.  It is for a process of its own:
 * what cannot be read, or is cut off meanwhile, ends it.
 */
static void
digest_mapped(struct hash_set *set)
{
	struct digest_stream *stream = digest_stream_open(1u << DIGEST_SHA256);
	uint64_t size = set->source->size;
	size_t length;

	signal(SIGBUS, end_unread);
	for (uint64_t at = 0; at < size; at += length) {
		void *piece;

		length = size - at < MAPPED_BYTES ? (size_t)(size - at) : MAPPED_BYTES;
		piece = mmap(NULL, length, PROT_READ, MAP_SHARED, set->descriptor, (off_t)at);
		if (piece == MAP_FAILED)
			_exit(EXIT_DATA);
		madvise(piece, length, MADV_SEQUENTIAL);
		digest_stream_update(stream, piece, length);
		munmap(piece, length);
	}
	digest_stream_finish(stream, &set->identity.file, NULL);
	digest_stream_close(stream);
}

/*
 * The digest of a source, computed by another process while this one reads the
 * rows.  Its end is awaited in end_digest; 0: it could not be started.
 */
static pid_t
begin_digest(struct hash_set *set, int *ret_pipe)
{
	int ends[2];
	pid_t child;

	*ret_pipe = -1;
	if (pipe2(ends, O_CLOEXEC))
		return 0;
	fflush(NULL);
	child = fork();
	if (child == 0) {
		digest_mapped(set);
		_exit(!descriptor_write(ends[1], set->identity.file.sha256, sizeof set->identity.file.sha256));
	}
	close(ends[1]);
	if (child < 0)
		close(ends[0]);
	else
		*ret_pipe = ends[0];
	return child < 0 ? 0 : child;
}

static void
end_digest(struct hash_set *set, pid_t child, int pipe)
{
	uint8_t bytes[32];
	size_t length = 0;
	ssize_t got;

	while (child && length < sizeof bytes && ((got = read(pipe, bytes + length, sizeof bytes - length)) > 0 ||
	       (got < 0 && errno == EINTR)))
		length += got > 0 ? (size_t)got : 0;
	if (child) {
		close(pipe);
		while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
			continue;
	}
	if (length == sizeof bytes)
		digests_set(&set->identity.file, DIGEST_SHA256, bytes);
	else
		set_digest(set);
}

static int
add_source(struct building *building, const char *path)
{
	struct hash_set_request request = { .name = path, .kind = building->said_kind };
	struct buffer message;
	struct hash_set *set;
	enum status status;
	pid_t digester;
	int result, pipe;

	buffer_init(&message, 0);
	result = set_open_file(&request, path, &hashset_command_notes, &set, &message);
	if (result)
		fprintf(stderr, "t1554triage: %s", message.bytes);
	buffer_release(&message);
	if (result)
		return result;
	if (set->format->is_filter) {
		fprintf(stderr, "t1554triage hashset build: %s is a filter and holds no rows: name it with --hashset itself\n",
			path);
		hashset_close(set);
		return EXIT_DATA;
	}
	digester = begin_digest(set, &pipe);
	if (!building->kind)
		building->kind = set->identity.kind;
	set_builder_begin_source(building->builder, building->kind, set->identity.kind,
		building->source_count > 1 ? text_base_name(path) : NULL);
	status = set_read_network(set, take_row, take_network, building, &hashset_command_notes);
	if (status < 0) {
		fprintf(stderr, "t1554triage hashset build: %s could not be read whole: no set was made\n", path);
		result = EXIT_NO_INPUT;
	}
	end_digest(set, digester, pipe);
	note_source(building, set);
	hashset_close(set);
	return result;
}

/* Rows that a feeder hands out are good unless the set was said to be of another kind. */
struct feeding {
	struct building *building;
	struct index_source_fact source;
};

static void
feed_row(void *context, const struct hash_row *row)
{
	struct feeding *feeding = context;

	feeding->source.rows++;
	set_builder_row(feeding->building->builder, row);
}

static void
feed_reject(void *context, uint64_t line, const char *text, const char *why)
{
	struct feeding *feeding = context;

	if (feeding->source.rejected++ < limit_get(LIMIT_SET_REJECTS_KEPT))
		record_write(&feeding->building->facts, &index_reject_record, &(struct index_reject_fact){
			.source = feeding->source.name, .line = line, .why = why, .text = text });
}

static int
feed_source(struct building *building, const char *path)
{
	struct feeding feeding = { .building = building,
		.source = { .name = text_base_name(path), .format = building->feeder->format } };
	const struct hash_row_sink sink = { .row = feed_row, .rejected = feed_reject, .context = &feeding };
	struct digests file = { .known = 0 };

	if (!building->kind)
		building->kind = HASH_GOOD;
	set_builder_begin_source(building->builder, building->kind, building->kind, text_base_name(path));
	if (building->feeder->read(path, &sink, &file, &feeding.source.size, &hashset_command_notes) != STATUS_OK) {
		fprintf(stderr, "t1554triage hashset build: %s could not be read whole: no set was made\n", path);
		return EXIT_NO_INPUT;
	}
	memcpy(feeding.source.sha256, file.sha256, sizeof feeding.source.sha256);
	record_write(&building->facts, &index_source_record, &feeding.source);
	building->fact.rows += feeding.source.rows;
	building->fact.rejected += feeding.source.rejected;
	return EXIT_DONE;
}

static int
finish(struct building *building)
{
	struct buffer identity;
	int error;

	building->fact.name = building->name;
	building->fact.release = building->release;
	building->fact.kind = building->kind;
	building->fact.keys_only = building->keys_only;
	buffer_init(&identity, 0);
	record_write(&identity, &index_set_record, &building->fact);
	buffer_add(&identity, building->facts.bytes, building->facts.length);
	error = set_builder_finish(building->builder, identity.bytes, identity.length);
	buffer_release(&identity);
	if (error) {
		fprintf(stderr, "t1554triage hashset build: %s: %s\n", building->output, strerror(error));
		return EXIT_OUTPUT;
	}
	printf("%s: %llu rows, %llu rejected\n", building->output, (unsigned long long)building->fact.rows,
		(unsigned long long)building->fact.rejected);
	if (set_builder_contradictions(building->builder))
		fprintf(stderr, "t1554triage hashset build: %llu digests have rows that contradict one another: the same %s\n",
			(unsigned long long)set_builder_contradictions(building->builder),
			"SHA-256 (or the strongest digest there is) with another MD5 or SHA-1; all of them are kept");
	if (building->network)
		printf("%s: %llu addresses and domains\n", building->output, (unsigned long long)building->network);
	return EXIT_DONE;
}

static int
build(struct building *building)
{
	int result = choose_output(building);

	if (!result)
		result = check_output(building);
	if (result)
		return result;
	building->builder = set_builder_open(building->output, building->keys_only, BUILD_ROW_BYTES);
	if (!building->builder) {
		fprintf(stderr, "t1554triage hashset build: %s: %s\n", building->output, strerror(errno));
		return EXIT_OUTPUT;
	}
	for (size_t i = 0; i < building->source_count && !result; i++)
		result = (building->feeder ? feed_source : add_source)(building, building->sources[i]);
	if (!result)
		result = finish(building);
	set_builder_close(building->builder);
	return result;
}

int
hashset_command_build(int argc, char *argv[], const struct hashset_feeder *feeders)
{
	struct building building = { .kind = HASH_NONE, .feeders = feeders };
	int result;

	arena_init(&building.arena);
	buffer_init(&building.facts, 0);
	result = take_arguments(&building, argc, argv);
	if (!result)
		result = build(&building);
	buffer_release(&building.facts);
	memory_free(building.sources);
	arena_release(&building.arena);
	return result;
}
