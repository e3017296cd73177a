#include "respand/http1/request_reader.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <random>

#include "respand/base/text.h"

namespace respand::http1 {
namespace {

using Step = HttpRequestReader::Step;

// What a reader makes of bytes that come in the given pieces: one line a request, then how it ended.
std::string read_all(const std::vector<std::string>& pieces, Bytes max_body = Bytes{1000}) {
  HttpRequestReader reader(max_body);
  std::string found;
  for (const std::string& piece : pieces) {
    // A buffer of its own, gone after each piece: a view that is kept too long is found by the address sanitizer.
    const std::unique_ptr<char[]> memory = std::make_unique<char[]>(piece.size() + 1);
    std::copy(piece.begin(), piece.end(), memory.get());
    std::string_view input(memory.get(), piece.size());
    for (bool more = true; more;) {
      switch (reader.read(input)) {
        case Step::kMore:
          EXPECT_TRUE(input.empty());
          more = false;
          break;
        case Step::kHead:
          found += cat(reader.head().post ? "POST " : "other ", reader.head().target);
          break;
        case Step::kDone:
          found += cat(" [", reader.body(), "]", reader.head().keep_alive ? "\n" : " close\n");
          reader.next();
          break;
        case Step::kBroken:
          EXPECT_FALSE(reader.error().empty());
          return cat(found, "broken ", reader.status());
      }
    }
    EXPECT_LE(reader.memory(), 2 * max_body.value + 64 * 1024);
  }
  return found + (reader.in_request() ? "unfinished" : "end");
}

std::string read_whole(const std::string& bytes) { return read_all({bytes}); }

TEST(HttpRequest, LengthAndChunksAndPipelines) {
  EXPECT_EQ(read_whole("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"), "POST /a [hello]\nend");
  EXPECT_EQ(read_whole("POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
                       "chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nT: v\r\n\r\n"),
            "POST /a [hello]\nend");
  EXPECT_EQ(read_whole("GET /b HTTP/1.1\r\nHost: x\r\n\r\nPOST /c HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nxGET "
                       "/d HTTP/1.0\r\n\r\n"),
            "other /b []\nPOST /c [x]\nother /d [] close\nend");
  EXPECT_EQ(read_whole("POST /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"),
            "POST /a [] close\nend");
}

TEST(HttpRequest, WhatIsHandedOnIsTheSameRequest) {
  for (const std::string method : {"POST", "PATCH", "GET"}) {
    HttpRequestReader reader(Bytes{1000});
    const std::string begun =
        method + " /request-logs/a HTTP/1.1\r\nHost: h\r\nX-Respan-A: b\r\nContent-Length: 4\r\n\r\n{}";
    std::string_view input = begun;
    ASSERT_EQ(reader.read(input), Step::kHead);
    ASSERT_EQ(reader.read(input), Step::kMore);
    const std::string so_far = reader.so_far({});
    EXPECT_TRUE(so_far.starts_with(method + " /request-logs/a HTTP/1.1\r\n")) << so_far;
    EXPECT_NE(so_far.find("\r\nX-Respan-A: b\r\n"), std::string::npos) << so_far;
    EXPECT_TRUE(so_far.ends_with("\r\n\r\n{}")) << so_far;
  }
}

TEST(HttpRequest, LineEndsInFrontOfARequestAreSkippedHoweverTheyAreCut) {
  const std::string request = "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx";
  for (const std::string between : {"\r\n", "\n", "\r\n\r\n"}) {
    const std::string bytes = request + between + request + between;
    for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
      EXPECT_EQ(read_all({bytes.substr(0, cut), bytes.substr(cut)}), "POST /a [x]\nPOST /a [x]\nend") << cut;
    }
  }
  EXPECT_EQ(read_whole(request + "\r" + request), "POST /a [x]\nbroken 400");
  EXPECT_EQ(read_whole(request + " " + request), "POST /a [x]\nbroken 400");
}

TEST(HttpRequest, EveryCutReadsTheSame) {
  const std::string bytes =
      "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 7\r\n\r\n{\"a\":1}"
      "POST /b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n1\r\n{\r\n6;e=\"q\"\r\n\"b\":2}\r\n00\r\nA: "
      "b\r\n\r\n"
      "POST /e HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\n\r\n"
      "GET /c HTTP/1.1\r\nHost: x\r\n\r\n";
  const std::string expected = "POST /a [{\"a\":1}]\nPOST /b [{\"b\":2}]\nPOST /e []\nother /c []\nend";
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    EXPECT_EQ(read_all({bytes.substr(0, cut), bytes.substr(cut)}), expected) << cut;
  }
  for (std::size_t size = 1; size < 40; ++size) {
    std::vector<std::string> pieces;
    for (std::size_t at = 0; at < bytes.size(); at += size) {
      pieces.push_back(bytes.substr(at, size));
    }
    EXPECT_EQ(read_all(pieces), expected) << size;
  }
}

TEST(HttpRequest, WhatHidesARequestInAnotherIsRefused) {
  const auto with = [](const std::string& headers) {
    return read_whole("POST / HTTP/1.1\r\nHost: x\r\n" + headers +
                      "\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n");
  };
  EXPECT_EQ(with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), "broken 400");
  EXPECT_EQ(with("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), "broken 400");
  EXPECT_EQ(with("Content-Length: 5\r\nContent-Length: 6\r\n"), "broken 400");
  EXPECT_EQ(with("Content-Length: 5\r\nContent-Length: 5\r\n"), "broken 400");
  EXPECT_EQ(with("Content-Length: 5, 5\r\n"), "broken 400");
  EXPECT_EQ(with("Content-Length: +5\r\n"), "broken 400");
  EXPECT_EQ(with("Content-Length: -1\r\n"), "broken 400");
  EXPECT_EQ(with("Content-Length: 0x5\r\n"), "broken 400");
  EXPECT_EQ(with("Content-Length: 5 5\r\n"), "broken 400");
  EXPECT_EQ(with("Content-Length: 18446744073709551621\r\n"), "broken 400");
  EXPECT_EQ(with("Content-Length:\r\n"), "broken 400");
  EXPECT_EQ(with("Transfer-Encoding: gzip\r\n"), "broken 501");
  EXPECT_EQ(with("Transfer-Encoding: gzip, chunked\r\n"), "broken 501");
  EXPECT_EQ(with("Transfer-Encoding: chunked, gzip\r\n"), "broken 501");
  EXPECT_EQ(with("Transfer-Encoding: chunked, chunked\r\n"), "broken 501");
  EXPECT_EQ(with("Transfer-Encoding: xchunked\r\n"), "broken 501");
  EXPECT_EQ(with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), "broken 400");
  EXPECT_EQ(with("Transfer-Encoding: gzip\r\nContent-Length: 5\r\n"), "broken 400");
  EXPECT_EQ(with("Content-Length : 5\r\n"), "broken 400");
  EXPECT_EQ(with("Content-Length: 5\n"), "broken 400");
  EXPECT_EQ(read_whole("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), "broken 400");
}

TEST(HttpRequest, BadChunks) {
  const auto body = [](const std::string& chunks) {
    return read_whole("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks);
  };
  EXPECT_EQ(body("x\r\n"), "POST /broken 400");
  EXPECT_EQ(body("-1\r\n"), "POST /broken 400");
  EXPECT_EQ(body("2\r\nabX\r\n\r\n"), "POST /broken 400");
  EXPECT_EQ(body("2\r\nab0\r\n\r\n"), "POST /broken 400");
  EXPECT_EQ(body("fffffffffffffffff\r\n"), "POST /broken 400");
  EXPECT_EQ(body("ffffffffffffffff\r\n"), "POST /broken 413");
  EXPECT_EQ(body("3e9\r\n"), "POST /broken 413");
  EXPECT_EQ(body("1\r\na\r\n3e8\r\n"), "POST /broken 413");
  EXPECT_EQ(body("1;" + std::string(100'000, 'x')), "POST /broken 400");
  EXPECT_EQ(body("0\r\nA: " + std::string(100'000, 'x')), "POST /broken 400");
  EXPECT_EQ(body("0\r\nContent-Length: 5\r\n\r\n"), "POST /broken 400");
  EXPECT_EQ(body("1\r\na"), "POST /unfinished");
}

TEST(HttpRequest, Limits) {
  const auto of_length = [](std::size_t n) {
    return read_whole(cat("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ", n, "\r\n\r\n", std::string(n, 'x')));
  };
  EXPECT_EQ(of_length(999), "POST / [" + std::string(999, 'x') + "]\nend");
  EXPECT_EQ(of_length(1000), "POST / [" + std::string(1000, 'x') + "]\nend");
  EXPECT_EQ(of_length(1001), "broken 413");
  EXPECT_EQ(read_whole("GET /" + std::string(20'000, 'x') + " HTTP/1.1\r\nHost: x\r\n\r\n"), "broken 431");
  EXPECT_EQ(read_whole("GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(20'000, 'x') + "\r\n\r\n"), "broken 431");
  std::vector<std::string> drops(20'000, "x");
  drops.insert(drops.begin(), "GET / HTTP/1.1\r\nHost: x\r\nA: ");
  EXPECT_EQ(read_all(drops), "broken 431");
  EXPECT_EQ(read_whole("GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(7'000, 'x') + "\r\n\r\n"), "other / []\nend");
}

TEST(HttpRequest, NotHttp) {
  EXPECT_EQ(read_whole("{\"a\":1}\n"), "broken 400");
  EXPECT_EQ(read_whole("HELLO\r\n\r\n"), "broken 400");
  EXPECT_EQ(read_whole("{\"model\":\"m\"}\n\r\n"), "broken 400");
  EXPECT_EQ(read_whole(std::string("\x16\x03\x01\x02\x00", 5)), "broken 400");
  EXPECT_EQ(read_whole("GET / HTTP/2.0\r\n\r\n"), "broken 505");
  EXPECT_EQ(read_whole("GET / HTTP/0.9\r\n\r\n"), "broken 505");
  EXPECT_EQ(read_whole("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), "broken 505");
  EXPECT_EQ(read_whole(std::string("GET /\0 HTTP/1.1\r\n\r\n", 19)), "broken 400");
  EXPECT_EQ(read_whole("GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n"), "broken 400");
  EXPECT_EQ(read_whole("GET / HTT"), "unfinished");
}

TEST(HttpRequest, ADiscardedBodyTakesNoMemory) {
  HttpRequestReader reader(mebibytes(20));
  std::string head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\r\n";
  std::string_view input = head;
  ASSERT_EQ(reader.read(input), Step::kHead);
  reader.discard_body();
  const std::string piece(1'000'000, 'x');
  for (int i = 0; i < 10; ++i) {
    input = piece;
    EXPECT_EQ(reader.read(input), i == 9 ? Step::kDone : Step::kMore);
    EXPECT_LT(reader.memory(), 64U * 1024);
  }
}

// Requests one behind the other, of which some have a body over the limit: those are read to their end and thrown away.
std::vector<std::string> bodies_of(const std::string& bytes, std::size_t piece, Bytes limit) {
  HttpRequestReader reader(limit, LargeBody::kDiscard);
  std::vector<std::string> bodies;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    const std::string part = bytes.substr(at, piece);
    std::string_view input = part;
    for (Step step = Step::kHead; step != Step::kMore;) {
      step = reader.read(input);
      EXPECT_NE(step, Step::kBroken) << reader.error();
      if (step == Step::kBroken) {
        return bodies;
      }
      if (step == Step::kDone) {
        bodies.push_back(reader.body_too_large() ? "too large" : std::string(reader.body()));
        reader.next();
      }
    }
    EXPECT_LE(reader.memory(), 2 * limit.value + 64 * 1024);
  }
  return bodies;
}

TEST(HttpRequest, DiscardsABodyOverTheLimitAndGoesOn) {
  constexpr std::size_t kMostBody = 100;
  const auto post = [](const std::string& body) {
    return cat("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ", body.size(), "\r\n\r\n", body);
  };
  for (const std::size_t size : {kMostBody - 1, kMostBody, kMostBody + 1, 10 * kMostBody}) {
    const std::string body(size, 'x');
    char head[16];
    std::snprintf(head, sizeof head, "%zx\r\n", size - 1);
    const std::string chunked = cat("POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n", head,
                                    body.substr(1), "\r\n0\r\n\r\n");
    const std::string expected = size > kMostBody ? "too large" : body;
    for (const std::size_t piece : {1U, 7U, 100000U}) {
      EXPECT_EQ(bodies_of(post(body) + chunked + post("next"), piece, Bytes{kMostBody}),
                (std::vector<std::string>{expected, expected, "next"}));
    }
  }
}

TEST(HttpRequest, ReadsRequestsInPiecesOfAnySize) {
  const std::string chunked = " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string bytes =
      cat("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\none", "GET /b HTTP/1.1\r\nHost: x\r\n\r\n",
          "POST /c", chunked, "2\r\ntw\r\n1\r\no\r\n0\r\n\r\n", "POST /e", chunked, "0\r\nA: v\r\n\r\n",
          "POST /d HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    EXPECT_EQ(bodies_of(bytes, piece, Bytes{100}), (std::vector<std::string>{"one", "", "two", "", ""})) << piece;
  }
}

TEST(HttpRequest, TheHeadSaysWhatItsUsersNeed) {
  HttpRequestReader reader(Bytes{100});
  std::string_view input =
      "POST /x?y HTTP/1.1\r\nHost: x\r\nAUTHORIZATION: Bearer k\r\nContent-Encoding: gzip\r\nConnection: close\r\n"
      "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n";
  ASSERT_EQ(reader.read(input), Step::kHead);
  EXPECT_TRUE(reader.head().post);
  EXPECT_EQ(reader.head().target, "/x?y");
  EXPECT_EQ(reader.head().authorization, "Bearer k");
  EXPECT_EQ(reader.head().content_encoding, "gzip");
  EXPECT_FALSE(reader.head().keep_alive);
  EXPECT_TRUE(reader.head().expects_continue);
  EXPECT_TRUE(reader.head().has_body);
  EXPECT_EQ(reader.read(input), Step::kMore);
  input = "abPUT /z HTTP/1.1\r\nHost: x\r\nContent-Encoding: identity\r\n\r\n";
  ASSERT_EQ(reader.read(input), Step::kDone);
  reader.next();
  ASSERT_EQ(reader.read(input), Step::kHead);
  EXPECT_FALSE(reader.head().post);
  EXPECT_EQ(reader.head().method, "PUT");
  EXPECT_EQ(reader.head().authorization, "");
  EXPECT_EQ(reader.head().content_encoding, "");
  EXPECT_TRUE(reader.head().keep_alive);
  EXPECT_FALSE(reader.head().expects_continue);
}

// Whatever comes, in whatever pieces: no crash, no growth, and the pieces make no difference.
TEST(HttpRequest, RandomBytesAndCuts) {
  const std::vector<std::string> words = {"POST ",
                                          "GET ",
                                          "/api",
                                          " HTTP/1.1",
                                          " HTTP/1.0",
                                          "\r\n",
                                          "\n",
                                          "\r",
                                          "\r\n\r\n",
                                          ": ",
                                          "Content-Length",
                                          "Transfer-Encoding",
                                          "chunked",
                                          "gzip",
                                          "0",
                                          "5",
                                          "3e8",
                                          "a",
                                          ";",
                                          "Expect: 100-continue\r\n",
                                          "Connection: close\r\n",
                                          ",",
                                          " ",
                                          "\t",
                                          "hello",
                                          std::string(1, '\0'),
                                          "\xff",
                                          "0\r\n\r\n",
                                          "5\r\nhello\r\n",
                                          "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
                                          "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"};
  std::mt19937 random(7);
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes;
    for (std::size_t n = 1 + random() % 12; n > 0; --n) {
      bytes += words[random() % words.size()];
    }
    std::vector<std::string> pieces;
    for (std::size_t at = 0; at < bytes.size();) {
      const std::size_t size = 1 + random() % 9;
      pieces.push_back(bytes.substr(at, size));
      at += size;
    }
    const std::string whole = read_whole(bytes);
    const std::string cut = read_all(pieces);
    // In pieces a header is judged when its end has come, so that what is broken may not be known to be yet.
    const std::string_view known = std::string_view(cut).substr(0, cut.size() - std::string_view("unfinished").size());
    EXPECT_TRUE(cut == whole || (cut.ends_with("unfinished") && whole.starts_with(cat(known, "broken "))))
        << printable(bytes, 1000) << "\n"
        << cut << "\n"
        << whole;
  }
}

}  // namespace
}  // namespace respand::http1
