#!/usr/bin/env bash
# Preprocesses a folder with several processes of MPI and merges what they wrote:
#   samples/cluster/mpi.sh PROCESSES SRC DST [options of tessera preprocess]
# With a hosts file:  MPIRUN="mpirun --hostfile hosts" samples/cluster/mpi.sh 64 …
# Every process must see SRC and DST under the same paths. If a process is lost, run the same line again: what
# is finished is kept, and the merge refuses until all is.
set -euo pipefail
if [ $# -lt 3 ]; then
  sed -n '2,4s/^# //p' "$0" >&2
  exit 64
fi
processes=$1 source=$2 destination=$3
shift 3
read -r -a mpirun <<<"${MPIRUN:-mpirun}"
tessera=${TESSERA:-tessera}

# Exit status 1 of a process may mean only that some pictures are damaged, and mpirun ends all when one fails:
# so failures are noted by each and judged by the merge.
"${mpirun[@]}" -n "$processes" sh -c '"$@" || [ $? = 1 ]' sh \
  "$tessera" preprocess "$source" "$destination" --on-error skip --resume "$@"
"$tessera" merge "$destination"
