<?php
// A client of respand in one file, for PHP 8.1 and later, as a command or under php-fpm: clients/php/README.md. It hands
// records over without making the application wait, and keeps clients/README.md's promises as far as a language without
// threads can: the socket is served in each call, without waiting, and at the end of the request or program.
// SPDX-License-Identifier: Apache-2.0

declare(strict_types=1);

namespace Respand;

/** One queue and one connection; under php-fpm the connection is the worker's, over all its requests. Times are in seconds. */
final class Client
{
    private const SPOOL_LINES = 1000; // in a file
    private const SPOOL_BYTES = 8 << 20;
    private const WRITE_BYTES = 256 << 10; // gathered into one write
    private const ANSWER_BYTES = 64 << 10; // the longest line of an answer
    private const FIRST_DELAY = 0.05; // between tries to connect
    private const LAST_DELAY = 5.0;
    private const SOCKET_PATH_BYTES = 108; // what the kernel takes, with a zero at its end
    private const JSON = JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES | JSON_PRESERVE_ZERO_FRACTION | JSON_THROW_ON_ERROR;
    private const STRANGE = "an answer that is none of respand's";

    /** @var array<string, int> sockets whose connection of the worker is in use by a client of this request */
    private static array $taken_sockets = [];

    private string $socket;
    private string $spool;
    private int $pid;
    private bool $closing = false;
    private bool $closed = false;
    private bool $lost = false;

    /** @var array<int, string> lines without an answer, by their numbers, oldest first */
    private array $lines = [];
    private int $bytes = 0;
    private int $taken = 0; // the number of the last line
    /** @var array<int, true> lines that respand has refused, before the answer that settles them */
    private array $refused = [];
    /** @var array<string, int> */
    private array $counts = [];
    private string $last_error = '';

    /** @var resource|null */
    private $stream = null;
    private bool $persistent = false;
    // Lines of this connection are counted from where this request began. $base is how many were before: null for a connection
    // of an earlier request, until an answer tells.
    private ?int $base = 0;
    /** @var array<int, int> the number of each line without an answer, by its count on this connection */
    private array $flight = [];
    private int $handed = 0; // the last line that is in $out, or sent: its count on this connection, and its number
    private int $handed_number = 0;
    private int $sent = 0;
    private int $settled = 0;
    private string $out = '';
    private int $written = 0;
    /** @var list<int> where in the stream each line ends that is not sent */
    private array $ends = [];
    private string $answer = '';
    private float $last_answer = 0.0;
    private int $tries = 0;
    private float $next_try = 0.0;
    private ?float $away_since = null;
    private float $last_spool = 0.0;
    private bool $spool_failed = false;

    /** @param ?callable(mixed, string): void $on_error hears of each record that is dropped or refused, and why */
    public function __construct(
        ?string $socket = null,
        ?string $spool = null,
        private int $max_queue = 10000,
        private int $max_queue_bytes = 64 << 20,
        private float $max_wait = 0.005,
        private int $max_record = 20 << 20,
        private float $spool_after = 1.0,
        private float $ack_timeout = 30.0,
        private float $close_timeout = 2.0,
        private mixed $on_error = null,
        private bool $finish_request = true, // end the answer to the browser before waiting for respand's
    ) {
        $this->socket = $socket ?? (getenv('RESPAND_SOCKET_PATH') ?: '/run/respand/respand.sock');
        $spool ??= getenv('RESPAND_SPOOL_DIRECTORY');
        $this->spool = $spool === false ? '/var/spool/respand' : $spool;
        $this->beginAnew();
        // Behind the application's own functions, also those that are registered later.
        register_shutdown_function(fn () => register_shutdown_function($this->shutDown(...)));
    }

    /** Takes a record (an array with names, or an object): true where it was taken. Never throws. */
    public function log(mixed $record): bool
    {
        return $this->quietly(function () use ($record): bool {
            ++$this->counts['logged'];
            try {
                $line = $this->encode($record);
            } catch (\Throwable $error) { // NAN, broken UTF-8, objects in themselves, a jsonSerialize() that throws
                return $this->notTaken('refused', $record, $error->getMessage());
            }
            if (!$this->closing && !$this->hasRoom($line)) {
                $this->waitFor(fn (): bool => $this->hasRoom($line), self::now() + $this->max_wait, true);
            }
            if ($this->closing || !$this->hasRoom($line)) {
                return $this->notTaken('dropped', $record, $this->closing ? 'the client is closed' : 'the queue is full');
            }
            $this->lines[++$this->taken] = $line;
            $this->bytes += strlen($line);
            $this->step(true);
            return true;
        });
    }

    /** Waits until all that was taken before is settled: true where it is. */
    public function flush(float $timeout = 30.0): bool
    {
        return $this->quietly(function () use ($timeout): bool {
            $last = $this->taken;
            return $this->waitFor(fn (): bool => (array_key_first($this->lines) ?? PHP_INT_MAX) > $last, self::now() + $timeout, false);
        });
    }

    /** Flushes, spools what is left and ends: true where nothing was dropped. `log` takes nothing afterwards. */
    public function close(?float $timeout = null): bool
    {
        return $this->quietly(function () use ($timeout): bool {
            if (!$this->closed) {
                $this->closing = true;
                $this->waitFor(fn (): bool => $this->lines === [], self::now() + ($timeout ?? $this->close_timeout), false);
                $this->finish();
            }
            return !$this->lost;
        });
    }

    /** @return array<string, int|string> logged = durable + spooled + refused + dropped + queued */
    public function stats(): array
    {
        return $this->quietly(fn (): array => $this->counts + ['queued' => count($this->lines), 'last_error' => $this->last_error]);
    }

    // --- Records ---

    /** The line of a record. Throws where it is none. */
    private function encode(mixed $record): string
    {
        while ($record instanceof \JsonSerializable) {
            $record = $record->jsonSerialize();
        }
        $members = is_object($record) ? get_object_vars($record) : $record;
        if (!is_array($members) || ($members !== [] && array_is_list($members))) {
            throw new \InvalidArgumentException('not an array with names, and no object');
        }
        $text = $members === [] ? '{}' : json_encode($members, self::JSON);
        $missing = '';
        if (!array_key_exists('timestamp', $members)) {
            $now = new \DateTimeImmutable('now', new \DateTimeZone('UTC'));
            $missing .= ',"timestamp":"' . $now->format('Y-m-d\TH:i:s.u\Z') . '"';
        }
        if (!array_key_exists('custom_identifier', $members)) {
            $missing .= ',"custom_identifier":"' . self::uuid() . '"';
        }
        if ($missing !== '') {
            $text = substr($text, 0, -1) . ($members === [] ? substr($missing, 1) : $missing) . '}';
        }
        if (strlen($text) > $this->max_record) {
            throw new \LengthException('larger than max_record');
        }
        return $text . "\n";
    }

    private static function uuid(): string
    {
        $bytes = random_bytes(16);
        $bytes[6] = chr(ord($bytes[6]) & 0x0f | 0x40);
        $bytes[8] = chr(ord($bytes[8]) & 0x3f | 0x80);
        return vsprintf('%s%s-%s-%s-%s-%s%s%s', str_split(bin2hex($bytes), 4));
    }

    private function hasRoom(string $line): bool
    {
        return count($this->lines) < $this->max_queue && $this->bytes + strlen($line) <= $this->max_queue_bytes;
    }

    private function notTaken(string $kind, mixed $record, string $reason): bool
    {
        ++$this->counts[$kind];
        $this->last_error = "a record was not taken: $reason";
        $this->tell($record, $reason);
        return false;
    }

    private function tell(mixed $record, string $reason): void
    {
        if ($this->on_error === null) {
            return;
        }
        try {
            ($this->on_error)($record, $reason);
        } catch (\Throwable) {
            // What it throws is its own affair.
        }
    }

    // --- Time, forks, ends ---

    private static function now(): float
    {
        return hrtime(true) / 1e9;
    }

    /**
     * Does something without a warning to the application's error handler; in a forked child with a client that begins anew:
     * what its parent holds stays the parent's.
     */
    private function quietly(\Closure $work): mixed
    {
        if (getmypid() !== $this->pid) {
            $this->beginAnew();
        }
        set_error_handler(static fn (): bool => true);
        try {
            return $work();
        } finally {
            restore_error_handler();
        }
    }

    private function beginAnew(): void
    {
        if ($this->stream !== null) {
            fclose($this->stream);
        }
        $this->pid = getmypid();
        $this->lines = $this->refused = [];
        $this->bytes = $this->tries = 0;
        $this->counts = ['logged' => 0, 'durable' => 0, 'spooled' => 0, 'refused' => 0, 'dropped' => 0, 'connects' => 0];
        $this->last_error = '';
        $this->closing = $this->closed;
        $this->lost = $this->spool_failed = false;
        $this->stream = $this->away_since = null;
        $this->next_try = $this->last_spool = 0.0;
    }

    private function shutDown(): void
    {
        if ($this->lines !== [] && $this->finish_request && function_exists('fastcgi_finish_request')) {
            fastcgi_finish_request();
        }
        $this->close();
    }

    /** What is left when there is no more time: to the spool, or dropped. The worker keeps a connection that owes no answer. */
    private function finish(): void
    {
        if ($this->stream !== null && $this->persistent && $this->lines === [] && $this->answer === '') {
            stream_set_blocking($this->stream, true); // the sign for the next request that nothing is left over
            $this->stream = null;
            unset(self::$taken_sockets[$this->socket]);
        } elseif ($this->stream !== null) {
            $this->disconnect('closed by the client');
        }
        while ($this->spoolSome()) {
        }
        foreach ($this->lines as $line) {
            $this->lost = true;
            $this->tell(json_decode($line, true), 'no answer and no spool at exit');
        }
        $this->settle(array_keys($this->lines), 'dropped');
        $this->closed = true;
    }

    /** Serves the socket until $done, or until $deadline: true where it is done. */
    private function waitFor(\Closure $done, float $deadline, bool $in_log): bool
    {
        while (!$done()) {
            if ($this->step($in_log)) {
                continue;
            }
            $now = self::now();
            if ($now >= $deadline) {
                return false;
            }
            $until = min($deadline, $this->stream !== null ? $this->last_answer + $this->ack_timeout : min($this->next_try, $this->spoolTime()));
            $left = (int) ceil(max($until - $now, 0.0) * 1e6);
            if ($this->stream === null) {
                usleep($left);
            } else {
                $read = [$this->stream];
                $write = $this->out === '' ? [] : [$this->stream];
                $except = [];
                stream_select($read, $write, $except, intdiv($left, 1000000), $left % 1000000);
            }
        }
        return true;
    }

    // --- The socket ---

    /** Does what can be done without waiting: true where something came of it. In log() the disk is waited for only where much waits. */
    private function step(bool $in_log): bool
    {
        if ($this->lines === []) {
            return false;
        }
        if ($this->stream === null && self::now() >= $this->next_try) {
            $this->connect();
        }
        if ($this->stream === null) {
            return (!$in_log || $this->isMuch()) && self::now() >= $this->spoolTime() && $this->spoolSome();
        }
        if ($this->readAnswers() || $this->writeLines()) {
            return true;
        }
        if (self::now() >= $this->last_answer + $this->ack_timeout) {
            $this->disconnect('no answer for ack_timeout');
            return true;
        }
        return false;
    }

    private function connect(): void
    {
        if (strlen($this->socket) >= self::SOCKET_PATH_BYTES) {
            $this->away('longer than the path of a socket may be');
            return;
        }
        // The worker's own connection goes to one client at a time; a second one in this request has its own.
        $this->persistent = PHP_SAPI === 'fpm-fcgi' && !isset(self::$taken_sockets[$this->socket]);
        $stream = $this->open();
        if ($stream !== false && $this->persistent && !stream_get_meta_data($stream)['blocked']) {
            fclose($stream); // an earlier request has left it in the middle of something
            $stream = $this->open();
        }
        if ($stream === false) {
            return;
        }
        stream_set_blocking($stream, false);
        $is_new = ftell($stream) === 0;
        if ($is_new && fwrite($stream, "!ack\n") !== 5) {
            fclose($stream);
            $this->away('it takes nothing');
            return;
        }
        if ($this->persistent) {
            self::$taken_sockets[$this->socket] = 1;
        }
        $this->stream = $stream;
        $this->base = $is_new ? 0 : null;
        $this->flight = $this->ends = [];
        $this->handed = $this->handed_number = $this->sent = $this->settled = $this->written = 0;
        $this->out = $this->answer = '';
        $this->last_answer = self::now();
        $this->counts['connects'] += $is_new ? 1 : 0;
    }

    /** @return resource|false */
    private function open()
    {
        $flags = STREAM_CLIENT_CONNECT | ($this->persistent ? STREAM_CLIENT_PERSISTENT : 0);
        $stream = stream_socket_client("unix://$this->socket", $code, $text, $this->max_wait, $flags);
        if ($stream === false) {
            $this->away($text !== '' ? $text : 'no connection');
        }
        return $stream;
    }

    /** The next try to connect comes after 50 ms, then twice as long each time up to 5 s, less a random half. */
    private function away(string $reason): void
    {
        $delay = min(self::FIRST_DELAY * 2 ** $this->tries, self::LAST_DELAY);
        $this->tries = min($this->tries + 1, 10);
        $this->next_try = self::now() + $delay - $delay / 2 * mt_rand() / mt_getrandmax();
        if ($this->lines !== []) { // nothing is away while nothing waits for it
            $this->away_since ??= self::now();
        }
        $this->last_error = "$this->socket: $reason";
    }

    /** Ends the connection. Lines with a refusal are settled by it; all others go first over the next one. */
    private function disconnect(string $reason): void
    {
        fclose($this->stream);
        $this->stream = null;
        if ($this->persistent) {
            unset(self::$taken_sockets[$this->socket]);
        }
        $this->settle(array_keys($this->refused), 'refused');
        $this->away($reason);
    }

    /** Takes lines away; what is not refused counts as $kind. @param list<int> $numbers */
    private function settle(array $numbers, string $kind): void
    {
        foreach ($numbers as $number) {
            $this->bytes -= strlen($this->lines[$number]);
            ++$this->counts[isset($this->refused[$number]) ? 'refused' : $kind];
            unset($this->lines[$number], $this->refused[$number]);
        }
    }

    /** Reads what respand has answered: true where there was something, also the end. */
    private function readAnswers(): bool
    {
        $got = fread($this->stream, self::ANSWER_BYTES);
        if ($got === false || $got === '') {
            if (!feof($this->stream)) {
                return false;
            }
            $this->disconnect('respand has closed the connection');
            return true;
        }
        $lines = explode("\n", $this->answer . $got);
        $this->answer = array_pop($lines);
        $wrong = strlen($this->answer) >= self::ANSWER_BYTES ? "an answer longer than any of respand's" : null;
        foreach ($lines as $line) {
            $wrong ??= trim($line, " \t\r\n") === '' ? null : $this->takeAnswer($line);
        }
        if ($wrong !== null) {
            $this->disconnect($wrong);
        }
        return true;
    }

    /** One line of respand's: null where it makes sense, else why not. What it does not know it leaves alone. */
    private function takeAnswer(string $line): ?string
    {
        // Half of a surrogate pair, which PHP refuses, may stand in an error's text.
        $answer = json_decode($line, true) ?? json_decode(preg_replace('/\\\\u[dD][89a-fA-F][0-9a-fA-F]{2}/', '\\ufffd', $line), true);
        if (!is_array($answer) || ltrim($line)[0] !== '{') {
            return self::STRANGE;
        }
        $is_durable = array_key_exists('durable', $answer);
        if (!$is_durable && !(isset($answer['line']) && array_key_exists('error', $answer))) {
            return null;
        }
        $number = $answer[$is_durable ? 'durable' : 'line'];
        if (!is_int($number)) {
            return self::STRANGE;
        }
        $this->base ??= $number - 1; // one line is without an answer, so this is about it
        $number -= $this->base;
        if ($number > $this->sent || $number < $this->settled + ($is_durable ? 0 : 1)) {
            return self::STRANGE;
        }
        $is_durable ? $this->takeDurable($number) : $this->takeRefusal($this->flight[$number], $answer['error']);
        $this->tries = 0;
        $this->away_since = null;
        $this->last_answer = self::now();
        return null;
    }

    private function takeDurable(int $count): void
    {
        while ($this->settled < $count) {
            $this->settle([$this->flight[++$this->settled]], 'durable');
            unset($this->flight[$this->settled]);
        }
    }

    private function takeRefusal(int $number, mixed $error): void
    {
        if (isset($this->refused[$number])) {
            return;
        }
        $this->refused[$number] = true;
        $reason = 'respand refused it: ' . (is_string($error) ? substr($error, 0, 200) : 'no reason');
        $this->last_error = "$this->socket: $reason";
        $this->tell(json_decode($this->lines[$number], true), $reason);
    }

    /** Writes what waits, as much as the socket takes: true where something was written. */
    private function writeLines(): bool
    {
        if ($this->out === '') {
            $this->gather();
        }
        if ($this->out === '') {
            return false;
        }
        $wrote = fwrite($this->stream, $this->out);
        if ($wrote === false) {
            // What respand said before it went still counts.
            if (!$this->readAnswers()) {
                $this->disconnect('it takes no more');
            }
            return true;
        }
        $this->out = substr($this->out, $wrote);
        $this->written += $wrote;
        while ($this->ends !== [] && $this->ends[0] <= $this->written) {
            array_shift($this->ends);
            ++$this->sent;
        }
        return $wrote > 0;
    }

    /** Over a connection of an earlier request the first line goes alone: its answer tells how many were before it. */
    private function gather(): void
    {
        if ($this->base === null && $this->handed > 0) {
            return;
        }
        if ($this->sent === $this->settled) {
            $this->last_answer = self::now(); // from here on an answer is waited for
        }
        $most = $this->base === null ? 1 : PHP_INT_MAX;
        $end = $this->written;
        $number = max($this->handed_number + 1, array_key_first($this->lines) ?? 0);
        for (; $number <= $this->taken && strlen($this->out) < self::WRITE_BYTES && $most > 0; ++$number) {
            if (isset($this->lines[$number])) {
                $this->out .= $this->lines[$number];
                $this->ends[] = $end + strlen($this->out);
                $this->flight[++$this->handed] = $this->handed_number = $number;
                --$most;
            }
        }
    }

    // --- The spool ---

    /** How much is worth a spool file before its time: a whole one, or half of the room. */
    private function isMuch(): bool
    {
        return count($this->lines) >= min(self::SPOOL_LINES, intdiv($this->max_queue, 2) + 1)
            || $this->bytes >= min(self::SPOOL_BYTES, intdiv($this->max_queue_bytes, 2) + 1);
    }

    /** When what waits goes to the spool, while there is no connection. */
    private function spoolTime(): float
    {
        if ($this->spool === '' || $this->away_since === null) {
            return INF;
        }
        if ($this->closing && !$this->spool_failed) {
            return 0.0;
        }
        $early = !$this->spool_failed && $this->isMuch();
        return max($this->away_since + $this->spool_after, $early ? 0.0 : $this->last_spool + $this->spool_after);
    }

    /** Writes as many lines as go into a file to the spool directory: true where it is there. */
    private function spoolSome(): bool
    {
        if ($this->lines === [] || $this->spool === '') {
            return false;
        }
        $text = '';
        $numbers = [];
        foreach ($this->lines as $number => $line) {
            if ($numbers !== [] && (count($numbers) === self::SPOOL_LINES || strlen($text) + strlen($line) > self::SPOOL_BYTES)) {
                break;
            }
            $text .= $line;
            $numbers[] = $number;
        }
        $this->spool_failed = !$this->writeSpoolFile($text);
        $this->last_spool = self::now();
        if ($this->spool_failed) {
            $this->last_error = "$this->spool: can't be written";
            return false;
        }
        $this->settle($numbers, 'spooled');
        return true;
    }

    /** Synced, file and directory, and renamed into place; leaves nothing behind where that fails. */
    private function writeSpoolFile(string $text): bool
    {
        $name = sprintf('respand-%d-%d-%s.ndjson', $this->pid, (int) (microtime(true) * 1e6), bin2hex(random_bytes(8)));
        $temporary = "$this->spool/.$name.tmp";
        $mask = umask(umask() | 0137);
        $file = fopen($temporary, 'x');
        umask($mask);
        if ($file === false) {
            return false;
        }
        $written = fwrite($file, $text) === strlen($text) && fflush($file) && fsync($file);
        if (!fclose($file) || !$written || !rename($temporary, "$this->spool/$name")) {
            unlink($temporary);
            return false;
        }
        $directory = fopen($this->spool, 'r');
        if ($directory === false || !fsync($directory)) {
            return !unlink("$this->spool/$name"); // where it is gone respand has taken it already
        }
        return true;
    }
}
