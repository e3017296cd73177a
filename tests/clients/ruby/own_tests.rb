# frozen_string_literal: true

# What the client in Ruby does by itself; there is no daemon, and the lines are read from the spool directory.   own_tests.rb FOLDER
require "timeout"
require_relative "../../../clients/ruby/respand"

FOLDER = ARGV.fetch(0)
AWAY = { socket: "/nowhere/respand.sock", spool: FOLDER }.freeze
$failed = false

def expect(wanted, found)
  return if wanted === found

  $failed = true
  puts "#{caller_locations(1, 1).first}: #{wanted.inspect} expected, not #{found.inspect}"
end

def take_spool
  Dir[File.join(FOLDER, "*.ndjson")].flat_map do |path|
    File.readlines(path, chomp: true, encoding: "UTF-8").tap { File.unlink(path) }
  end
end

def logged(*records, **settings)
  client = Respand::Client.new(**AWAY, **settings)
  taken = records.map { |record| client.log(record) }
  client.close
  [taken, take_spool, client.stats]
end

# What is added, and what is not.
_, lines, = logged({ "timestamp" => nil, custom_identifier: "x", a: "é\u0000\n" }, {}, { a: { timestamp: 1 } }, { "a" => 1.5, b: nil, c: [true] })
expect '{"timestamp":null,"custom_identifier":"x","a":"é\u0000\n"}', lines[0]
expect(/\A\{"timestamp":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z","custom_identifier":"\h{8}-\h{4}-4\h{3}-[89ab]\h{3}-\h{12}"\}\z/, lines[1])
expect(/\A\{"a":\{"timestamp":1\},"timestamp":"/, lines[2])
expect(/\A\{"a":1.5,"b":null,"c":\[true\],"timestamp":"/, lines[3])

# What is no JSON object is refused; nothing is raised.
inside = {}
inside[:itself] = inside
odd = Class.new(Hash) { def to_json(*) = "{\n\"custom_identifier\":\r1}" }.new.merge!(timestamp: 1, custom_identifier: 1)
wrong = Class.new(Hash) { def to_json(*) = "!ack" }.new
raising = Class.new(Hash) { def to_json(*) = raise("no") }.new
bad = [nil, 1, "{}", [], [{}], { a: Float::NAN }, { a: Float::INFINITY }, { a: "\xff" }, { a: "\xed\xa0\x80" }, { a: "\xff".b }, inside, wrong, raising, { a: "x" * 200 }]
taken, lines, stats = logged(*bad, max_record: 200)
expect [false] * bad.size, taken
expect [], lines
expect bad.size, stats[:refused]
taken, lines, = logged(odd)
expect [[true], ['{ "custom_identifier": 1}']], [taken, lines]

# A later change does not matter, and what is frozen is taken.
client = Respand::Client.new(**AWAY)
record = { a: +"before" }
client.log(record)
record[:a] << " and after"
expect 1, record.size
client.log({ a: "frozen" }.freeze)
client.close
expect %w[before frozen], take_spool.map { |line| JSON.parse(line)["a"] }
expect false, client.log({})
expect 1, client.stats[:dropped]

# on_error hears of what is not taken, whatever it raises itself.
heard = []
_, _, stats = logged({ n: 1 }, nil, { n: 2 }, { n: 3 }, max_queue: 2, spool: "", close_timeout: 0.1,
                                                       on_error: ->(one, reason) { heard << [one, reason] and raise "mine" })
expect [[nil, "not a Hash"], [{ n: 3 }, "the queue is full"]], heard[0, 2]
expect [[1, "no answer and no spool at exit"], [2, "no answer and no spool at exit"]], heard[2..].map { |one, reason| [one["n"], reason] }
expect [4, 1, 3, 0], stats.values_at(:logged, :refused, :dropped, :queued)

# No answer for ack_timeout ends the connection; over the next one a line is refused, and on_error hears of it.
server = UNIXServer.new(File.join(FOLDER, ".fake.sock"))
daemon = Thread.new do
  mute = server.accept
  second = server.accept
  lines = Array.new(3) { second.gets }
  second.write(%({"line":1,"error":"no"}\n{"durable":2}\n))
  second.gets
  mute.close
  lines
end
heard = []
client = Respand::Client.new(socket: server.local_address.unix_path, spool: "", ack_timeout: 0.1, on_error: ->(*one) { heard << one })
client.log({ n: 1, timestamp: 1, custom_identifier: "é" })
client.log({ n: 2 })
expect true, client.flush(20)
expect true, client.close
expect [1, 1, 2], client.stats.values_at(:durable, :refused, :connects)
expect [[{ "n" => 1, "timestamp" => 1, "custom_identifier" => "é" }, "respand refused it: no"]], heard
expect ["!ack\n", "{\"n\":1,\"timestamp\":1,\"custom_identifier\":\"é\"}\n".b], daemon.value[0, 2].map(&:b)

# In a signal handler no lock may be taken; a killed sender is replaced; an impatient caller breaks nothing.
client = Respand::Client.new(**AWAY)
trap("USR1") { $in_trap = client.log({ in: "trap" }) }
Process.kill("USR1", Process.pid)
Thread.pass while $in_trap.nil?
expect false, $in_trap
client.log({})
Thread.list.find { |thread| thread.name == "respand" }.kill.join
client.log({})
begin
  Timeout.timeout(0.001) { loop { client.log({}) } }
rescue Timeout::Error
  client.log({ last: true })
end
client.close
stats = client.stats
expect stats[:logged], stats[:spooled] + stats[:dropped] # one in the trap; more where a busy machine lets the loop fill the queue
expect stats[:spooled], take_spool.size

# Children made while threads log: each has its own records only, and its end spools them.
client = Respand::Client.new(**AWAY)
threads = Array.new(2) { Thread.new { 500.times { client.log({ by: "parent" }) } } }
children = Array.new(10) do
  fork do
    expect 0, client.stats[:logged]
    expect true, client.log({ by: "child" })
    exit!(1) if $failed
  end
end
children.each { |child| expect true, Process.wait2(child).last.success? }
threads.each(&:join)
client.close
by = take_spool.map { |line| JSON.parse(line)["by"] }.tally
expect({ "parent" => 1000, "child" => 10 }, by)

exit($failed ? 1 : 0)
