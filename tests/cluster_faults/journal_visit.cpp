#include "tests/cluster_faults/journal_visit.hpp"

#include "persistence/journal_reader.hpp"

#include <stdexcept>
#include <string>

namespace troupe::test {

std::filesystem::path journal_file(const std::filesystem::path& data, const shard_ref& which) {
  return data / (which.context + "." + std::to_string(which.shard.value) + ".journal");
}

void visit_journal(const std::filesystem::path& data, const shard_ref& which,
                   const std::function<void(std::uint64_t index, const record& one)>& visit) {
  const auto opened = journal_reader::open(journal_file(data, which));
  if (!opened) throw std::runtime_error(opened.error().message);
  auto& reader = **opened;
  const auto head = reader.head();
  if (!head) throw std::runtime_error(head.error().message);
  record one;
  const auto scanned = reader.scan(*head, [&](const journal_reader::stored& each) {
    if (!decode_record(each.record, one)) throw std::runtime_error("a record cannot be read");
    visit(static_cast<std::uint64_t>(each.index), one);
    return true;
  });
  if (!scanned) throw std::runtime_error(scanned.error().message);
}

std::map<std::uint64_t, std::uint64_t> records_by_epoch(const std::filesystem::path& data,
                                                        const shard_ref& which) {
  std::map<std::uint64_t, std::uint64_t> counts;
  visit_journal(data, which, [&](std::uint64_t, const record& one) { ++counts[one.epoch.value]; });
  return counts;
}

} // namespace troupe::test
