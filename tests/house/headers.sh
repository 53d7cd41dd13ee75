#!/bin/sh
# Every public header can be included alone, and twice.
cd "${TOP_SRCDIR:?}" || exit 99
${CC:-cc} --version >/dev/null 2>&1 || { echo '1..0 # SKIP no C compiler in CC'; exit 0; }
number=0
for header in include/t1554triage/*.h; do
	number=$((number + 1))
	name=${header#include/}
	if said=$(printf '#include <%s>\n#include <%s>\n' "$name" "$name" |
		${CC:-cc} -std=gnu11 -Wall -Wextra -Werror -Iinclude -fsyntax-only -x c - 2>&1); then
		echo "ok $number - $name"
	else
		echo "not ok $number - $name"
		echo "$said" | head -n 5 | sed 's/^/# /'
	fi
done
echo "1..$number"
