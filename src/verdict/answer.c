/* answer.c - the playbook's criteria, questions and steps, each answered from what was counted. */
#include <string.h>

#include <t1554triage/map.h>
#include <t1554triage/memory.h>

#include "judgement.h"

enum { BASELINE_PERCENT = 95 };

#define N(number_) ((unsigned long long)(number_))

static const char *
plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

/* Findings about files with one of the verdicts (a sum of 1 << VERDICT_x), gravest first. */
static void
give_reasons(struct tally *tally, struct answered *answered, uint32_t verdicts)
{
	for (size_t i = 0; i < tally->findings->count; i++) {
		const struct finding *finding = &tally->findings->items[i];

		if (finding->file && verdicts & 1u << finding->file->verdict &&
		    finding->severity <= SEVERITY_MEDIUM)
			give_reason(tally, answered, finding);
	}
}

static const char *
baseline_share(struct tally *tally)
{
	const struct judgement *judgement = tally->judgement;

	return arena_format(&tally->judgement->arena, "%llu of %llu programs in the package manager's folders "
		"have a baseline", N(judgement->with_baseline), N(judgement->system_programs));
}

static bool
has_enough_baselines(const struct judgement *judgement)
{
	return judgement->system_programs &&
	       judgement->with_baseline * 100 >= judgement->system_programs * BASELINE_PERCENT;
}

static const char *
what_is_partly_there(struct tally *tally)
{
	struct buffer text;
	const char *copy;
	const struct { uint64_t count; const char *one, *many; } parts[] = {
		{ tally->no_record, "program differs from its record at a time that no log covers",
			"programs differ from their records at times that no log covers" },
		{ tally->changed_untrusted, "program differs from a record that is not trusted itself",
			"programs differ from records that are not trusted themselves" },
		{ tally->altered_databases, "package entry fails its own digest",
			"package entries fail their own digests" },
		{ tally->witnesses, "sign that a package database was changed by other hands than its manager's",
			"signs that a package database was changed by other hands than its manager's" },
		{ tally->suspicious + tally->suspicious_otherwise, "file has findings of medium severity or higher",
			"files have findings of medium severity or higher" },
	};

	buffer_init(&text, 0);
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
		if (parts[i].count)
			buffer_add_format(&text, "%s%llu %s", text.length ? "; " : "", N(parts[i].count),
				parts[i].count == 1 ? parts[i].one : parts[i].many);
	copy = arena_copy_text(&tally->judgement->arena, text.bytes);
	buffer_release(&text);
	return copy;
}

static const char *
record_basis(struct tally *tally)
{
	const struct inventory *inventory = tally->inventory;
	uint64_t packages = 0, records = 0;

	for (size_t i = 0; inventory->summaries && i < inventory->systems.count; i++)
		packages += inventory->summaries[i].packages;
	for (size_t i = 0; i < inventory->artifact_count; i++)
		if (artifact_seen_is_log(&inventory->artifacts[i]) && eventlog_manager(inventory->artifacts[i].driver))
			records += inventory->artifacts[i].rows;
	return arena_format(&tally->judgement->arena, "package databases (%llu package%s), package logs (%llu "
		"record%s); %s", N(packages), plural(packages), N(records), plural(records), baseline_share(tally));
}

static void
answer_changes(struct tally *tally, struct answered *answered)
{
	const struct judgement *judgement = tally->judgement;
	struct arena *arena = &tally->judgement->arena;
	const char *partly = what_is_partly_there(tally);

	answered->basis = record_basis(tally);
	answered->against = judgement->with_baseline || tally->changed || *partly ? "The records of the package manager lie on "
		"the same medium as the programs: who can change one can change the other." : "";
	if (tally->changed) {
		answered->answer = ANSWER_YES;
		answered->text = arena_format(arena, "%llu program%s from the record of the installed package, and "
			"the logs of that time account for none of the content", N(tally->changed),
			tally->changed == 1 ? " differs" : "s differ");
	} else if (*partly) {
		answered->answer = ANSWER_PARTLY;
		answered->text = partly;
	} else if (has_enough_baselines(judgement)) {
		answered->answer = ANSWER_NO;
		answered->text = arena_format(arena, "%s and none differs from it", baseline_share(tally));
	} else {
		answered->answer = ANSWER_NOT_DETERMINABLE;
		answered->text = !tally->inventory->systems.count ?
			"no installed system was found in the evidence, so that there is nothing to compare" :
			!judgement->system_programs ?
			"no program lies in the folders of a package manager, so that there is nothing to compare" :
			arena_format(arena, "only %s, and %d %% are needed to say that none differs",
				baseline_share(tally), BASELINE_PERCENT);
	}
	give_reasons(tally, answered, 1u << VERDICT_CHANGED_UNEXPLAINED |
		(tally->changed ? 0 : 1u << VERDICT_CHANGED_NO_RECORD | 1u << VERDICT_SUSPICIOUS));
}

static void
give_content_reasons(struct tally *tally, struct answered *answered)
{
	for (size_t i = 0; i < tally->findings->count; i++) {
		const struct finding *finding = &tally->findings->items[i];

		if (finding->rule && finding->rule->asks_content && finding->rule->shipped && finding->file)
			give_reason(tally, answered, finding);
	}
}

static void
answer_known_bad(struct tally *tally, struct answered *answered)
{
	struct arena *arena = &tally->judgement->arena;

	answered->basis = arena_format(arena, "%llu set%s of known-bad content, asked for %llu program%s",
		N(tally->compared_bad + tally->uncompared_bad), plural(tally->compared_bad + tally->uncompared_bad),
		N(tally->digested), plural(tally->digested));
	answered->against = "";
	if (tally->bad) {
		answered->answer = ANSWER_YES;
		answered->text = arena_format(arena, "the content of %llu file%s is published as malicious, graded A "
			"or B or named so by the examiner's own set", N(tally->bad), plural(tally->bad));
		answered->against = "A digest shows that the content is the published one, not that it ran.";
	} else if (tally->content_signed) {
		answered->answer = ANSWER_YES;
		answered->text = arena_format(arena, "a rule of this program over contents matches %llu file%s against which "
			"something else speaks, too", N(tally->content_signed), plural(tally->content_signed));
		answered->against = "A rule tells what is like the published code, not that it is the same.";
	} else if (tally->content_alone && !tally->conflict && !tally->bad_weak && !tally->bad_gone) {
		answered->answer = ANSWER_PARTLY;
		answered->text = arena_format(arena, "a rule of this program over contents matches %llu file%s, and nothing "
			"else speaks against %s", N(tally->content_alone), plural(tally->content_alone),
			tally->content_alone > 1 ? "them" : "it");
		answered->against = "A rule alone does not decide: it may match what only quotes the published code.";
	} else if (tally->conflict || tally->bad_weak || tally->bad_gone) {
		answered->answer = ANSWER_PARTLY;
		answered->text = arena_format(arena, "%llu file%s in sets that contradict each other, %llu in rows of "
			"grade C or outside an installed system, %llu deleted", N(tally->conflict),
			plural(tally->conflict), N(tally->bad_weak), N(tally->bad_gone));
		answered->against = "Public lists carry digests of genuine files, too.";
	} else if (tally->compared_bad && !tally->uncompared_bad) {
		answered->answer = ANSWER_NO;
		answered->text = arena_format(arena, "no content of %llu examined program%s stands in a set of "
			"known-bad content", N(tally->digested), plural(tally->digested));
		answered->against = "Code that nobody has published is in no set.";
	} else {
		answered->answer = ANSWER_NOT_DETERMINABLE;
		answered->text = !tally->compared_bad && !tally->uncompared_bad ?
			"no set of known-bad content was given" : !tally->digested ?
			"no program has a digest that a set could be asked for" : tally->unread_bad ?
			"a set of known-bad content could not be asked whole, or has no row with an MD5, SHA-1 or SHA-256" :
			"a set of known-bad content needs digests that were not computed for every program";
	}
	if (!tally->bad && !tally->conflict && tally->content_signed + tally->content_alone)
		give_content_reasons(tally, answered);
	else
		give_reasons(tally, answered, 1u << VERDICT_KNOWN_BAD | 1u << VERDICT_CONFLICT);
}

static uint64_t
differing(const struct tally *tally)
{
	return tally->changed + tally->changed_untrusted + tally->no_record;
}

/* "No program differs" says something only where there was something to differ from. */
static bool
is_nothing_compared(struct tally *tally, struct answered *answered)
{
	if (tally->judgement->with_baseline || differing(tally) || tally->explained)
		return false;
	answered->answer = ANSWER_NOT_DETERMINABLE;
	answered->text = "no program could be compared with a record";
	return true;
}

static bool
has_logs(const struct tally *tally)
{
	for (size_t i = 0; tally->inventory->summaries && i < tally->inventory->systems.count; i++)
		if (tally->inventory->summaries[i].has_package_log)
			return true;
	return false;
}

static void
quote_event(struct buffer *out, const char *when, const struct event *event)
{
	if (!event || !event->text)
		return;
	buffer_add_format(out, ", %s \"%s\" (%s line %llu)", when, event->text,
		event->at.path ? event->at.path : "", N(event->at.line));
}

/* The transactions of the package next to the change, as the logs have them. */
static const char *
nearest_transactions(struct tally *tally)
{
	const struct judgement *judgement = tally->judgement;
	struct buffer text;
	const char *copy;

	buffer_init(&text, 0);
	for (size_t i = 0; i < judgement->deciding_count; i++) {
		const struct deciding *deciding = &judgement->deciding[i];

		if (!deciding->before && !deciding->after)
			continue;
		buffer_add_format(&text, "; next to the change of %s", deciding->file->path);
		quote_event(&text, "before it", deciding->before);
		quote_event(&text, "after it", deciding->after);
	}
	copy = arena_copy_text(&tally->judgement->arena, text.bytes);
	buffer_release(&text);
	return copy;
}

static void
answer_updates(struct tally *tally, struct answered *answered)
{
	answered->basis = record_basis(tally);
	answered->against = "";
	if (is_nothing_compared(tally, answered))
		return;
	if (!differing(tally) && !tally->explained) {
		answered->answer = ANSWER_NO;
		answered->text = "no program that has a baseline differs from it, so that there is nothing to explain";
	} else if (tally->explained) {
		answered->answer = differing(tally) ? ANSWER_PARTLY : ANSWER_YES;
		answered->text = arena_format(&tally->judgement->arena, "an update or diversion accounts for the "
			"content of %llu program%s that differ%s from the record%s", N(tally->explained),
			plural(tally->explained), tally->explained == 1 ? "s" : "", !differing(tally) ? "" :
			arena_format(&tally->judgement->arena, ", and for that of %llu nothing does", N(differing(tally))));
	} else if (!has_logs(tally)) {
		answered->answer = ANSWER_NOT_DETERMINABLE;
		answered->text = "no log of a package manager was read";
	} else if (tally->no_record) {
		answered->answer = ANSWER_NOT_DETERMINABLE;
		answered->text = arena_format(&tally->judgement->arena, "the package logs do not cover the time of "
			"every change%s", nearest_transactions(tally));
	} else {
		answered->answer = ANSWER_NO;
		answered->text = arena_format(&tally->judgement->arena, "the logs tell of transactions, and none "
			"accounts for content that differs from what the package recorded%s",
			nearest_transactions(tally));
	}
	give_reasons(tally, answered, 1u << VERDICT_CHANGED_UNEXPLAINED | 1u << VERDICT_CHANGED_NO_RECORD |
		1u << VERDICT_CHANGED_EXPLAINED);
}

/* Remembers the file under the key; an earlier one of another system is returned. */
static const struct file *
remember(struct map *known, const struct inventory *inventory, const struct file *file, const void *key,
	size_t length)
{
	uint64_t number;

	if (map_add(known, key, length, file->number) || !map_get(known, key, length, &number))
		return NULL;
	return inventory->files[number].system != file->system ? &inventory->files[number] : NULL;
}

/* Two accused files of different systems with the same path or content. */
static bool
find_similar(const struct inventory *inventory, const struct file **ret_file, const struct file **ret_other)
{
	struct map paths, contents;
	bool found = false;

	map_init(&paths);
	map_init(&contents);
	for (size_t i = 0; i < inventory->file_count && !found; i++) {
		const struct file *file = *ret_file = &inventory->files[i];

		if (!file->system || !verdict_is_accusing(file->verdict))
			continue;
		*ret_other = remember(&paths, inventory, file, file->path, strlen(file->path));
		if (!*ret_other && file->digests.known)
			*ret_other = remember(&contents, inventory, file, &file->digests, sizeof file->digests);
		found = *ret_other != NULL;
	}
	map_release(&paths);
	map_release(&contents);
	return found;
}

static void
answer_other_systems(struct tally *tally, struct answered *answered)
{
	const struct inventory *inventory = tally->inventory;
	const struct file *file, *other;

	answered->basis = arena_format(&tally->judgement->arena, "%zu installed system%s in this case",
		inventory->systems.count, plural(inventory->systems.count));
	answered->against = "";
	if (inventory->systems.count < 2) {
		answered->answer = ANSWER_NOT_DETERMINABLE;
		answered->text = "the evidence holds no other system; give the images of other hosts as further "
			"operands to compare them";
		return;
	}
	answered->answer = ANSWER_NO;
	answered->text = "no file with a finding against it has its like in another system of this case";
	if (find_similar(inventory, &file, &other)) {
		answered->answer = ANSWER_YES;
		answered->text = arena_format(&tally->judgement->arena, "%s of %s has its like in %s of %s",
			file->path, file->system->id, other->path, other->system->id);
	}
}

static void
answer_control_digests(struct tally *tally, struct answered *answered)
{
	const struct judgement *judgement = tally->judgement;

	answered->basis = record_basis(tally);
	answered->against = tally->not_examined || tally->unreliable ? arena_format(&tally->judgement->arena,
		"%llu program%s not read, %llu only with damage.", N(tally->not_examined),
		tally->not_examined == 1 ? " was" : "s were", N(tally->unreliable)) : "";
	answered->text = baseline_share(tally);
	answered->answer = !judgement->with_baseline ? ANSWER_NOT_DETERMINABLE :
		has_enough_baselines(judgement) ? ANSWER_YES : ANSWER_PARTLY;
}

/* What a finding says, kept with the judgement. */
static const char *
statement_of(struct tally *tally, const struct finding *finding)
{
	struct finding_reader *reader = finding_reader_open(tally->findings, NULL);
	const struct finding_statement *statement = finding_read(reader, finding);
	const char *text = arena_copy_text(&tally->judgement->arena, statement ? statement->text : "");

	tally->unread |= !finding_reader_close(reader);
	return text;
}

static void
answer_patterns(struct tally *tally, struct answered *answered)
{
	for (size_t i = 0; i < tally->findings->count; i++)
		if (!strcmp(tally->findings->items[i].check->id, "change-cluster"))
			give_reason(tally, answered, &tally->findings->items[i]);
	answered->basis = record_basis(tally);
	answered->against = "";
	if (answered->because_count) {
		answered->answer = ANSWER_YES;
		answered->text = statement_of(tally, answered->because[0]);
	} else if (differing(tally) > 1) {
		answered->answer = ANSWER_PARTLY;
		answered->text = arena_format(&tally->judgement->arena, "%llu programs differ from their records, "
			"and their times do not lie together", N(differing(tally)));
	} else if (!is_nothing_compared(tally, answered)) {
		answered->answer = ANSWER_NO;
		answered->text = "no two changes that nothing accounts for were found";
	}
}

/* The first deciding file whose package has a transaction before the change; NULL: none has. */
static const struct deciding *
deciding_with_transaction(const struct judgement *judgement)
{
	for (size_t i = 0; i < judgement->deciding_count; i++)
		if (judgement->deciding[i].before)
			return &judgement->deciding[i];
	return NULL;
}

static void
answer_correlation(struct tally *tally, struct answered *answered)
{
	const struct deciding *deciding = deciding_with_transaction(tally->judgement);

	answered->basis = record_basis(tally);
	answered->against = "";
	if (!has_logs(tally)) {
		answered->answer = ANSWER_NOT_DETERMINABLE;
		answered->text = "no log of a package manager was read";
	} else if (is_nothing_compared(tally, answered)) {
		return;
	} else if (!differing(tally)) {
		answered->answer = ANSWER_NO;
		answered->text = "no program that has a baseline differs from it without an explanation";
	} else if (deciding) {
		answered->answer = ANSWER_NO;
		answered->text = arena_format(&tally->judgement->arena, "the last transaction of the package before "
			"%s was changed is: %s", deciding->file->path, deciding->before->text);
	} else {
		answered->answer = tally->no_record ? ANSWER_NOT_DETERMINABLE : ANSWER_NO;
		answered->text = "the logs hold no transaction before the change, of any of the packages whose files decide";
	}
}

struct asked {
	const char *id, *asked;
	void (*make)(struct tally *tally, struct answered *answered);
};

#define ASKED(id_, asked_, make_) { id_, asked_, make_ },
#define CRITERION(...) ASKED(__VA_ARGS__)
#define QUESTION(...)
#define STEP(...)
static const struct asked criteria[3] = {
#include "playbook.def"
};
#undef CRITERION
#undef QUESTION
#define CRITERION(...)
#define QUESTION(...) ASKED(__VA_ARGS__)
static const struct asked questions[3] = {
#include "playbook.def"
};
#undef QUESTION
#undef STEP
#define QUESTION(...)
#define STEP(...) ASKED(__VA_ARGS__)
static const struct asked steps[3] = {
#include "playbook.def"
};

void
answers_make(struct tally *tally)
{
	struct judgement *judgement = tally->judgement;

	for (size_t i = 0; i < 3; i++) {
		judgement->criteria[i] = (struct answered){ .id = criteria[i].id, .asked = criteria[i].asked };
		criteria[i].make(tally, &judgement->criteria[i]);
		judgement->questions[i] = (struct answered){ .id = questions[i].id, .asked = questions[i].asked };
		questions[i].make(tally, &judgement->questions[i]);
		judgement->steps[i] = (struct answered){ .id = steps[i].id, .asked = steps[i].asked };
		steps[i].make(tally, &judgement->steps[i]);
	}
}
