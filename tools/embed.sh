#!/bin/sh
# embed.sh TABLE ROOT FILE... - print an assembler file holding every file named, and a table.
#
# .incbin keeps the bytes as they are, in .rodata, without a five times larger C file; the last
# line says that the object needs no executable stack. Each file is followed by a NUL, so that
# its bytes can also be read as a C string. The table is TABLE_table, its length TABLE_count
# (base/embed.h).
set -eu
table=$1 root=$2
shift 2
echo '	.section .rodata'
i=0
for f; do
	printf '\t.balign 16\nb%d:\t.incbin "%s"\ne%d:\t.byte 0\nn%d:\t.asciz "%s"\n' \
		"$i" "$f" "$i" "$i" "${f#"$root"/}"
	i=$((i + 1))
done
printf '\t.section .data.rel.ro,"aw",%%progbits\n\t.balign 8\n\t.global %s_table\n%s_table:\n' \
	"$table" "$table"
j=0
while [ "$j" -lt "$i" ]; do
	printf '\t.dc.a n%d, b%d, e%d\n' "$j" "$j" "$j"
	j=$((j + 1))
done
printf '\t.section .rodata\n\t.balign 8\n\t.global %s_count\n%s_count:\t.dc.a %d\n' "$table" "$table" "$i"
printf '\t.section .note.GNU-stack,"",%%progbits\n'
