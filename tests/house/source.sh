#!/bin/sh
# Rules that hold for every source file.
cd "${TOP_SRCDIR:?}" || exit 99
number=0

# absent DEPARTURES TEXT: the lines are what departs from the rule.
absent()
{
	number=$((number + 1))
	found=$1
	shift
	if [ -z "$found" ]; then
		echo "ok $number - $*"
	else
		echo "not ok $number - $*"
		echo "$found" | head -n 20 | sed 's/^/# /'
	fi
}

code()	# the sources without comments that fill a line
{
	grep -n -r -E --include='*.[ch]' --include='*.def' "$@" | grep -v -E '^[^:]*:[0-9]*:[	 ]*(/?\*|//)'
}

absent "$(code '(^|[^a-z0-9_])(malloc|calloc|realloc|reallocarray|free|strdup|strndup|asprintf|vasprintf) *\(' src | grep -v '^src/base/')" \
	'memory is allocated in src/base only'
absent "$(code '(^|[^a-z0-9_])(printf|puts|putchar|perror|vprintf|exit) *\(' src | grep -v -E '^src/(cli|triage)/|^src/[a-z]*/[a-z_]*command[a-z_]*\.c|__format|format\(printf')" \
	'nothing below the command line prints or exits'
absent "$(code 'typedef +struct' src include)" \
	'no struct hides behind a typedef'
absent "$(code '(^|[^a-z0-9_])(strcpy|strcat|sprintf|vsprintf|gets|strtok|popen|mktemp|tmpnam|alloca) *\(|[^a-z_0-9]system\(' src)" \
	'no call that cannot be bounded, and no shell'
absent "$(code '(^|[^a-z0-9_])(localtime|mktime|tzset|gmtime)(_r)? *\(' src | grep -v -E '^src/(filesystem/tsk_list|cli/main)\.c:')" \
	'no time zone of this machine'
absent "$(code '"[^"]*([Tt]amper|[Tt]rojan|[Hh]acked|[Uu]nauthori[sz]ed)[^"]*"' src include | grep -v -i 'playbook\|\.asked\|unauthori[sz]ed binary modif\|process_tampering')" \
	'no message draws the conclusion of a person'
absent "$(grep -r -n -i -E '(tampered|trojaned|hacked)' reports --include='*.xsl' --include='*.css' 2>/dev/null)" \
	'no style sheet draws the conclusion of a person'
absent "$(grep -r -n -E '(TODO|FIXME|XXX|HACK)([^a-zA-Z]|$)' src include tests man reports bootstrap configure.ac ./*.md 2>/dev/null | grep -v -E '^tests/house/source\.sh|mktemp|X{6}|"[^"]*XXX[^"]*"')" \
	'nothing is left to do'
absent "$(grep -r -n -I '[ 	]$' src include man --include='*.[ch]' --include='*.def' --include='*.[157]')" \
	'no line ends with a blank'
absent "$(grep -L -E '^/\* [a-z0-9_]+\.h - .*\. +Layer: [a-z]+\. \*/$' include/t1554triage/*.h)" \
	'every public header begins with its name, duty and layer'
absent "$(grep -r -L -E '^( \*|/\*) [a-z0-9_]+\.[ch] - ' src tests --include='*.[ch]')" \
	'every source file begins with its name and duty'
echo "1..$number"
