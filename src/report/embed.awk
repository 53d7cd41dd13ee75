# Makes C strings of text files: const char embedded_NAME[] for each.
BEGIN { print "/* Made by embed.awk of the files in reports/; declared in embedded.h. */" }
FNR == 1 {
	if (NR > 1) print "\t;"
	name = FILENAME; sub(/.*\//, "", name); gsub(/[^A-Za-z0-9]/, "_", name)
	print "\nextern const char embedded_" name "[];\nconst char embedded_" name "[] ="
}
{ gsub(/\\/, "&&"); gsub(/"/, "\\\\&"); gsub(/\t/, "\\t"); print "\t\"" $0 "\\n\"" }
END { print "\t;" }
