#!/bin/sh
# run.sh FUZZER SECONDS - one libFuzzer program for that long: one line when all is well, its
# log when not.
#
# The seeds in tests/fuzz/corpus/NAME are only read; what the fuzzer finds goes below build/, so
# that a run leaves the tree as it was and the next one starts where this one ended. Each has seeds, and a
# dictionary in tests/fuzz/dict.
set -u
if [ $# -ne 2 ]; then
	echo "usage: $0 FUZZER SECONDS" >&2
	exit 2
fi
fuzzer=$1 seconds=$2
name=$(basename "$fuzzer")
here=$(dirname "$0")
seeds=$here/corpus/$name
dictionary=$here/dict/$name.dict
out=build/fuzz/runs/$name
mkdir -p "$out/corpus" "$out/artifacts" || exit 1
for kept in "$dictionary" "$seeds"/*; do
	[ -e "$kept" ] || { echo "failed $name: no $kept"; exit 1; }
done

# No input may take long or much: a second is meant, but a loaded machine gets more (FUZZ_TIMEOUT); a
# quarantine of the default size would hide what an input keeps.
export ASAN_OPTIONS="quarantine_size_mb=16:${ASAN_OPTIONS:-}"
set -- -max_total_time="$seconds" -timeout="${FUZZ_TIMEOUT:-5}" -malloc_limit_mb=64 -rss_limit_mb=512 \
	-print_final_stats=0 \
	-artifact_prefix="$out/artifacts/" -dict="$dictionary" "$out/corpus" "$seeds"

"$fuzzer" "$@" >"$out/log" 2>&1
status=$?
if [ "$status" -ne 0 ]; then
	cat "$out/log"
	echo "failed $name: exit status $status, inputs in $out/artifacts"
	exit "$status"
fi
runs=$(sed -n 's/^Done \([0-9]*\) runs.*/\1/p' "$out/log" | tail -n 1)
echo "ok $name: ${runs:-0} runs"
