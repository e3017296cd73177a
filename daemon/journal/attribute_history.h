#pragma once
// AttributeHistory: the attributes of the records on disk, for the spool, which looks back at them after a start
// (AttributeScan). Any thread.

#include <functional>
#include <string_view>

#include "journal/durable_end.h"
#include "journal/segments.h"
#include "respand/journal/reader.h"

namespace respand::journal {

class AttributeHistory final : public AttributeScan {
 public:
  // `from`: the floor that the last run left behind. The others are borrowed.
  AttributeHistory(const Segments& segments, const DurableEnd& end, Sequence from)
      : segments_(segments), end_(end), from_(from) {}

  Status visit(const std::function<bool(Sequence, std::string_view attributes)>& visit) const override;

 private:
  const Segments& segments_;
  const DurableEnd& end_;
  const Sequence from_;
};

}  // namespace respand::journal
