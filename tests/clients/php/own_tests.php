<?php
// What the client in PHP does by itself; there is no daemon, and the lines are read from the spool directory.   own_tests.php FOLDER
declare(strict_types=1);

require __DIR__ . '/../../../clients/php/respand.php';

$folder = $argv[1];
$failed = false;

function expect(mixed $wanted, mixed $found): void
{
    if ($wanted !== $found) {
        $GLOBALS['failed'] = true;
        echo 'line ', debug_backtrace()[0]['line'], ': ', json_encode($wanted), ' expected, not ', json_encode($found), "\n";
    }
}

function take_spool(): array
{
    $lines = [];
    foreach (glob($GLOBALS['folder'] . '/*.ndjson') as $path) {
        array_push($lines, ...file($path, FILE_IGNORE_NEW_LINES));
        unlink($path);
    }
    return $lines;
}

function client(mixed ...$settings): Respand\Client
{
    return new Respand\Client(...$settings + ['socket' => '/nowhere/respand.sock', 'spool' => $GLOBALS['folder']]);
}

function line_of(mixed $record): ?string
{
    $client = client();
    $client->log($record);
    $client->close();
    return take_spool()[0] ?? null;
}

// An application's handler that makes exceptions of warnings hears nothing of the client's.
set_error_handler(fn (int $code, string $text) => throw new ErrorException($text));

// What is added, and what is not.
expect('{"timestamp":null,"custom_identifier":"x","a":"é\u0000/\n","b":1.0}', line_of(['timestamp' => null, 'custom_identifier' => 'x', 'a' => "é\0/\n", 'b' => 1.0]));
$uuid = '[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}';
expect(1, preg_match("/^\\{\"timestamp\":\"\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}Z\",\"custom_identifier\":\"$uuid\"\\}$/", line_of([])));
expect(1, preg_match('/^\{"a":\{"timestamp":1\},"timestamp":"/', line_of(['a' => ['timestamp' => 1]])));
expect(1, preg_match('/^\{"a":1,"timestamp":"/', line_of((object) ['a' => 1])));
$serializable = new class () implements JsonSerializable {
    private int $hidden = 1;

    public function jsonSerialize(): mixed
    {
        return (object) ['timestamp' => $this->hidden, 'custom_identifier' => 2];
    }
};
expect('{"timestamp":1,"custom_identifier":2}', line_of($serializable));

// What is no JSON object is refused; nothing is thrown, whatever on_error throws.
$inside = [];
$inside['itself'] = &$inside;
$throwing = new class () implements JsonSerializable {
    public function jsonSerialize(): mixed
    {
        throw new Exception('no');
    }
};
$bad = [null, 1, '{}', [1], [[]], ['a' => NAN], ['a' => INF], ['a' => "\xff"], ['a' => "\xed\xa0\x80"], $inside, $throwing, ['a' => $throwing], ['a' => str_repeat('x', 200)], ['a' => STDIN]];
$heard = [];
$client = client(max_record: 200, on_error: function (mixed $record, string $why) use (&$heard) {
    $heard[] = $why;
    throw new Exception('mine');
});
foreach ($bad as $record) {
    expect(false, $client->log($record));
}
expect(count($bad), $client->stats()['refused']);
expect(count($bad), count($heard));
expect(true, $client->close());
expect([], take_spool());

// Without a spool: the queue is bounded, and the end drops what is left.
$heard = [];
$client = client(spool: '', max_queue: 2, close_timeout: 0.1, on_error: function (mixed $record, string $why) use (&$heard) {
    $heard[] = [$record['n'], $why];
});
expect([true, true, false], array_map(fn (int $n): bool => $client->log(['n' => $n]), [1, 2, 3]));
expect(false, $client->flush(0.01));
expect(false, $client->close());
expect(false, $client->close());
expect(false, $client->log(['n' => 4]));
expect([[3, 'the queue is full'], [1, 'no answer and no spool at exit'], [2, 'no answer and no spool at exit'], [4, 'the client is closed']], $heard);
expect([4, 4, 0], array_map(fn (string $key) => $client->stats()[$key], ['logged', 'dropped', 'queued']));

// No answer for ack_timeout ends the connection; over the next one a line is refused, and on_error hears of it.
$server = stream_socket_server("unix://$folder/.fake.sock");
$daemon = pcntl_fork();
if ($daemon === 0) {
    $mute = stream_socket_accept($server, 60);
    $second = stream_socket_accept($server, 60);
    $lines = [fgets($second), fgets($second), fgets($second)];
    fwrite($second, "{\"line\":1,\"error\":\"no\"}\n{\"durable\":2}\n");
    fgets($second);
    exit($lines[0] === "!ack\n" && str_starts_with($lines[1], '{"n":1,') ? 0 : 1);
}
$heard = [];
$client = client(socket: "$folder/.fake.sock", spool: '', ack_timeout: 0.1, on_error: function (mixed $record, string $why) use (&$heard) {
    $heard[] = [$record['n'], $why];
});
expect([true, true, true, true], [$client->log(['n' => 1]), $client->log(['n' => 2]), $client->flush(20), $client->close()]);
expect([1, 1, 2], array_map(fn (string $key) => $client->stats()[$key], ['durable', 'refused', 'connects']));
expect([[1, 'respand refused it: no']], $heard);
pcntl_waitpid($daemon, $status);
expect(0, pcntl_wexitstatus($status));

// In log() a file is written where much waits.
$client = client(max_queue: 10, spool_after: 0.0);
for ($n = 0; $n < 100; ++$n) {
    expect(true, $client->log(['n' => $n]));
}
expect(true, $client->close());
expect(range(0, 99), array_map(fn (string $line) => json_decode($line, true)['n'], (function (): array {
    $lines = take_spool();
    usort($lines, fn ($a, $b) => json_decode($a, true)['n'] <=> json_decode($b, true)['n']);
    return $lines;
})()));

// Children have their own records only, and their end spools them, also where it is an exception that nobody catches.
$client = client();
$client->log(['by' => 'parent']);
foreach (['end', 'throw'] as $how) {
    $child = pcntl_fork();
    if ($child === 0) {
        expect(0, $client->stats()['logged']);
        expect(true, $client->log(['by' => 'child']));
        fclose(STDERR);
        $failed ? exit(1) : ($how === 'end' ? exit(0) : throw new Exception('nobody catches this'));
    }
    pcntl_waitpid($child, $status);
    expect($how === 'end' ? 0 : 255, pcntl_wexitstatus($status));
}
expect(true, $client->close());
$by = array_count_values(array_map(fn (string $line) => json_decode($line, true)['by'], take_spool()));
ksort($by);
expect(['child' => 2, 'parent' => 1], $by);

exit($failed ? 1 : 0);
