#include "messages/descriptor.hpp"
#include "messages/system_includes.hpp"

#include <cstdio>
#include <cstdlib>

namespace troupe {
namespace {

void add(std::vector<context_info>& to, std::vector<context_info> from) {
  for (context_info& each : from)
    to.push_back(std::move(each));
}

std::vector<context_info> build() {
  std::vector<context_info> contexts;
#define TROUPE_SYSTEM(system) add(contexts, troupe::system::contexts());
#include "messages/systems.def"
#undef TROUPE_SYSTEM
  const auto problems = check_catalogue(contexts);
  for (const std::string& each : problems)
    std::fprintf(stderr, "troupe: the catalogue of systems is wrong: %s\n", each.c_str());
  if (!problems.empty()) std::abort();
  return contexts;
}

} // namespace

std::span<const context_info> all_contexts() {
  static const std::vector<context_info> contexts = build();
  return contexts;
}

const context_info* find_context(std::string_view full_name) {
  const std::size_t dot = full_name.find('.');
  if (dot == std::string_view::npos) return nullptr;
  const std::string_view system = full_name.substr(0, dot);
  const std::string_view name = full_name.substr(dot + 1);
  for (const context_info& each : all_contexts())
    if (each.name == name && each.system == system) return &each;
  return nullptr;
}

} // namespace troupe
