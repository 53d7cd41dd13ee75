/* content_absent.c - a build without YARA: there are no rules over contents, which is said. */
#include <t1554triage/content_rule.h>

struct content_rules *
content_rules_open(void)
{
	return NULL;
}

void
content_rules_close(struct content_rules *rules)
{
	(void)rules;
}

void
content_rules_add_catalog(struct content_rules *rules, const struct rule_sink *out)
{
	(void)rules;
	(void)out;
}

bool
content_rules_add_folder(struct content_rules *rules, const char *path, const struct rule_sink *out)
{
	(void)rules;
	(void)path;
	(void)out;
	return false;
}

size_t
content_rules_files(const struct content_rules *rules)
{
	(void)rules;
	return 0;
}

bool
content_rules_compile(struct content_rules *rules, struct rule_set *set)
{
	(void)rules;
	(void)set;
	return false;
}

struct content_scanner *
content_scanner_open(struct content_rules *rules)
{
	(void)rules;
	return NULL;
}

void
content_scanner_close(struct content_scanner *scanner)
{
	(void)scanner;
}

enum status
content_scan(struct content_scanner *scanner, struct source *content, const struct content_asking *asking)
{
	(void)scanner;
	(void)content;
	(void)asking;
	return STATUS_UNREADABLE;
}

const struct content_sieve *
content_rules_sieve(const struct content_rules *rules)
{
	(void)rules;
	return NULL;
}
