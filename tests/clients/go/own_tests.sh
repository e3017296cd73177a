#!/usr/bin/env bash
# Further tests of the Go client: own_tests.sh RESPAND. GO_TEST_FLAGS=-race looks for data races, too (needs gcc).
set -euo pipefail
command -v go >/dev/null || { echo "no go (Debian: golang-go)"; exit 77; }
respand=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
STORM_BUILD=${STORM_BUILD:-$(mktemp -d)}
export STORM_BUILD GOFLAGS=-mod=mod GOPROXY=off GOCACHE=$STORM_BUILD/go-cache
"$here/run.sh" --probe
cd "$here"
unformatted=$(gofmt -l . ../../../clients/go)
[[ -z $unformatted ]] || { echo "gofmt would change $unformatted"; exit 1; }
[[ ${GO_TEST_FLAGS:-} == *-race* ]] || export CGO_ENABLED=0
(cd ../../../clients/go && go vet .)
# shellcheck disable=SC2086  # several flags
go test -count=1 -vet=all ${GO_TEST_FLAGS:-} .
python3 ../hostile.py ./run.sh
python3 ../kills.py "$respand" ./run.sh

# The example of the README, in a module of its own.
example=$STORM_BUILD/go-example
mkdir -p "$example/respand"
cp ../../../clients/go/respand.go "$example/respand/"
printf 'module example\n\ngo 1.19\n' >"$example/go.mod"
sed -n '/^```go$/,/^```$/{/^```/!p}' ../../../clients/go/README.md >"$example/main.go"
(cd "$example" && go build -o example .)
python3 ../example.py "$respand" go-example "$example/example"
