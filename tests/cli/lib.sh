# lib.sh - what the scripts here share.  Read with ". lib.sh"; makes a work folder and enters it.
# shellcheck shell=sh
: "${TOP_SRCDIR:?}" "${TOP_BUILDDIR:?}" "${T1554TRIAGE:?}"
export LC_ALL=C
shared=${T1554TRIAGE_SHARED:-$TOP_SRCDIR/../shared}
work=$(mktemp -d) || exit 99
trap 'chmod -R u+rwX "$work"; rm -rf "$work"' EXIT
cd "$work" || exit 99
number=0

skip_all()
{
	echo "1..0 # SKIP $*"
	exit 0
}

# The distribution is tried after everything has run from the tree: then these would only run again.
[ -z "${T1554TRIAGE_QUICK:-}" ] || skip_all 'run from the tree already'
[ -x "$T1554TRIAGE" ] || skip_all 'the program is not built'

# result STATUS TEXT: a test that passed if STATUS is 0.
result()
{
	number=$((number + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $number - $2"
	else
		echo "not ok $number - $2"
		[ ! -s stderr ] || { echo '# stderr:'; tail -n 8 stderr | cut -c 1-200 | sed 's/^/# /'; }
	fi
}

# is GOT EXPECTED TEXT; several expected values are parted by blanks.
is()
{
	case " $2 " in
	*" $1 "*) result 0 "$3" ;;
	*) result 1 "$3"; printf '# got      %s\n# expected %s\n' "$1" "$2" ;;
	esac
}

skip()	# TEXT REASON
{
	number=$((number + 1))
	echo "ok $number - $1 # SKIP $2"
}

need()	# TOOL...
{
	PATH=$PATH:/usr/sbin:/sbin
	for tool; do
		command -v "$tool" >/dev/null || skip_all "$tool is missing"
	done
}

# run ARGUMENT...: the program; sets status; files stdout and stderr.
run()
{
	"$T1554TRIAGE" "$@" >stdout 2>stderr </dev/null
	# shellcheck disable=SC2034 # read by the scripts
	status=$?
}

done_testing()
{
	echo "1..$number"
}

# The evidence that make_demo.sh makes: once for all scripts and builds where ./bootstrap check says so.
evidence()	# NAME OPTION...; sets $evidence
{
	name=$1
	shift
	case $name in
	demo) evidence=${T1554TRIAGE_DEMO:-$TOP_BUILDDIR/demo} ;;
	clean) evidence=${T1554TRIAGE_CLEAN:-$TOP_BUILDDIR/clean} ;;
	*) evidence=$TOP_BUILDDIR/$name ;;
	esac
	[ ! -f "$evidence/stamp" ] || return 0
	mkdir -p "$TOP_BUILDDIR/cache"
	flock "$TOP_BUILDDIR/cache" "$TOP_SRCDIR/tests/images/make_demo.sh" "$@" --cache "${T1554TRIAGE_CACHE:-$TOP_BUILDDIR/cache}" \
		"$evidence" >made 2>&1 || skip_all "the evidence could not be made: $(tail -n 1 made)"
}

# The contract's own checker, where the shared folder is there.
check_output()	# FOLDER TEXT
{
	if [ -f "$shared/tools/check_output.py" ] && command -v python3 >/dev/null; then
		python3 "$shared/tools/check_output.py" "$1" >departures 2>&1
		result $? "$2: no departure from the interface"
		[ ! -s departures ] || [ "$(tail -n 1 departures)" = '0 departures' ] || tail -n 12 departures | sed 's/^/# /'
	else
		skip "$2: no departure from the interface" 'the shared folder is not there'
	fi
}

# The files of every run.
FILES='report.html report.xml run.xml files.dfxml files.jsonl findings.jsonl rule_matches.jsonl packages.jsonl
	events.jsonl notes.jsonl timeline.body timeline.jsonl facts.records case.jsonld MANIFEST.sha256'

is_whole()	# FOLDER TEXT: every file is there, and the manifest is right
{
	missing=
	for file in $FILES; do
		[ -f "$1/$file" ] || missing="$missing $file"
	done
	[ -z "$missing" ]
	result $? "$2: every file is written$missing"
	(cd "$1" && sha256sum --quiet -c MANIFEST.sha256) >sums 2>&1
	result $? "$2: the manifest is right"
	[ -z "$(find "$1" -type f ! -name MANIFEST.sha256 ! -name 'MANIFEST.sha256.*' -printf '%P\n' |
		while read -r file; do grep -q " [ *]$file\$" "$1/MANIFEST.sha256" || echo "$file"; done)" ]
	result $? "$2: the manifest names every file"
}

verdict_of()	# FOLDER PATH
{
	jq -r --arg path "$2" 'select(.path == $path and .allocated) | .verdict' "$1/files.jsonl"
}
