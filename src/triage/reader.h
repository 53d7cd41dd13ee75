/* reader.h - the evidence as one reading process has opened it. */
#ifndef READER_H
#define READER_H

#include "run.h"

enum { READER_BLOCK_BYTES = 128 * 1024 };	/* stays in the cache of a core while each digest takes it */
enum { READER_CONTENTS = 16 };			/* that are read at once, a block of each in turn */

struct reader {
	const struct run   *run;
	struct worker      *worker;
	const struct notes *notes;
	struct image      **images;		/* by exhibit; opened when first asked for */
	uint64_t           *inflated;		/* by exhibit: chunks that were told */
	const struct media_window *window;	/* what verification has read last; NULL: it is not asked */
	struct reader_beside *beside;		/* by exhibit: what its image asks; NULL as window */
	struct image      **stacks;		/* by number; opened when first asked for */
	bool               *stacks_tried;
	struct filesystem **filesystems;	/* by number */
	struct source     **ranges;		/* the volumes they lie on */
	bool               *tried;		/* by number: opening was tried */
	size_t              system_count;	/* when it was started: more may be found meanwhile */
	struct system_view *views;		/* by system */
	bool               *viewed;
	struct system_labels **labels;		/* by system; read when first asked for */
	bool               *labelled;
	struct digest_stream *streams[READER_CONTENTS];	/* kept from file to file; NULL: none yet */
	uint32_t            algorithms[READER_CONTENTS];	/* of the streams */
	struct buffer       line;		/* of the record that is sent */
	uint8_t            *blocks[READER_CONTENTS];	/* READER_BLOCK_BYTES each; NULL: none yet */
	struct arena        arena;		/* of the views */
	struct arena        scratch;		/* of one task */
};

/* start and stop of a pool_plan; context is the run. */
void *reader_start(void *context, struct worker *worker);
void  reader_stop(void *state);
/* The same, for a pool whose plan shares run->window_view: chunks that verification has inflated are taken from there. */
void *reader_start_beside(void *context, struct worker *worker);

/* NULL where it cannot be opened: noted. */
struct image      *reader_image(struct reader *reader, size_t exhibit);
struct image      *reader_stack(struct reader *reader, uint32_t number);
struct filesystem *reader_filesystem(struct reader *reader, uint32_t number);
struct system_view *reader_view(struct reader *reader, size_t system);
/*
 * What views remember is given back where it has become much: hundreds of containers have a view each.  At the end of a
 * task that keeps nothing of a view, and in passes that ask for no labels.
 */
void reader_trim_views(struct reader *reader);
/* NULL: the system has no SELinux policy. */
struct system_labels *reader_labels(struct reader *reader, size_t system);

/* Of the number-th content that is read: a stream of these algorithms at its beginning, and a block.  They are the reader's. */
struct digest_stream *reader_digest_stream(struct reader *reader, size_t number, uint32_t algorithms);
uint8_t *reader_block(struct reader *reader, size_t number);

/* What a process inflated of an exhibit since it told so last. */
struct chunks_inflated { uint32_t exhibit; uint64_t chunks, of; };
extern const struct record_type chunks_inflated_record;
/* end_task of a pool_plan: what was inflated, and what damage of the media was met, whatever the task was about. */
void reader_end_task(void *state);

void reader_send(struct reader *reader, const struct record_type *type, const void *object);
void reader_send_event(struct reader *reader, const struct event *event);	/* with its fields */

#endif
