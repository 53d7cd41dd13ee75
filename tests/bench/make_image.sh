#!/bin/sh
# Makes an image for benchmarks: a Debian system on ext4, three quarters full, every file owned by a package.
#
#	make_image.sh MEBIBYTES FOLDER
#
# FOLDER gets disk.raw, case.E01 ... (deflate, fast), fresh.E01 ... and files (their number).  Content comes from files
# under /usr that packages of this machine own, and from nowhere else; where they are too few, copies with a number
# behind them fill the rest.  The package database is written here, from the lists of the packages and the digests of
# what was copied.  Free blocks hold what such files left, as on a disk that was in use; in fresh.E01 they are zeros.
set -eu
export LC_ALL=C
[ $# -eq 2 ] || { sed -n '2,9s/^# \{0,1\}//p' "$0" >&2; exit 64; }
mebibytes=$1
mkdir -p "$2"
out=$(cd "$2" && pwd)
PATH=$PATH:/usr/sbin:/sbin
stamp="$(cksum <"$0") $mebibytes"
[ ! -f "$out/stamp" ] || [ "$(cat "$out/stamp")" != "$stamp" ] || exit 0
for tool in dpkg-query mke2fs dumpe2fs ewfacquire tar; do
	command -v "$tool" >/dev/null || { echo "make_image.sh: $tool is not installed" >&2; exit 77; }
done
tree=$out/tree
work=$out/work
info=$tree/var/lib/dpkg/info
rm -rf "$tree" "$work" "$out"/case.E* "$out"/fresh.E* "$out/disk.raw" "$out/stamp"
mkdir -p "$work" "$info" "$tree/etc" "$tree/var/lib/dpkg/updates"
umask 022

# 1. owned: package, file, in an order that is drawn once for all sizes: an image of half the size then holds half as
# many files of every kind, and not those of the packages from a to k.  sizes: bytes in whole blocks, file.  chosen:
# package, file, its place in the image.
dpkg-query -W -f '${binary:Package}\t${Package}\t${Architecture}\t${Version}\n' | sort >"$work/packages"
cut -f 1 "$work/packages" | while read -r package; do
	dpkg-query -L "$package" | awk -v package="$package" -v OFS='\t' \
		'/^\/usr\/./ && !/^\/usr\/local\// && !/[\t\\]/ && !seen[$0]++ { print package, $0 }'
done >"$work/in_order"
yes bench | head -c 65536 >"$work/random" || :
sort -R --random-source="$work/random" "$work/in_order" >"$work/owned"
# shellcheck disable=SC2185 # its paths come from the list
cut -f 2 "$work/owned" | tr '\n' '\0' |
	find -files0-from - -maxdepth 0 -type f -readable -printf '%s\t%p\n' 2>/dev/null >"$work/sizes" || :
awk -F '\t' -v OFS='\t' -v wanted="$((mebibytes * 3 / 4))" '
NR == FNR { size[$2] = int(($1 + 4095) / 4096) * 4096 + 256; next }
($2 in size) && !seen[$2]++ { package[++count] = $1; file[count] = $2 }
END {
	for (copy = 0; count && sum < wanted * 1048576; copy++)
		for (i = 1; i <= count && sum < wanted * 1048576; i++) {
			if (sum + size[file[i]] > wanted * 1048576 + 16777216)
				continue
			sum += size[file[i]]
			if (copy)
				print "bench-copy-" copy, file[i], "/usr/lib/bench-copy-" copy file[i]
			else
				print package[i], file[i], file[i]
		}
}' "$work/sizes" "$work/owned" | sort -s -t '	' -k 1,1 >"$work/chosen"

# 2. The files.
awk -F '\t' '$2 == $3 { print substr($2, 2) }' "$work/chosen" >"$work/copied"
tar -c -C / --no-recursion --owner=0 --group=0 -T "$work/copied" | tar -x -C "$tree"
awk -F '\t' '$2 != $3' "$work/chosen" | while IFS='	' read -r package from to; do
	mkdir -p "$tree${to%/*}"
	{ cat "$from"; echo "$package"; } >"$tree$to"
done
for folder in bin sbin lib lib64; do
	mkdir -p "$tree/usr/$folder"
	ln -s "usr/$folder" "$tree/$folder"
done
echo 'root:x:0:0:root:/root:/bin/sh' >"$tree/etc/passwd"
printf 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n' >"$tree/etc/os-release"

# 3. The database.
(cd "$tree" && cut -f 3 "$work/chosen" | sed 's,^/,,' | tr '\n' '\0' | xargs -0 md5sum) >"$work/md5sums"
[ "$(wc -l <"$work/md5sums")" -eq "$(wc -l <"$work/chosen")" ]
paste "$work/chosen" "$work/md5sums" | awk -F '\t' -v info="$info" '
$1 != last { close(list); close(sums); last = $1; list = info "/" $1 ".list"; sums = info "/" $1 ".md5sums"; print "/." >list }
{ print $3 >>list; print $4 >>sums }'
echo 1 >"$info/format"
{ cat "$work/packages"; grep -o '^bench-copy-[0-9]*' "$work/chosen" | sort -u | sed 's/.*/&\t&\tall\t1.0/'; } |
	while IFS='	' read -r stem package architecture version; do
		[ -f "$info/$stem.list" ] || continue
		printf 'Package: %s\nStatus: install ok installed\nMaintainer: bench <bench@example.org>\nArchitecture: %s\n' \
			"$package" "$architecture"
		case $stem in
		*:*) echo 'Multi-Arch: same' ;;
		esac
		printf 'Version: %s\nDescription: files for a benchmark\n\n' "$version"
	done >"$tree/var/lib/dpkg/status"

# 4. The medium, new and used, and its acquisitions.
acquire()
{
	(cd "$out" && ewfacquire -u -q -l /dev/null -t "$1" -C BENCH -E 1 -e bench -D 'made by make_image.sh' -N none \
		-m fixed -M logical -f encase6 -c deflate:fast disk.raw >"$work/log" 2>&1) || { tail -n 3 "$work/log" >&2; exit 1; }
}

# The files that were drawn last, as often as it takes.
remains()
{
	tac "$work/sizes" | cut -f 2 | tr '\n' '\0' >"$work/last_first"
	while [ ! -f "$work/filled" ]; do
		xargs -0 cat <"$work/last_first" 2>/dev/null || :
	done
}

fill_free_blocks()
(
	trap 'touch "$work/filled"' EXIT
	dumpe2fs "$out/disk.raw" 2>/dev/null | sed -n 's/^  Free blocks: //p' | tr -d ' ' | tr ',' '\n' >"$work/free"
	while IFS=- read -r first last <&3; do
		[ -z "$first" ] || dd of="$out/disk.raw" bs=4096 seek="$first" count="$((${last:-$first} - first + 1))" \
			conv=notrunc iflag=fullblock status=none
	done 3<"$work/free"
)

wc -l <"$work/chosen" >"$out/files"
mke2fs -q -F -t ext4 -b 4096 -L root -E root_owner=0:0 -d "$tree" "$out/disk.raw" "${mebibytes}M"
acquire fresh
remains | fill_free_blocks
acquire case
rm -rf "$tree" "$work"
echo "$stamp" >"$out/stamp"
