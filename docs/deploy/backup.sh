#!/usr/bin/env bash
# Back up of a home what cannot be made again: archive, key, chain, run record, manifests and reports, layouts.
#   backup.sh HOME TARGET
# It waits for a job at work and holds the home meanwhile. Only what is new is copied, each file whole or not at all,
# and held against its sha256. A record that does not begin with the one in TARGET is not copied over it: exit status 1.
# TARGET holds personal data and the key of the pseudonyms: keep it as safe as the home, and elsewhere.
set -euo pipefail
umask 077
home=${1:?usage: backup.sh HOME TARGET} target=${2:?usage: backup.sh HOME TARGET}
[ -d "$home/archive" ] || { echo "backup: $home is no home folder" >&2; exit 2; }
exec 9>>"$home/.lock"
flock --wait "${BACKUP_WAIT:-3600}" 9 || { echo "backup: a job is still at work in $home" >&2; exit 1; }

keep() { # keep FILE: copy it whole, beside first
    mkdir -p "$target/$(dirname "$1")"
    cp --preserve=timestamps "$home/$1" "$target/$1.part"
    mv "$target/$1.part" "$target/$1"
}

keep_lines() { # keep_lines FILE: the same of a record; a last line without its end was never written as far as anybody relies
    head --lines="$(wc -l < "$home/$1")" "$home/$1" > "$target/$1.part"
    touch --reference="$home/$1" "$target/$1.part"
    mv "$target/$1.part" "$target/$1"
}

missing() { # missing FOLDER NAME...: files below a folder of the home that the target has not
    comm -23 <(cd "$home" && find "$@" -type f | sort) <(mkdir -p "$target/$1" && cd "$target" && find "$@" -type f | sort)
}

for record in archive/intake.jsonl snapshots/chain.jsonl runs.jsonl; do
    [ -e "$target/$record" ] || continue
    lines=$(wc -l < "$target/$record")
    if ! cmp --silent <(head --lines="$lines" "$home/$record") <(head --lines="$lines" "$target/$record"); then
        echo "backup: $record of $home does not begin with the one in $target: nothing was copied; see mshi verify" >&2
        exit 1
    fi
done
new=0
while read -r file; do
    keep "$file"
    echo "${file##*/}  $target/$file" | sha256sum --check --status || {
        echo "backup: $file is not the bytes of its name: see mshi verify" >&2
        rm "$target/$file"
        exit 1
    }
    new=$((new + 1))
done < <(missing archive -path 'archive/??/*' ! -name '.*')
while read -r file; do keep "$file"; done < <(missing snapshots '(' -name manifest.json -o -name report.html ')' ! -path '*/.*')
for file in "$home"/layouts/*.yaml; do [ -e "$file" ] && keep "layouts/${file##*/}"; done
for record in archive/intake.jsonl snapshots/chain.jsonl runs.jsonl; do [ -e "$home/$record" ] && keep_lines "$record"; done
[ -e "$home/key" ] && keep key
sync -f "$target"
echo "backup: $new new files of the archive, $(wc -l < "$target/archive/intake.jsonl") intake records, in $target"
