#!/bin/sh
# Every row of a table of drivers has its file, its line in the build, its object and its tests,
# and every object has a row.
cd "${TOP_SRCDIR:?}" || exit 99
number=0

result()	# PASSED(0/1) TEXT
{
	number=$((number + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $number - $2"
	else
		echo "not ok $number - $2"
	fi
}

rows()	# FILE MACRO: the first argument of each row
{
	sed -n "s/^$2(\([a-z0-9_]*\)[,)].*/\1/p" "$1"
}

# table FOLDER DEF MACRO STRUCT SUFFIX: objects are "const struct STRUCT ROW_SUFFIX".
table()
{
	folder=src/$1 def=src/$1/$2.def
	[ -f "$def" ] || { result 1 "$def is there"; return; }
	for row in $(rows "$def" "$3"); do
		grep -q "^const struct $4 ${row}_$5 = {" "$folder/$row.c" 2>/dev/null
		result $? "$def: $row has its object in $folder/$row.c"
		grep -q "%D%/$row\.c" "$folder/Makemodule.am"
		result $? "$def: $row is compiled"
	done
	for object in $(sed -n "s/^const struct $4 \([a-z0-9_]*\)_$5 = {.*/\1/p" "$folder"/*.c); do
		grep -q -E "^(MISSING_)?$3[(]${object}[,)]" "$def"
		result $? "$def: the object ${object}_$5 has a row"
	done
}

# cases FOLDER DEF MACRO: a driver of artifacts has at least one parser case.
cases()
{
	for row in $(rows "src/$1/$2.def" "$3"); do
		name=$(sed -n 's/^	\.name *= "\([^"]*\)",/\1/p' "src/$1/$row.c" 2>/dev/null | tail -n 1)
		ls -d "tests/parsers/$1/${name:-$row}"/*/expected >/dev/null 2>&1
		result $? "tests/parsers/$1: ${name:-$row} has a case"
	done
}

table image image IMAGE_DRIVER image_driver image_driver
table package package_db PACKAGE_DB package_db_driver package_db
table eventlog eventlog EVENTLOG eventlog_driver eventlog
table check check CHECK check check
table binary binary BINARY binary_format binary
table hashset hashset HASHSET hashset_format hashset_format
table filesystem filesystem FILESYSTEM filesystem_driver filesystem
table volume volume VOLUME_DRIVER volume_driver volume_driver
table volume stack STACK_DRIVER stack_driver stack_driver
cases package package_db PACKAGE_DB
cases eventlog eventlog EVENTLOG
echo "1..$number"
