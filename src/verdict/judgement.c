/* judgement.c - the decision and the exit status, from the answers to the criteria. */
#include <string.h>

#include <t1554triage/memory.h>

#include "judgement.h"

const char *const answer_names[] = { "yes", "no", "partly", "not determinable", "not examined", NULL };
const char *const decision_names[] = { "do-not-escalate", "escalate", "inconclusive", NULL };

static bool
is_open(enum answer answer)
{
	return answer == ANSWER_PARTLY || answer == ANSWER_NOT_DETERMINABLE;
}

static enum decision
decide(const struct judgement *judgement)
{
	for (size_t i = 0; i < 3; i++)
		if (judgement->criteria[i].answer == ANSWER_YES)
			return DECISION_ESCALATE;
	if (is_open(judgement->criteria[0].answer) || is_open(judgement->criteria[1].answer) ||
	    judgement->incomplete)
		return DECISION_INCONCLUSIVE;
	return DECISION_DO_NOT_ESCALATE;
}

static int
exit_status(const struct judgement *judgement)
{
	switch (judgement->decision) {
	case DECISION_ESCALATE:     return judgement->incomplete ? 3 : 1;
	case DECISION_INCONCLUSIVE: return 2;
	default:                    return 0;
	}
}

/* The first criterion that has the answer which decides. */
static const struct answered *
deciding_criterion(const struct judgement *judgement)
{
	for (size_t i = 0; i < 3; i++)
		if (judgement->criteria[i].answer == ANSWER_YES)
			return &judgement->criteria[i];
	for (size_t i = 0; i < 2; i++)
		if (is_open(judgement->criteria[i].answer))
			return &judgement->criteria[i];
	return NULL;
}

/* Further criteria that are met: "; criterion 2 is, too". */
static const char *
also_met(struct judgement *judgement, const struct answered *deciding)
{
	struct buffer text;
	const char *copy;

	buffer_init(&text, 0);
	for (size_t i = 0; i < 3; i++)
		if (&judgement->criteria[i] != deciding && judgement->criteria[i].answer == ANSWER_YES && deciding->answer == ANSWER_YES)
			buffer_add_format(&text, "; criterion %zu is, too", i + 1);
	copy = arena_copy_text(&judgement->arena, text.bytes);
	buffer_release(&text);
	return copy;
}

static const char *
decision_sentence(struct judgement *judgement)
{
	static const char *const says[] = { "Do not escalate", "Escalate to tier 2", "Inconclusive" };
	const struct answered *criterion = deciding_criterion(judgement);
	const char *verb = says[judgement->decision];

	if (criterion)
		return arena_format(&judgement->arena, "%s: criterion %zu is answered %s, because %s%s.%s", verb,
			(size_t)(criterion - judgement->criteria) + 1, answer_names[criterion->answer],
			criterion->text, also_met(judgement, criterion), judgement->incomplete ? " The examination was incomplete." : "");
	if (judgement->decision == DECISION_INCONCLUSIVE)
		return arena_format(&judgement->arena, "%s: nothing that was read speaks for a criterion, but the "
			"examination was incomplete.", verb);
	return arena_format(&judgement->arena, "%s: %s, and %s.", verb, judgement->criteria[0].text,
		judgement->criteria[1].text);
}

/* To escalate rests on what is met, not to escalate on every answer. */
static bool
bears_on_decision(const struct judgement *judgement, const struct answered *criterion)
{
	switch (judgement->decision) {
	case DECISION_ESCALATE:     return criterion->answer == ANSWER_YES;
	case DECISION_INCONCLUSIVE: return is_open(criterion->answer);
	default:                    return true;
	}
}

/* NULL: no finding tells of the file. */
static const char *
innocent_explanation(const struct deciding *deciding)
{
	if (!deciding->finding)
		return NULL;
	return deciding->finding->innocent ? deciding->finding->innocent : deciding->finding->check->innocent;
}

/* Files that have the same explanation share a sentence; each is called by the finding that its row leads to. */
static void
add_explanations(struct buffer *out, const struct judgement *judgement)
{
	bool is_told[sizeof judgement->deciding / sizeof judgement->deciding[0]] = { false };

	for (size_t i = 0; i < judgement->deciding_count; i++) {
		const char *innocent = innocent_explanation(&judgement->deciding[i]);

		if (!innocent || is_told[i])
			continue;
		buffer_add_format(out, "%sWhat could explain %s", out->length ? " " : "",
			finding_id(judgement->deciding[i].finding).text);
		for (size_t k = i + 1; k < judgement->deciding_count; k++) {
			const char *other = innocent_explanation(&judgement->deciding[k]);

			is_told[k] = is_told[k] || (other && !strcmp(other, innocent));
			if (other && !strcmp(other, innocent))
				buffer_add_format(out, ", %s", finding_id(judgement->deciding[k].finding).text);
		}
		buffer_add_format(out, " innocently: %s.", innocent);
	}
}

/* What speaks against the decision, or stays open. */
static const char *
against(const struct tally *tally)
{
	struct judgement *judgement = tally->judgement;
	struct buffer text;
	const char *copy;

	buffer_init(&text, 0);
	for (size_t i = 0; i < 3; i++) {
		const struct answered *criterion = &judgement->criteria[i];

		if (*criterion->against && bears_on_decision(judgement, criterion))
			buffer_add_format(&text, "%s%s", text.length ? " " : "", criterion->against);
	}
	add_explanations(&text, judgement);
	if (tally->incomplete_notes)
		buffer_add_format(&text, "%s%llu note%s of what could not be examined.", text.length ? " " : "",
			(unsigned long long)tally->incomplete_notes, tally->incomplete_notes == 1 ? " tells" : "s tell");
	copy = arena_copy_text(&judgement->arena, text.bytes);
	buffer_release(&text);
	return copy;
}

bool
judgement_make(const struct inventory *inventory, const struct findings *findings,
	struct judgement *ret_judgement)
{
	struct tally tally = { .inventory = inventory, .findings = findings, .judgement = ret_judgement };

	memset(ret_judgement, 0, sizeof *ret_judgement);
	arena_init(&ret_judgement->arena);
	tally_count(&tally);
	services_find(inventory, &tally.services);
	deciding_make(&tally);
	answers_make(&tally);
	ret_judgement->decision = decide(ret_judgement);
	ret_judgement->exit_status = exit_status(ret_judgement);
	ret_judgement->sentence = decision_sentence(ret_judgement);
	ret_judgement->against = against(&tally);
	map_release(&tally.services);
	return !tally.unread;
}

void
judgement_release(struct judgement *judgement)
{
	arena_release(&judgement->arena);
	memset(judgement, 0, sizeof *judgement);
}
