#include "fleet/kept_reader.h"

#include <algorithm>
#include <span>

#include "fleet/encoding.h"

namespace respand::fleet {
KeptReader::Step KeptReader::next(KeptPlace through, Message& out) {
  for (;;) {
    if (at_ >= through) {
      return Step::kEnd;
    }
    const auto& files = files_.all();
    const auto file =
        std::find_if(files.begin(), files.end(), [this](const KeptFiles::File& one) { return one.number >= at_.file; });
    if (file == files.end()) {
      at_ = through;
      return Step::kEnd;
    }
    if (file->number != at_.file) {
      enter(file->number);  // one that was removed has nothing to read, or KeptMessages::whole() says what is missing
      continue;
    }
    at_.offset = std::max<std::uint64_t>(at_.offset, KeptFiles::kFileHead);
    if (at_.offset >= file->size) {
      enter(at_.file + 1);
      continue;
    }
    return read_frame(file->size, out);
  }
}

KeptReader::Step KeptReader::read_frame(std::uint64_t size, Message& out) {
  if (file_ == nullptr) {
    auto opened = files_.disk().open(files_.path_of(at_.file), fs::OpenMode::kRead);
    if (!opened) {
      return Step::kFailed;
    }
    file_ = std::move(*opened);
  }
  head_.resize(KeptFiles::kLengths + KeptFiles::kLongestId + KeptFiles::kChecksum);
  const auto got = file_->read_at(at_.offset, std::as_writable_bytes(std::span(head_)));
  if (!got) {
    return Step::kFailed;
  }
  const std::size_t id_size = *got < KeptFiles::kLengths ? 0 : number_at<std::uint32_t>(head_, 0);
  const std::size_t checked = KeptFiles::kLengths + id_size;
  if (id_size == 0 || id_size > KeptFiles::kLongestId || checked + KeptFiles::kChecksum > *got) {
    skip_file();
    return Step::kMissing;
  }
  const auto message_size = number_at<std::uint32_t>(head_, sizeof(std::uint32_t));
  const std::uint64_t begin = at_.offset + checked + KeptFiles::kChecksum;
  if (!checksum_fits(std::string_view(head_).substr(0, checked + KeptFiles::kChecksum)) ||
      begin + message_size > size) {
    skip_file();
    return Step::kMissing;
  }
  out.id = head_.substr(KeptFiles::kLengths, id_size);
  if (reads_ == Reads::kMessages) {
    out.message.resize(message_size);
    const auto read = file_->read_at(begin, std::as_writable_bytes(std::span(out.message)));
    if (!read) {
      return Step::kFailed;
    }
    // A message is a batch, whose last bytes are the checksum of all before.
    if (*read != message_size || !checksum_fits(out.message)) {
      at_.offset = begin + message_size;  // its head is good, so the next one may be as well
      return Step::kMissing;
    }
  }
  at_.offset = begin + message_size;
  return Step::kMessage;
}

void KeptReader::skip_file() { enter(at_.file + 1); }

void KeptReader::enter(std::uint64_t number) {
  at_ = {number, 0};
  file_.reset();
}

}  // namespace respand::fleet
