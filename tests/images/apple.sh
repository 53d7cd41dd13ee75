#!/bin/sh
# HFS+ and APFS as macOS made them: the same files in both.
. "${TOP_SRCDIR:?}/tests/images/lib.sh"
dump=${TOP_BUILDDIR:?}/tests/images/dump_filesystem
need fls
[ -x "$dump" ] || { echo '1..0 # SKIP this build is without libtsk'; exit 0; }
[ -r "$shared/images/apfs.raw" ] || { echo "1..0 # SKIP no images in $shared"; exit 0; }
cd "$work" || exit 99

both() {
	awk '$1 == "digest" && $2 == "runs" { seen = $3 " " $4 " " $5; next }
	$1 == "digest" { count++; if (seen != $3 " " $4 " " $5 || $4 != 0) { print; bad = 1 } }
	END { exit bad || count != 8 }' "$1" || { grep ^digest "$1"; return 1; }
}
for kind in hfsplus apfs; do
	"$dump" -d "$shared/images/$kind.raw" >$kind
	ok "$kind: every content alike by both ways" both $kind
	ok "$kind: no notes" sh -c "! grep -E '^note|^listed [^ ]* -|^not opened' $kind"
	has "$kind: the resource fork is a file of its own" $kind \
		'entry path=/a_directory/a_resourcefork stream=rsrc ' ' size=17 '
	has "$kind: a link" $kind 'type=link' ' link_target=a_directory/another_file'
	ok "$kind: no virtual files" sh -c "! grep '^entry path=/\\$' $kind"
	sed -n 's/^digest runs \([^ ]*\) 0 \/\([ap].*\)/\1 \2/p' $kind | sort >$kind.digests
done
is 'both hold the same files' "$(cat hfsplus.digests)" "$(cat apfs.digests)"
is 'five of them' "$(grep -c . apfs.digests)" 5
# The owner's flag of compression in the catalog record of a file; its fork is then no content.
perl -e '
	local $/; open F, "<", $ARGV[0] or die; my $d = <F>;
	# thread-less: a file record (2) with the number 20, big endian
	my $at = 0; my $done;
	while (($at = index $d, pack("n", 2), $at) >= 0) {
		if (unpack("N", substr $d, $at + 8, 4) == 20 && unpack("N", substr $d, $at + 32, 4) == 501) {
			substr($d, $at + 41, 1) = chr(ord(substr $d, $at + 41, 1) | 0x20); $done++ }
		$at++;
	}
	open F, ">", "packed.raw"; print F $d; exit !$done' "$shared/images/hfsplus.raw"
"$dump" -d packed.raw >packed
ok 'a compressed file of HFS+ has no digest' sh -c "grep '^entry path=/passwords.txt .*not_readable=compressed' packed && ! grep '^digest.*passwords' packed"
finish
