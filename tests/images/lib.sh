# lib.sh - what the tests of images share: a folder of their own, and TAP.
# Sourced; the test ends with "finish".
# shellcheck shell=sh disable=SC2034 # what is set here is used there

# The distribution is tried after everything has run from the tree: then these would only run again.
[ -z "${T1554TRIAGE_QUICK:-}" ] || { echo '1..0 # SKIP run from the tree already'; exit 0; }
count=0
failed=0
dump=${TOP_BUILDDIR:-.}/tests/images/dump_image
PATH=$PATH:/usr/sbin:/sbin
work=$(mktemp -d "${TMPDIR:-/tmp}/t1554-images.XXXXXX") || exit 99
trap 'rm -rf "$work"' EXIT
shared=${T1554TRIAGE_SHARED:-${TOP_SRCDIR:-.}/../shared}/data

need() {
	for tool; do
		command -v "$tool" >/dev/null 2>&1 && continue
		echo "1..0 # SKIP $tool is not installed"
		exit 0
	done
}

# ok TEXT COMMAND...: the command succeeds.
ok() {
	text=$1
	shift
	count=$((count + 1))
	if "$@" >"$work/said" 2>&1; then
		echo "ok $count - $text"
	else
		echo "not ok $count - $text"
		sed 's/^/# /' "$work/said"
		failed=1
	fi
}

skip() {
	count=$((count + 1))
	echo "ok $count - $1 # SKIP $2"
}

# is TEXT GOT EXPECTED
is() {
	count=$((count + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $count - $1"
	else
		echo "not ok $count - $1"
		printf '%s\n' "got:" "$2" "expected:" "$3" | sed 's/^/# /'
		failed=1
	fi
}

# has TEXT FILE PATTERN...: every fixed pattern stands in a line of the file.
has() {
	text=$1 file=$2
	shift 2
	count=$((count + 1))
	for pattern; do
		grep -qF -- "$pattern" "$file" && continue
		echo "not ok $count - $text"
		printf 'no line with: %s\n' "$pattern" | sed 's/^/# /'
		sed 's/^/# | /' "$file"
		failed=1
		return
	done
	echo "ok $count - $text"
}

finish() {
	echo "1..$count"
	exit $failed
}

# Bytes that no compression shortens and every run repeats.
noise() {
	openssl enc -aes-128-ctr -K 00112233445566778899aabbccddeeff -iv 0000000000000000000000000000000"$1" \
		-in /dev/zero 2>/dev/null | head -c "$2"
}

# patch FILE OFFSET BYTES: bytes are a printf format.
patch() {
	# shellcheck disable=SC2059
	printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}
