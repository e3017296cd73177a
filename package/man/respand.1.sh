#!/bin/sh
# Writes the manual page respand(1): respand.1.sh PROGRAM VERSION [EMULATOR]. What the commands take is what their --help says.
set -eu
program=$1
version=$2
emulator=${3:-}  # of a cross build

# Text as it stands, for roff.
plain() { sed -e 's/\\/\\e/g' -e 's/-/\\-/g' -e "s/^\\([.']\\)/\\\\\&\\1/"; }

# The help of a command, without its own name and the exit status, which stand elsewhere.
help_of() {
  printf '.SS respand %s\n.nf\n' "$(echo "$*" | plain)"
  $emulator "$program" "$@" --help | sed -e '/^Exit status: 0 done; 1 failed; 64/,$d' -e '/-h,--help/d' | plain
  printf '.fi\n'
}

# Names beneath "Subcommands:".
commands_of() {
  $emulator "$program" "$@" --help | awk '/^Subcommands:/ { on = 1; next } /^[^ ]/ { on = 0 } on && /^  [a-z]/ { print $1 }'
}

cat <<HEAD
.TH RESPAND 1 "" "respand $version" "User Commands"
.SH NAME
respand \\- ship completion records of language-model calls to Respan
.SH SYNOPSIS
.B respand
.I COMMAND
.RI [ OPTIONS ]
.SH DESCRIPTION
An application hands a completion record (one JSON object) to
.B respand
on a Unix socket, over HTTP, in a datagram, or as a file in a spool directory, and gets on with its work.
.B respand
makes the record durable in a journal on this host and posts it to Respan's request\\-logs/create/, however long the
network, the API or the host itself is away.
.PP
Once a record is acknowledged, nothing loses it. It may be sent twice only where the answer to the first try was lost.
.PP
The daemon is
.BR "respand run" ;
systemd runs it as
.IR respand.service .
The other commands look at it, hand records to it, or work on its files.
.SH COMMANDS
HEAD
for command in $(commands_of); do
  help_of "$command"
  for inner in $(commands_of "$command"); do
    help_of "$command" "$inner"
  done
done
cat <<TAIL
.SH EXIT STATUS
.TP
.B 0
Done.
.TP
.B 1
Failed; a message says why.
.TP
.B 64
Bad command line.
.TP
.B 75
The daemon is not reachable or has no room, or what is needed is in use: try again.
.TP
.B 78
Bad configuration, or a journal that a newer version wrote. systemd does not try again.
.SH SIGNALS
.TP
.BR SIGTERM ", " SIGINT
Take in what was sent, let requests in flight end (delivery.drain_timeout), stop.
.TP
.B SIGHUP
Read the configuration and the key again; a file with mistakes keeps the old one, and says why in the log.
.B respand reload
says it to whoever asks.
.SH SYSTEMD
Under systemd the status line of
.B systemctl status respand
says what is wrong first. The socket of
.I respand.socket
stays open while the daemon restarts, and open connections go over to the next process: a restart or an upgrade is seen
by writers as a pause.
.SH FILES
.TP
.I /etc/respand/respand.yaml
The configuration, see
.BR respand.yaml (5).
.TP
.I /etc/respand/conf.d/*.yaml
Parts of the configuration, read after it in the order of their names.
.TP
.I /etc/respand/api_key
The API key, readable by root only; systemd hands it over as a credential.
.TP
.I /run/respand/respand.sock
Where records are handed over: a record a line, or HTTP.
.TP
.I /run/respand/control.sock
Where the other commands find the daemon; for root and the daemon's own user.
.TP
.I /var/spool/respand
Files that are taken in.
.TP
.I /var/lib/respand
The journal, dead letters, and what was spent.
.SH EXAMPLES
.nf
echo '{"model":"gpt\\-4o","cost":0.001}' | nc \\-N \\-U /run/respand/respand.sock
respand send records.ndjson
respand status
.fi
.SH SEE ALSO
.BR respand.yaml (5),
.BR systemctl (1)
TAIL
