#!/usr/bin/env bash
# Make a new home from a backup of backup.sh.
#   restore.sh BACKUP HOME
# Nothing is ever put into a folder that is there. The next `mshi run` makes the ledger again from the archive and the
# tables of its snapshot; `mshi rerun --snapshot ID` those of an older one; `mshi verify` names what is still missing.
set -euo pipefail
umask 077
backup=${1:?usage: restore.sh BACKUP HOME} home=${2:?usage: restore.sh BACKUP HOME}
[ -e "$backup/archive/intake.jsonl" ] || { echo "restore: $backup is no backup of a home" >&2; exit 2; }
[ ! -e "$home" ] || { echo "restore: $home is there already; name a new folder" >&2; exit 2; }
[ ! -e "$home.part" ] || { echo "restore: $home.part is left by a restore that was broken off; remove it first" >&2; exit 2; }
(cd "$backup/" && find archive -path 'archive/??/*' -type f ! -name '*.part' -printf '%f  %p\n' | sha256sum --check --quiet) || {
    echo "restore: the backup is damaged, nothing was restored" >&2
    exit 1
}
cp --recursive -H --no-target-directory --preserve=timestamps "$backup" "$home.part"
find "$home.part" -name '*.part' -mindepth 1 -delete
sync -f "$home.part"
mv --no-target-directory "$home.part" "$home"
records=$(wc -l < "$home/archive/intake.jsonl") manifests=$(find "$home" -name manifest.json | wc -l)
echo "restore: $records intake records, $manifests manifests, in $home"
