#!/bin/sh
# The man pages are well-formed, and t1554triage(1) names what --help names.
cd "${TOP_SRCDIR:?}" || exit 99
number=0

result()	# PASSED(0/1) TEXT
{
	number=$((number + 1))
	[ "$1" -eq 0 ] && echo "ok $number - $2" && return
	echo "not ok $number - $2"
}

for page in man/*.[157]; do
	[ -f "$page" ] || { echo '1..0 # SKIP no man pages'; exit 0; }
	if command -v mandoc >/dev/null; then
		said=$(mandoc -Tlint -Wwarning "$page" 2>&1 | grep -v 'outdated mandoc.db')
		[ -z "$said" ]
		result $? "$page: mandoc finds nothing"
		[ -z "$said" ] || echo "$said" | head -n 10 | sed 's/^/# /'
	fi
	if command -v man >/dev/null && command -v groff >/dev/null; then
		said=$(MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z "$page" 2>&1 >/dev/null)
		[ -z "$said" ]
		result $? "$page: man finds nothing"
		[ -z "$said" ] || echo "$said" | head -n 10 | sed 's/^/# /'
	fi
done

ids=$(sed -n 's/^	\.id *= "\([a-z-]*\)",/\1/p' src/check/*.c | sort)
[ "$ids" = "$(sed -n 's/^\.It Sy //p' man/t1554triage-checks.7 | sort)" ]
result $? 't1554triage-checks(7) names the checks that there are'

if "${T1554TRIAGE:?}" --help >/dev/null 2>&1; then
	help=$("$T1554TRIAGE" --help | grep -o -E -- '--[a-z][a-z0-9-]+' | sort -u)
	page=$(sed 's/\\-/-/g;s/\\&//g' man/t1554triage.1 | grep -o -E '(Fl|Fl [a-zA-Z] ,? ?Fl|,) -[a-z][a-z0-9-]+' |
		sed 's/.* -/--/' | sort -u)
	for option in $help; do
		echo "$page" | grep -q -x -e "$option"
		result $? "t1554triage(1) has $option of --help"
	done
	for option in $page; do
		echo "$help" | grep -q -x -e "$option"
		result $? "--help has $option of t1554triage(1)"
	done
fi
echo "1..$number"
