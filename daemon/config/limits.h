#pragma once
// The limits of configured values, each with its reason. A value outside of its limits is a mistake, which is reported;
// it is never changed to fit. Used by keys.cc and check.cc.

#include <cstddef>
#include <cstdint>

#include "respand/base/units.h"

namespace respand::config {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

inline constexpr std::size_t kLongestPath = 4000;       // PATH_MAX is 4096, and file names come behind
inline constexpr std::size_t kLongestSocketPath = 107;  // sun_path is 108 with its end mark

inline constexpr std::uint32_t kMostBatchRecords = 10'000;   // answers name each record; the API's pages end at 1,000
inline constexpr Bytes kLeastBatch = kibibytes(64);          // below, a batch is one record
inline constexpr Bytes kMostBatch = mebibytes(100);          // the API's own limit for a batch
inline constexpr Duration kMostLinger = seconds{10};         // it delays every record, for nothing behind a few hundred
inline constexpr Duration kLeastTimeout = milliseconds{10};  // below, a loaded host fails on itself
inline constexpr Duration kMostConnect = minutes{5};         // Linux itself gives up after two
inline constexpr Duration kMostRequest = hours{1};           // a 20 MiB record at modem speed

inline constexpr Bytes kMostMessage = mebibytes(64);   // a NATS server takes no larger max_payload
inline constexpr std::uint32_t kMostMessages = 256;    // each is in memory, up to nats.batch.max_bytes
inline constexpr std::uint32_t kMostReplicas = 5;      // JetStream's own limit
inline constexpr Duration kMostKeep = hours{24 * 31};  // a stream that is lost is noticed much sooner

inline constexpr Bytes kLeastRecord = kibibytes(1);              // below, hardly any completion fits
inline constexpr Bytes kMostRecord = mebibytes(31);              // the journal's own limit is 32 MiB with what is added
inline constexpr std::uint32_t kMostConnections = 65'536;        // a descriptor each, of a million at most
inline constexpr Bytes kLeastByteRate = kibibytes(1);            // below, one completion takes seconds
inline constexpr Bytes kMostByteRate = gibibytes(64);            // more than a socket carries
inline constexpr Duration kMostQuietPeriod = hours{1};           // a file that long untouched is not being written
inline constexpr Bytes kLeastRejected = kibibytes(64);           // below, not even the reasons have room
inline constexpr Bytes kMostRejected = gibibytes(1024);          // more is not a place to look at
inline constexpr Duration kLeastQuietPeriod = milliseconds{10};  // time stamps of files are no finer

inline constexpr Bytes kLeastSegment = mebibytes(1);         // a file for each: a small one costs more than it holds
inline constexpr Bytes kMostSegment = gibibytes(2);          // offsets in a segment may be 32 bits
inline constexpr Bytes kMostJournal = gibibytes(64 * 1024);  // 64 TiB: ext4's largest volume is near
inline constexpr Bytes kRecordOverhead = kibibytes(64);      // header, attributes and added fields, generously
inline constexpr Duration kLeastSyncInterval = milliseconds{1};  // below, it is `always`
inline constexpr Duration kMostSyncDelay = seconds{1};           // so late is what plain lines bring delivered
inline constexpr Duration kMostSyncInterval = minutes{1};        // this much is lost with the power

inline constexpr std::uint32_t kMostWorkers = 64;  // a thread each; one fills a core at some 10,000 requests a second
inline constexpr std::uint32_t kMostInFlight = 65'536;       // a record in memory each
inline constexpr std::uint32_t kMostHttpConnections = 4096;  // more ports than this to one server are an attack
inline constexpr std::uint32_t kMostRate = 1'000'000;        // more than the machine can do
inline constexpr Duration kLeastRetry = milliseconds{1};     // 0 would be a busy loop
inline constexpr Duration kMostRetryInitial = hours{1};
inline constexpr Duration kMostRetry = hours{24};  // an API that is back should be noticed the same day
inline constexpr Duration kLeastAge = seconds{1};
inline constexpr Duration kMostAge = hours{24 * 3650};     // ten years; 0 is for ever
inline constexpr std::uint32_t kMostAttempts = 1'000'000;  // two years of tries a minute
inline constexpr double kMostFreshShare = 0.9;             // the backlog is never starved
inline constexpr Duration kMostDrain = hours{1};           // systemd kills after 90 s unless told otherwise

inline constexpr Duration kLeastRetention = hours{24};          // a day's names are told apart by the rows of that day
inline constexpr Duration kMostDeduplicate = hours{24 * 31};    // each identifier is remembered on the disk so long
inline constexpr Duration kMostRetention = hours{24 * 36'500};  // the longest duration that can be written

inline constexpr Duration kMostSlow = hours{24};  // no call takes longer

inline constexpr Bytes kLeastDeadLetters = mebibytes(1);  // below, one bad record would not fit

}  // namespace respand::config
