# frozen_string_literal: true

# The test program of the client in Ruby, as tests/clients/storm.py wants it.
require_relative "../../../clients/ruby/respand"

socket, spool, threads, prefix, max_queue, close_timeout = ARGV
client = Respand::Client.new(socket: socket, spool: spool == "-" ? "" : spool, max_queue: max_queue.to_i, close_timeout: close_timeout.to_f,
                             ack_timeout: ENV.fetch("STORM_ACK_TIMEOUT", 30).to_f)
times = []
number = -1
numbers = Mutex.new
$stdout.sync = true

log = lambda do |count|
  lists = Array.new(threads.to_i) do |thread|
    Thread.new do
      ((count / threads.to_i) + (thread < count % threads.to_i ? 1 : 0)).times.map do
        mine = numbers.synchronize { number += 1 }
        record = { custom_identifier: "#{prefix}-#{mine}", model: "gpt-4o", prompt_messages: [{ role: "user", content: "héllo \u0000" }],
                   completion_message: { role: "assistant", content: "Hi." }, usage: { prompt_tokens: 3, completion_tokens: 2 } }
        before = Process.clock_gettime(Process::CLOCK_MONOTONIC)
        client.log(record)
        (Process.clock_gettime(Process::CLOCK_MONOTONIC) - before) * 1e6
      end
    end
  end
  times.concat(lists.flat_map(&:value))
end

stats = lambda do
  sorted = times.sort
  figures = { p50_us: sorted[sorted.size / 2] || 0, p99_us: sorted[sorted.size * 99 / 100] || 0, max_us: sorted.last || 0 }
  puts JSON.generate(client.stats.merge(figures))
end

begin
  while (line = $stdin.gets)
    case line.chomp
    when /\Alog (\d+)\z/
      log.call(Regexp.last_match(1).to_i)
      puts "logged #{Regexp.last_match(1)}"
    when "deep"
      client.log({ custom_identifier: "#{prefix}-deep", deep: 70.times.reduce(1) { |inner, _| { a: inner } } })
      puts "logged 1"
    when "flush" then puts "flushed #{client.flush(20)}"
    when "stats" then stats.call
    when "exit" then exit
    end
  end
  client.close
  stats.call
rescue StandardError => e
  warn e.full_message
  exit!(3)
end
