#include "tests/contract/breaches.hpp"

#include "messages/codec.hpp"
#include "messages/json.hpp"

#include <algorithm>

namespace troupe::test {
namespace {

std::string quoted(std::string_view name) {
  return '\'' + std::string{name} + '\'';
}

template <class Items> auto named(const Items& in, std::string_view name) {
  return std::find_if(in.begin(), in.end(), [&](const auto& each) { return each.name == name; });
}

template <class Items, class Item> bool contains(const Items& in, const Item& wanted) {
  return std::find(in.begin(), in.end(), wanted) != in.end();
}

const spoken_message* find(const std::vector<spoken_message>& in, message_kind kind,
                           std::string_view name) {
  const auto found = std::find_if(in.begin(), in.end(), [&](const spoken_message& each) {
    return each.kind == kind && each.name == name;
  });
  return found == in.end() ? nullptr : &*found;
}

/// Compares one context of today with its contract.
class breach_finder {
public:
  breach_finder(const contract& golden, const context_today& today)
      : golden_(golden), today_(today), spoken_(spoken_by(today.catalogue, *today.info)) {}

  std::vector<std::string> found() && {
    const auto paths = paths_of(*today_.info);
    for (const std::string& each : golden_.paths)
      if (!contains(paths, each))
        found_.push_back(golden_.context + ": the path '" + each + "' is gone");
    for (const contract_message& each : golden_.messages) {
      here_ = golden_.context + ": " + std::string{word(each.kind)} + ' ' + each.name;
      if (const spoken_message* now = find(spoken_, each.kind, each.name))
        check(each, *now);
      else
        complain("is gone (removed or renamed)");
    }
    return std::move(found_);
  }

private:
  void complain(const std::string& what) { found_.push_back(here_ + ": " + what); }

  void check(const contract_message& was, const spoken_message& now) {
    if (!was.internal && now.internal) complain("is internal now; others count on it");
    const auto fields = fields_of(*now.shape);
    for (const contract_field& each : was.fields)
      check_field(was, each, fields);
    for (const contract_field& each : fields)
      if (named(was.fields, each.name) == was.fields.end() && !each.nullable && !may_be_new(was))
        complain("the new field " + quoted(each.name) +
                 " must be one that may be null: what was written yesterday lacks it");
    for (const sample& each : was.samples)
      check_sample(was, each, now);
  }

  /// What only this build's own code makes, and nothing stored holds, may grow any field.
  static bool may_be_new(const contract_message& was) {
    return was.kind == message_kind::state || was.kind == message_kind::reply ||
           (was.kind == message_kind::command && was.internal);
  }

  void check_field(const contract_message& was, const contract_field& before,
                   const std::vector<contract_field>& fields) {
    const std::string shown = "field " + quoted(before.name);
    const auto now = named(fields, before.name);
    if (now == fields.end()) {
      // Only its own context sees a hidden field, and its journal brings back what it needs.
      if (!before.hidden) complain(shown + " is gone (removed or renamed)");
      return;
    }
    if (now->type != before.type)
      complain(shown + " was " + text_of(before) + " and is " + text_of(*now));
    if (before.hidden) return;
    if (now->hidden) complain(shown + " is hidden now");
    if (before.nullable && !now->nullable)
      complain(shown + " must not be null any more: what was written yesterday leaves it out");
    if (!before.nullable && now->nullable && !was.internal && was.kind != message_kind::command)
      complain(shown + " may be null now: yesterday's readers do not expect it");
  }

  void check_sample(const contract_message& was, const sample& recorded,
                    const spoken_message& now) {
    const value before = *decode_value(recorded.bytes);
    const std::string shown = "yesterday's " + to_json(before);
    const auto bytes = now.shape->reread(recorded.bytes);
    if (!bytes) return complain(shown + " cannot be read: " + bytes.error().message);
    const value after = *decode_value(*bytes);
    for (const contract_field& each : was.fields) {
      const value* held = before.find(each.name);
      const value* arrived = after.find(each.name);
      const bool lost = arrived == nullptr || (held != nullptr && *arrived != *held);
      if (held != nullptr && lost && !(each.hidden && arrived == nullptr))
        complain("field " + quoted(each.name) + " does not arrive with its value from " + shown);
    }
    if (recorded.state) check_replay(was, recorded, shown);
  }

  void check_replay(const contract_message& was, const sample& recorded, const std::string& shown) {
    if (!today_.make) return complain("there is no aggregate to replay it");
    const auto state = state_after(today_.make, was.name, recorded.bytes);
    if (!state) return complain(shown + " cannot be replayed: " + state.error().message);
    for (const auto& [name, held] : *recorded.state->get_if<value::object>()) {
      const value* now = state->find(name);
      if (now == nullptr && was_hidden(name)) continue;
      if (now == nullptr || *now != held)
        complain("replaying " + shown + " makes " + quoted(name) + ' ' +
                 (now == nullptr ? "nothing" : to_json(*now)) + ", and it made " + to_json(held));
    }
  }

  [[nodiscard]] bool was_hidden(std::string_view state_field) const {
    const auto* state = golden_.find(message_kind::state, today_.info->state.name);
    if (state == nullptr) return false;
    const auto field = named(state->fields, state_field);
    return field != state->fields.end() && field->hidden;
  }

  const contract& golden_;
  const context_today& today_;
  std::vector<spoken_message> spoken_;
  std::string here_; ///< context and message being checked
  std::vector<std::string> found_;
};

contract_message recorded(const spoken_message& from, const aggregate_maker& make) {
  return {from.kind, std::string{from.name}, from.internal, fields_of(*from.shape),
          samples_of(from, make)};
}

} // namespace

std::vector<std::string> breaches(const contract& golden, const context_today& today) {
  return breach_finder{golden, today}.found();
}

news news_since(const contract* golden, const context_today& today) {
  news found;
  const std::string name = today.info->full_name();
  for (const spoken_message& each : spoken_by(today.catalogue, *today.info)) {
    const std::string shown = name + ": " + std::string{word(each.kind)} + ' ';
    const auto* known = golden == nullptr ? nullptr : golden->find(each.kind, each.name);
    if (known == nullptr) found.messages.push_back(shown + std::string{each.name});
    if (known == nullptr) continue;
    for (const contract_field& field : fields_of(*each.shape))
      if (named(known->fields, field.name) == known->fields.end())
        found.fields.push_back(shown + std::string{each.name} + ": field " + quoted(field.name));
  }
  if (golden != nullptr)
    for (const std::string& each : paths_of(*today.info))
      if (!contains(golden->paths, each)) found.fields.push_back(name + ": path '" + each + "'");
  return found;
}

result<contract> updated(const contract* golden, const context_today& today, bool force) {
  contract now{today.info->full_name(), paths_of(*today.info), {}};
  for (const spoken_message& each : spoken_by(today.catalogue, *today.info))
    now.messages.push_back(recorded(each, today.make));
  if (golden == nullptr || force) return now;
  const auto broken = breaches(*golden, today);
  if (!broken.empty()) {
    std::string all;
    for (const std::string& each : broken)
      all += each + '\n';
    return fail(errc::malformed, all);
  }
  for (contract_message& each : now.messages) {
    const auto* known = golden->find(each.kind, each.name);
    if (known == nullptr) continue;
    if (known->fields == each.fields) {
      each.samples = known->samples;
      continue;
    }
    auto samples = known->samples;
    samples.insert(samples.end(), each.samples.begin(), each.samples.end());
    each.samples = std::move(samples);
  }
  return now;
}

} // namespace troupe::test
