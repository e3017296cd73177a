<?php
// A page as an application has it, for fpm_test.py: logs records, and says what became of them where it is asked to wait.
require __DIR__ . '/../../../clients/php/respand.php';

parse_str($_SERVER['QUERY_STRING'], $ask);
$client = new Respand\Client(socket: $ask['socket'], spool: $ask['spool'] ?? '', close_timeout: (float) ($ask['close_timeout'] ?? 10));
if (isset($ask['half'])) { // as a request that is ended in the middle of a line leaves the worker's connection
    $stream = stream_socket_client('unix://' . $ask['socket'], $code, $text, 1, STREAM_CLIENT_CONNECT | STREAM_CLIENT_PERSISTENT);
    stream_set_blocking($stream, false);
    fwrite($stream, '{"half":');
}
if (isset($ask['deep'])) {
    $client->log(['deep' => json_decode(str_repeat('[', 70) . str_repeat(']', 70))]);
}
foreach (array_filter(explode(',', $ask['records'] ?? '')) as $name) {
    $client->log(['custom_identifier' => $name, 'model' => 'gpt-4o']);
}
if (isset($ask['two'])) { // a second client in the same request
    (new Respand\Client(socket: $ask['socket'], spool: ''))->log(['custom_identifier' => $ask['two']]);
}
if (isset($ask['wait'])) {
    $client->flush(20);
}
header('Content-Type: text/plain');
echo json_encode($client->stats() + ['pid' => getmypid()]);
if (isset($ask['fail'])) {
    this_function_is_nowhere();
}
