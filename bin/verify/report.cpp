#include "bin/verify/report.hpp"

#include <utility>

namespace troupe::verify {

void report::found(rule broken, place where, std::string what) {
  ++counts_[number(broken)].found;
  ++total_;
  if (findings_.size() < findings_max_)
    findings_.push_back({broken, std::move(where), std::move(what)});
}

std::string text_of(const finding& from) {
  std::string text = std::string{info(from.broken).name} + ' ' + from.where.file;
  if (!from.where.context.empty()) {
    text += ' ' + from.where.context;
    if (from.where.aggregate != 0) text += '/' + std::to_string(from.where.aggregate);
  }
  if (from.where.shard) text += " shard " + std::to_string(*from.where.shard);
  if (from.where.index != 0)
    text += (from.where.shard ? " record " : " line ") + std::to_string(from.where.index);
  if (from.where.seq != 0) text += " seq " + std::to_string(from.where.seq);
  if (from.where.command.given()) text += " command " + from.where.command.text();
  return text + ": " + from.what;
}

} // namespace troupe::verify
