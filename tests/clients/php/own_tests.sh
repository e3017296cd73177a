#!/usr/bin/env bash
# The further tests of the client in PHP: records, forks, hostile daemons, a storm without a spool, php-fpm; the README's examples.
#   own_tests.sh RESPAND
set -euo pipefail
respand=$1
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../../..
"$here/run.sh" --probe
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/spool"
php=(php -d error_reporting=-1 -d display_errors=stderr)

echo "records, errors, forks"
"${php[@]}" -d log_errors=0 "$here/own_tests.php" "$work/spool"

echo "hostile daemons, and meanwhile a storm in which every record goes over the socket"
python3 "$here/../false_daemons.py" all "$here/run.sh" >"$work/hostile" 2>&1 &
hostile=$!
STORM_OUTAGE=0.2 python3 "$here/../storm.py" "$respand" storm "$here/../without_spool.sh" "$here/run.sh"

fpm=$(compgen -c php-fpm | head -1) || fpm=
[[ -n $fpm ]] || fpm=$(find /usr/sbin -name 'php-fpm*' | head -1)
if [[ -n $fpm ]] && command -v cgi-fcgi >/dev/null; then
  python3 "$here/fpm_test.py" "$respand" "$fpm"
else
  echo "no php-fpm or no cgi-fcgi: left out"
fi
wait "$hostile" || { cat "$work/hostile"; exit 1; }
cat "$work/hostile"

echo "the examples of clients/php/README.md"
awk -v folder="$work" '/^```php$/ { file = folder "/example" ++n ".php"; next } /^```/ { file = "" } file { print > file }' "$root/clients/php/README.md"
cp "$root/clients/php/respand.php" "$work/"
for n in 1 2; do
  (cd "$work" && RESPAND_SOCKET_PATH=$work/nobody.sock RESPAND_SPOOL_DIRECTORY=$work/spool "${php[@]}" "example$n.php" >said 2>warned)
done
[[ $(<"$work/said") == 1 ]] && grep -q "^respand: Inf and NaN cannot be JSON encoded" "$work/warned"
grep -q '^{"model":"gpt-4o","prompt_messages":.*,"timestamp":"[^"]*Z","custom_identifier":"[^"]*"}$' "$work"/spool/*.ndjson
