#!/usr/bin/env bash
# Statistics of a folder by several processes of MPI: each counts its part, the merge joins them, the report is shown.
#   samples/cluster/stats-mpi.sh PROCESSES SRC FOLDER [options of tessera stats]
# FOLDER/stats.json is then what one process finds, byte for byte. If a process is lost, run the same line again:
# parts that are there are kept, and the merge refuses until all are. The exit status is 1 if pictures are damaged, as that of
# tessera stats. In an array of Slurm jobs or an indexed job of Kubernetes, put `tessera stats SRC --into FOLDER` in the place
# of preprocess's line in the examples beside this one.
set -euo pipefail
if [ $# -lt 3 ]; then
  sed -n '2,4s/^# //p' "$0" >&2
  exit 64
fi
processes=$1 source=$2 folder=$3
shift 3
read -r -a mpirun <<<"${MPIRUN:-mpirun}"
tessera=${TESSERA:-tessera}

# What shows the whole is for the last command alone.
options=() shown=()
while [ $# -gt 0 ]; do
  case $1 in
    -o | --output | --errors) shown+=("$1" "${2:?$1 needs a file}"); shift ;;
    --output=* | --errors=* | --json | --ascii) shown+=("$1") ;;
    *) options+=("$1") ;;
  esac
  shift
done

"${mpirun[@]}" -n "$processes" "$tessera" stats "$source" --into "$folder" "${options[@]}" >&2
"$tessera" merge "$folder" >&2
"$tessera" stats "$source" --into "$folder" --shard none "${options[@]}" "${shown[@]}"
