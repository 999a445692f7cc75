#pragma once

#include "messages/envelope.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <utility>

namespace troupe {

/// Packs encoded messages into frames for one peer: as many as gathered, up to about 64 KiB a
/// frame. Belongs to one thread; the bound on `bytes` is its owner's.
class frame_packer {
public:
  /// Past this a frame is closed: larger ones save no further system calls but delay the first
  /// message in them.
  static constexpr std::size_t pack_bytes = 64 * 1024;

  /// `encode(std::string&)` appends one message. False, with nothing added, if the message alone is
  /// over the frame limit.
  template <class Encode> [[nodiscard]] bool add(Encode&& encode) {
    const auto start = open_.size();
    std::forward<Encode>(encode)(open_);
    const auto added = open_.size() - start;
    if (added > frame_bytes_max) {
      open_.resize(start);
      return false;
    }
    bytes_ += added;
    if (open_.size() > pack_bytes) split_at(start);
    return true;
  }

  [[nodiscard]] bool empty() const { return closed_.empty() && open_.empty(); }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

  /// The oldest frame; only when not empty. It may still grow while it is the only one.
  [[nodiscard]] const std::string& front() const {
    return closed_.empty() ? open_ : closed_.front();
  }
  /// Drops the oldest frame, after it was sent.
  void pop() {
    bytes_ -= front().size();
    if (closed_.empty()) {
      open_.clear();
    } else {
      closed_.pop_front();
    }
  }
  void clear() {
    closed_.clear();
    open_.clear();
    bytes_ = 0;
  }

private:
  void split_at(std::size_t start) {
    if (start > 0) {
      std::string last = open_.substr(start);
      open_.resize(start);
      closed_.push_back(std::move(open_));
      open_ = std::move(last);
    }
    if (open_.size() >= pack_bytes) {
      closed_.push_back(std::move(open_));
      open_ = {};
    }
  }

  std::deque<std::string> closed_;
  std::string open_;
  std::uint64_t bytes_ = 0;
};

} // namespace troupe
