#!/bin/sh
# File systems made here, read by the two ways and held against the files they were made from.
# shellcheck disable=SC2154 # lib.sh sets work
. "${TOP_SRCDIR:?}/tests/images/lib.sh"
dump=${TOP_BUILDDIR:?}/tests/images/dump_filesystem
[ -x "$dump" ] || { echo '1..0 # SKIP built without libtsk'; exit 0; }
need mke2fs debugfs

mkdir -p "$work/src/dir/sub"
cd "$work/src" || exit 99
echo hello >plain; ln plain hard; ln -s plain link
ln -s "/usr/lib/$(printf '%090d' 0)" slow
head -c 300000 /dev/urandom >dir/big; cp dir/big dir/gone
head -c 70001 /dev/urandom >odd; : >empty
truncate -s 5M dir/sparse; printf x | dd of=dir/sparse bs=1 seek=3000000 conv=notrunc 2>/dev/null
cp /bin/true suid; chmod 4755 suid
cp /bin/true capped; setcap cap_setuid,cap_net_raw+ep capped 2>/dev/null && capable=yes
printf x >"$(printf 'new\nline')"; printf x >'back\slash'; printf x >'pi|pe'; printf x >"$(printf 'bad\377name')"
i=0; while [ $i -lt 200 ]; do echo $i >"dir/sub/f$i"; i=$((i + 1)); done
cd "$work" || exit 99

both_agree() {	# every content is read alike by both ways, and without damage
	awk '$1 == "digest" && $2 == "runs" { seen = $3 " " $4 " " $5; next }
	$1 == "digest" { count++; if (seen != $3 " " $4 " " $5 || $4 != 0) { print; bad = 1 } }
	END { if (!count) print "no content"; exit bad || !count }' "$1"
}
as_made() {	# digests are those of the files themselves
	(cd src && find . -type f -exec sha256sum -b -z {} + | tr '\n\0' '\t\n') | while IFS= read -r line; do
		name=$(printf '%s' "${line#*\*./}" | perl -pe 's/\t/\n/g; s/([^!-~]|[%= ])/sprintf "%%%02X", ord $1/ge')
		grep -qF "digest runs ${line%% *} 0 /$name" "$1" || { echo "$name"; }
	done >wrong
	cat wrong; ! [ -s wrong ]
}
has() { grep -qE "$2" "$1" || { grep -E "${3:-^filesystem}" "$1"; return 1; }; }
lacks() { ! grep -E "$2" "$1"; }
capabilities_as_debugfs() {
	debugfs -R 'ea_get -x /capped security.capability' "$1" 2>/dev/null | grep -q '01 00 00 02 80 20 00 00' &&
	has "$2" '^entry path=/capped .* capabilities=8320 capabilities_effective=yes'
}

for kind in ext2,1024,128 ext2,4096,256 ext3,4096,128 ext4,1024,256 ext4,4096,256; do
	type=${kind%%,*} rest=${kind#*,}
	mke2fs -q -t "$type" -b "${rest%,*}" -I "${rest#*,}" -L lab -d src i.img 40M >/dev/null 2>&1
	debugfs -w -R 'rm /dir/gone' i.img 2>/dev/null
	"$dump" -d i.img >out 2>err
	ok "$kind: read by both ways alike" both_agree out
	ok "$kind: as the files themselves" as_made out
	ok "$kind: type and label" has out "^filesystem volume=- type=$type uuid=[0-9a-f-]{36} label=lab "
	ok "$kind: a deleted name" has out '^entry path=/dir/gone .*state=deleted content_state=intact .*deleted=2' gone
	ok "$kind: a slow link" has out '^entry path=/slow .*link_target=/usr/lib/0{90}' slow
	ok "$kind: setuid" has out '^entry path=/suid .* mode=4755 ' suid
	ok "$kind: no notes" lacks out '^note|^listed [^ ]* -'
	[ -z "$capable" ] || ok "$kind: capabilities" capabilities_as_debugfs i.img out
done

debugfs -w -R 'sif /plain mtime_extra 0x77359402' i.img 2>/dev/null
debugfs -w -R 'sif /plain flags 0x80010' i.img 2>/dev/null
debugfs -w -R 'feature needs_recovery' i.img 2>/dev/null
"$dump" i.img >out
ok 'seconds beyond 2038 and nanoseconds' has out '^entry path=/plain .*modified=2[23][0-9-]*T[0-9:]*\.500000000Z' plain
ok 'the immutable flag' has out '^entry path=/plain .*immutable=yes' plain
ok 'a journal with nothing in it' has out '^note kind=JOURNAL_REPLAYED .*holds%20no%20change'

block=$(debugfs -R 'blocks /dir' i.img 2>/dev/null | awk '{ print $1 }')
"$dump" -D $((block * 4096)),4096 i.img >out
ok 'a damaged directory says so' has out '^note kind=DIRECTORY_UNREADABLE .*at.path=/dir ' '^note'
block=$(debugfs -R 'blocks /dir/big' i.img 2>/dev/null | awk '{ print $3 }')
"$dump" -d -D $((block * 4096)),512 i.img >out
ok 'damage stays with its file' sh -c '[ "$(grep -c "^digest runs [^ ]* -1 " out)" = 1 ] && grep -q "^digest library [^ ]* -1 /dir/big" out'
finish
