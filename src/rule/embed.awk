# Makes one table of the files of the catalog: their names, and their lines as C strings.
BEGIN {
	print "/* Made by embed.awk of the files in src/rule/catalog/; declared in catalog.h. */"
	print "struct catalog_file { const char *name, *text; };\nextern const struct catalog_file catalog_files[];\n"
}
FNR == 1 {
	name = FILENAME; sub(/.*\//, "", name)
	names[++count] = name
	printf "%sstatic const char text_%d[] =\n", (count > 1 ? "\t;\n\n" : ""), count
}
{ gsub(/\\/, "&&"); gsub(/"/, "\\\\&"); gsub(/\t/, "\\t"); print "\t\"" $0 "\\n\"" }
END {
	print "\t;\n\nconst struct catalog_file catalog_files[] = {"
	for (i = 1; i <= count; i++) printf "\t{ \"catalog/%s\", text_%d },\n", names[i], i
	print "\t{ 0, 0 },\n};"
}
