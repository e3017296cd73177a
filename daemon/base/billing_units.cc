#include "respand/base/billing_units.h"

#include <array>

namespace respand {
namespace {

constexpr std::uint32_t kThousand = 1'000;
constexpr std::uint32_t kMillion = 1'000'000;
constexpr std::uint32_t kBillion = 1'000'000'000;
constexpr std::uint32_t kHour = 3'600'000;  // milliseconds

// In the order of the enum.
constexpr std::array<BillingUnitTraits, kBillingUnits> kTraits{{
    {"input_tokens", "input_mtok", kMillion, Direction::kInput, Modality::kAny, TokenKind::kAny},
    {"output_tokens", "output_mtok", kMillion, Direction::kOutput, Modality::kAny, TokenKind::kAny},
    {"cache_read_tokens", "cache_read_mtok", kMillion, Direction::kInput, Modality::kAny, TokenKind::kCacheRead},
    {"cache_write_tokens", "cache_write_mtok", kMillion, Direction::kInput, Modality::kAny, TokenKind::kCacheWrite},
    {"cache_write_5m_tokens", "cache_write_5m_mtok", kMillion, Direction::kInput, Modality::kAny,
     TokenKind::kCacheWrite5m},
    {"cache_write_1h_tokens", "cache_write_1h_mtok", kMillion, Direction::kInput, Modality::kAny,
     TokenKind::kCacheWrite1h},
    {"input_text_tokens", "input_text_mtok", kMillion, Direction::kInput, Modality::kText, TokenKind::kAny},
    {"output_text_tokens", "output_text_mtok", kMillion, Direction::kOutput, Modality::kText, TokenKind::kAny},
    {"cache_text_read_tokens", "cache_text_read_mtok", kMillion, Direction::kInput, Modality::kText,
     TokenKind::kCacheRead},
    {"cache_text_write_tokens", "cache_text_write_mtok", kMillion, Direction::kInput, Modality::kText,
     TokenKind::kCacheWrite},
    {"cache_text_write_5m_tokens", "cache_text_write_5m_mtok", kMillion, Direction::kInput, Modality::kText,
     TokenKind::kCacheWrite5m},
    {"cache_text_write_1h_tokens", "cache_text_write_1h_mtok", kMillion, Direction::kInput, Modality::kText,
     TokenKind::kCacheWrite1h},
    {"input_audio_tokens", "input_audio_mtok", kMillion, Direction::kInput, Modality::kAudio, TokenKind::kAny},
    {"output_audio_tokens", "output_audio_mtok", kMillion, Direction::kOutput, Modality::kAudio, TokenKind::kAny},
    {"cache_audio_read_tokens", "cache_audio_read_mtok", kMillion, Direction::kInput, Modality::kAudio,
     TokenKind::kCacheRead},
    {"cache_audio_write_tokens", "cache_audio_write_mtok", kMillion, Direction::kInput, Modality::kAudio,
     TokenKind::kCacheWrite},
    {"cache_audio_write_5m_tokens", "cache_audio_write_5m_mtok", kMillion, Direction::kInput, Modality::kAudio,
     TokenKind::kCacheWrite5m},
    {"cache_audio_write_1h_tokens", "cache_audio_write_1h_mtok", kMillion, Direction::kInput, Modality::kAudio,
     TokenKind::kCacheWrite1h},
    {"input_image_tokens", "input_image_mtok", kMillion, Direction::kInput, Modality::kImage, TokenKind::kAny},
    {"output_image_tokens", "output_image_mtok", kMillion, Direction::kOutput, Modality::kImage, TokenKind::kAny},
    {"cache_image_read_tokens", "cache_image_read_mtok", kMillion, Direction::kInput, Modality::kImage,
     TokenKind::kCacheRead},
    {"cache_image_write_tokens", "cache_image_write_mtok", kMillion, Direction::kInput, Modality::kImage,
     TokenKind::kCacheWrite},
    {"cache_image_write_5m_tokens", "cache_image_write_5m_mtok", kMillion, Direction::kInput, Modality::kImage,
     TokenKind::kCacheWrite5m},
    {"cache_image_write_1h_tokens", "cache_image_write_1h_mtok", kMillion, Direction::kInput, Modality::kImage,
     TokenKind::kCacheWrite1h},
    {"input_video_tokens", "input_video_mtok", kMillion, Direction::kInput, Modality::kVideo, TokenKind::kAny},
    {"output_video_tokens", "output_video_mtok", kMillion, Direction::kOutput, Modality::kVideo, TokenKind::kAny},
    {"cache_video_read_tokens", "cache_video_read_mtok", kMillion, Direction::kInput, Modality::kVideo,
     TokenKind::kCacheRead},
    {"cache_video_write_tokens", "cache_video_write_mtok", kMillion, Direction::kInput, Modality::kVideo,
     TokenKind::kCacheWrite},
    {"cache_video_write_5m_tokens", "cache_video_write_5m_mtok", kMillion, Direction::kInput, Modality::kVideo,
     TokenKind::kCacheWrite5m},
    {"cache_video_write_1h_tokens", "cache_video_write_1h_mtok", kMillion, Direction::kInput, Modality::kVideo,
     TokenKind::kCacheWrite1h},
    {"input_tool_tokens", "input_tool_mtok", kMillion, Direction::kInput, Modality::kAny, TokenKind::kTool},
    {"input_text_tool_tokens", "input_text_tool_mtok", kMillion, Direction::kInput, Modality::kText, TokenKind::kTool},
    {"input_audio_tool_tokens", "input_audio_tool_mtok", kMillion, Direction::kInput, Modality::kAudio,
     TokenKind::kTool},
    {"input_image_tool_tokens", "input_image_tool_mtok", kMillion, Direction::kInput, Modality::kImage,
     TokenKind::kTool},
    {"input_video_tool_tokens", "input_video_tool_mtok", kMillion, Direction::kInput, Modality::kVideo,
     TokenKind::kTool},
    {"output_reasoning_tokens", "output_reasoning_mtok", kMillion, Direction::kOutput, Modality::kAny,
     TokenKind::kReasoning},
    {"output_text_reasoning_tokens", "output_text_reasoning_mtok", kMillion, Direction::kOutput, Modality::kText,
     TokenKind::kReasoning},
    {"output_audio_reasoning_tokens", "output_audio_reasoning_mtok", kMillion, Direction::kOutput, Modality::kAudio,
     TokenKind::kReasoning},
    {"output_image_reasoning_tokens", "output_image_reasoning_mtok", kMillion, Direction::kOutput, Modality::kImage,
     TokenKind::kReasoning},
    {"output_video_reasoning_tokens", "output_video_reasoning_mtok", kMillion, Direction::kOutput, Modality::kVideo,
     TokenKind::kReasoning},
    {"output_citation_tokens", "output_citation_mtok", kMillion, Direction::kOutput, Modality::kAny,
     TokenKind::kCitation},
    {"output_text_citation_tokens", "output_text_citation_mtok", kMillion, Direction::kOutput, Modality::kText,
     TokenKind::kCitation},
    {"output_audio_citation_tokens", "output_audio_citation_mtok", kMillion, Direction::kOutput, Modality::kAudio,
     TokenKind::kCitation},
    {"output_image_citation_tokens", "output_image_citation_mtok", kMillion, Direction::kOutput, Modality::kImage,
     TokenKind::kCitation},
    {"output_video_citation_tokens", "output_video_citation_mtok", kMillion, Direction::kOutput, Modality::kVideo,
     TokenKind::kCitation},
    {"input_characters", "input_mchars", kMillion, Direction::kNone, Modality::kAny, TokenKind::kAny},
    {"input_text_messages", "input_text_messages_kcount", kThousand, Direction::kNone, Modality::kAny, TokenKind::kAny},
    {"audio_seconds", "audio_hours", kHour, Direction::kNone, Modality::kAny, TokenKind::kAny},
    {"input_audio_seconds", "input_audio_hours", kHour, Direction::kNone, Modality::kAny, TokenKind::kAny},
    {"output_audio_seconds", "output_audio_hours", kHour, Direction::kNone, Modality::kAny, TokenKind::kAny},
    {"input_pixels", "input_gpixels", kBillion, Direction::kNone, Modality::kAny, TokenKind::kAny},
    {"input_document_pages", "input_document_kpages", kThousand, Direction::kNone, Modality::kAny, TokenKind::kAny},
    {"input_annotated_document_pages", "input_annotated_document_kpages", kThousand, Direction::kNone, Modality::kAny,
     TokenKind::kAny},
    {"rerank_searches", "rerank_searches_kcount", kThousand, Direction::kNone, Modality::kAny, TokenKind::kAny},
    {"web_searches", "web_searches_kcount", kThousand, Direction::kNone, Modality::kAny, TokenKind::kAny},
    {"social_searches", "social_searches_kcount", kThousand, Direction::kNone, Modality::kAny, TokenKind::kAny},
    {"storage_searches", "storage_searches_kcount", kThousand, Direction::kNone, Modality::kAny, TokenKind::kAny},
    {"code_executions", "code_executions_kcount", kThousand, Direction::kNone, Modality::kAny, TokenKind::kAny},
    {"requests", "requests_kcount", kThousand, Direction::kNone, Modality::kAny, TokenKind::kAny},
}};

template <typename Name>
std::optional<BillingUnit> find(std::string_view text, Name name) noexcept {
  for (std::size_t i = 0; i < kBillingUnits; ++i) {
    if (kTraits[i].*name == text) {
      return static_cast<BillingUnit>(i);
    }
  }
  return std::nullopt;
}

bool is_kind_of(TokenKind part, TokenKind whole) noexcept {
  return whole == TokenKind::kAny || part == whole ||
         (whole == TokenKind::kCacheWrite && (part == TokenKind::kCacheWrite5m || part == TokenKind::kCacheWrite1h));
}

}  // namespace

const BillingUnitTraits& traits_of(BillingUnit unit) noexcept { return kTraits[static_cast<std::size_t>(unit)]; }

std::optional<BillingUnit> unit_of_price_key(std::string_view key) noexcept {
  return find(key, &BillingUnitTraits::price_key);
}

std::optional<BillingUnit> unit_of_name(std::string_view name) noexcept { return find(name, &BillingUnitTraits::name); }

// Tokens contain each other in three respects at once: the same direction, the same or any modality, and the same or a
// wider kind. Of the other units only two pairs do.
bool contains(BillingUnit whole, BillingUnit part) noexcept {
  if (whole == part) {
    return true;
  }
  if (whole == BillingUnit::kAudioMilliseconds) {
    return part == BillingUnit::kInputAudioMilliseconds || part == BillingUnit::kOutputAudioMilliseconds;
  }
  if (whole == BillingUnit::kInputDocumentPages) {
    return part == BillingUnit::kInputAnnotatedDocumentPages;
  }
  if (whole > kLastToken || part > kLastToken) {
    return false;
  }
  const BillingUnitTraits& of_whole = traits_of(whole);
  const BillingUnitTraits& of_part = traits_of(part);
  return of_whole.direction == of_part.direction &&
         (of_whole.modality == Modality::kAny || of_whole.modality == of_part.modality) &&
         is_kind_of(of_part.kind, of_whole.kind);
}

}  // namespace respand
