#pragma once
// Records for the tests and benchmarks of module record.

#include <string>
#include <string_view>

namespace respand::record {

// A usual record: 1.3 KB.
inline std::string usual_record() {
  return R"({"model":"nextbit256/cydonia-2b","prompt_messages":[{"role":"system","content":"You are the assistant of a travel agency. Answer )"
         R"(briefly, name a price only where you know it, and never invent a flight.\nToday is 21 November 2026."},{"role":"user","content":"Hello, )"
         R"(how are you? I'd like to go from Zürich to Málaga in the second week of December, with my dog \"Bruno\" (12 kg). What are my )"
         R"(choices, and what would each of them cost?"}],"completion_message":{"role":"assistant","content":"Hello from Nextbit through )"
         R"(Respan.\n\nThere are three ways:\n\n1. **Direct flight**, about 2 h 35 min; a dog of 12 kg travels in the hold.\n2. **One stop in )"
         R"(Barcelona**, about 5 h; often 40 % cheaper.\n3. **Train**, about 19 h with a night in Barcelona; the dog stays with you.\n\nWhich )"
         R"(one shall I look up?"},"usage":{"prompt_tokens":118,"completion_tokens":104,"total_tokens":222,"prompt_tokens_details":{"cached_tokens":0})"
         R"(},"cost":0.00141,"generation_time":1.2837,"ttft":0.184,"status_code":200,"stream":false,"temperature":0.7,"max_tokens":null,)"
         R"("customer_params":{"customer_identifier":"user_123","email":"user_123@example.com"},"thread_identifier":"thread-5f0c","metadata":{"host":"web-1",)"
         R"("release":"2026.11.3","cost":"this is not the cost","tags":["travel","dog",{"k":[1,2,3]}]}})";
}

// The same with a long conversation: at least `size` bytes.
inline std::string long_record(std::size_t size) {
  const std::string usual = usual_record();
  const std::string_view turn =
      R"({"role":"user","content":"Please go on, and keep to what we said: \"no stop at night\". The rest of this message is plain text, as most of it is."},)";
  std::string record = R"({"prompt_messages":[)";
  while (record.size() + usual.size() < size) {
    record.append(turn);
  }
  return record.append(R"({"role":"user","content":""}],)").append(usual, 1);
}

}  // namespace respand::record
