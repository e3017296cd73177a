<?php
// The test program of the client in PHP, as tests/clients/storm.py wants it. PHP has no threads: it logs one after the other.
declare(strict_types=1);

require __DIR__ . '/../../../clients/php/respand.php';

[, $socket, $spool, , $prefix, $max_queue, $close_timeout] = $argv;
$client = new Respand\Client(socket: $socket, spool: $spool === '-' ? '' : $spool, max_queue: (int) $max_queue, close_timeout: (float) $close_timeout, ack_timeout: (float) (getenv('STORM_ACK_TIMEOUT') ?: 30));
$times = [];
$number = 0;

function print_stats(Respand\Client $client, array $times): void
{
    sort($times);
    $figures = ['p50_us' => $times[intdiv(count($times), 2)] ?? 0, 'p99_us' => $times[intdiv(count($times) * 99, 100)] ?? 0, 'max_us' => end($times) ?: 0];
    echo json_encode($client->stats() + $figures), "\n";
}

try {
    while (($line = fgets(STDIN)) !== false) {
        [$word, $count] = explode(' ', rtrim($line)) + [1 => '1'];
        if ($word === 'log') {
            for ($i = 0; $i < (int) $count; ++$i) {
                $record = [
                    'custom_identifier' => "$prefix-" . $number++, 'model' => 'gpt-4o', 'prompt_messages' => [['role' => 'user', 'content' => "héllo \0"]],
                    'completion_message' => ['role' => 'assistant', 'content' => 'Hi.'], 'usage' => ['prompt_tokens' => 3, 'completion_tokens' => 2],
                ];
                $before = hrtime(true);
                $client->log($record);
                $times[] = (hrtime(true) - $before) / 1e3;
            }
            echo "logged $count\n";
        } elseif ($word === 'deep') {
            $deep = 1;
            for ($i = 0; $i < 70; ++$i) {
                $deep = ['a' => $deep];
            }
            $client->log(['custom_identifier' => "$prefix-deep", 'deep' => $deep]);
            echo "logged 1\n";
        } elseif ($word === 'flush') {
            echo 'flushed ', $client->flush(20) ? 'true' : 'false', "\n";
        } elseif ($word === 'stats') {
            print_stats($client, $times);
        } elseif ($word === 'exit') {
            exit(0);
        }
    }
    $client->close();
    print_stats($client, $times);
} catch (Throwable $error) {
    fwrite(STDERR, "$error\n");
    exit(3);
}
