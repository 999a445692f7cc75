#include "supervisors/view_verbs.hpp"

#include <algorithm>
#include <utility>

namespace troupe {
namespace {

/// A view that does not run: what its descriptor says, and why.
value absent(const context_state& view) {
  value said{value::object{}};
  const bool in_memory = view.behaviour->info->view.store == view_storage::memory;
  said["context"] = view.name;
  said["store"] = in_memory ? "memory" : "sqlite";
  said["state"] = state_of(view);
  return said;
}

} // namespace

std::string_view state_of(const context_state& context) {
  if (!context.wanted.load()) return "stopped";
  if (context.up.load()) {
    if (!context.is_view()) return "up";
    const auto state = context.parts[0]->view.state.load();
    return name_of(state == view_state::catching_up ? view_state::following : state);
  }
  for (const auto& part : context.parts) {
    if (part->phase.load() == part_phase::failed) return "failed";
  }
  return "recovering";
}

result<std::vector<context_state*>>
views_asked(const std::vector<std::unique_ptr<context_state>>& contexts, std::string_view verb,
            const value& arguments) {
  const auto* named = arguments.find("context");
  const auto* name = named != nullptr ? named->get_if<std::string>() : nullptr;
  const bool rebuilds = verb == "view-rebuild";
  if (name == nullptr && rebuilds) return fail(errc::malformed, "which view?");
  std::vector<context_state*> asked;
  for (const auto& each : contexts) {
    if (name != nullptr ? each->name == *name : each->is_view()) asked.push_back(each.get());
  }
  if (name == nullptr) return asked;
  if (asked.empty()) return fail(errc::unknown_context, "there is no context '" + *name + "'");
  if (!asked.front()->is_view()) return fail(errc::malformed, *name + " is not a view");
  if (rebuilds && !asked.front()->up.load())
    return fail(errc::context_down, *name + " is " + std::string{state_of(*asked.front())});
  return asked;
}

value merge_views(const std::vector<context_state*>& asked, std::vector<value> said) {
  value::array items;
  for (const auto* view : asked) {
    const auto own = std::find_if(said.begin(), said.end(), [&](const value& each) {
      const auto* name = each.find("context");
      return name != nullptr && *name == value{view->name};
    });
    items.push_back(own == said.end() ? absent(*view) : std::move(*own));
  }
  value merged{value::object{}};
  merged["items"] = std::move(items);
  return merged;
}

std::string sources_down(const context_state& view,
                         const std::vector<std::unique_ptr<context_state>>& contexts) {
  std::string all;
  for (const auto source : view.behaviour->info->view.sources) {
    const auto found = std::find_if(contexts.begin(), contexts.end(),
                                    [&](const auto& each) { return each->name == source; });
    if (found == contexts.end() || ((*found)->wanted.load() && (*found)->up.load())) continue;
    all += (all.empty() ? "" : ", ") + (*found)->name + " is " + std::string{state_of(**found)};
  }
  return all;
}

} // namespace troupe
