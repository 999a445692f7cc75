#include "bin/cli/actor_tree.hpp"

#include "bin/cli/output.hpp"
#include "bin/cli/plain_text.hpp"

#include <vector>

namespace troupe::cli {
namespace {

constexpr int depth_max = 32; // the tree of the node is six deep; a broken answer must not recurse

std::string member(const value& of, std::string_view name) {
  const value* held = of.find(name);
  return held == nullptr || held->is_null() ? std::string{} : plain_line(cell_text(*held));
}

/// A part of a context that runs, and that this node does not run: its owner's tree has it.
bool is_elsewhere(const value& part, const value& context) {
  return member(context, "kind") == "context" && member(context, "state") != "stopped" &&
         member(part, "state") == "stopped";
}

/// Those that are in this node's tree.
std::vector<const value*> children_of(const value& node) {
  std::vector<const value*> here;
  const value* held = node.find("children");
  const auto* children = held == nullptr ? nullptr : held->get_if<value::array>();
  if (children == nullptr) return here;
  for (const value& each : *children)
    if (!is_elsewhere(each, node)) here.push_back(&each);
  return here;
}

std::string node_line(const value& node, bool color) {
  std::string line = member(node, "name");
  if (const std::string kind = member(node, "kind"); !kind.empty()) line += " (" + kind + ')';
  if (const std::string state = member(node, "state"); !state.empty())
    line += "  " + colored_state(state, color);
  const std::string restarts = member(node, "restarts");
  if (!restarts.empty() && restarts != "0")
    line += "  " + restarts + (restarts == "1" ? " restart" : " restarts");
  if (const std::string detail = member(node, "detail"); !detail.empty()) line += "  " + detail;
  return line;
}

struct drawing {
  const char* branch;
  const char* last;
  const char* pass;
};

void append(std::string& out, const value& node, const std::string& indent, int depth, bool color,
            const drawing& with) {
  const auto children = children_of(node);
  if (children.empty()) return;
  if (depth == depth_max) {
    out += indent + with.last + "...\n";
    return;
  }
  for (std::size_t i = 0; i < children.size(); ++i) {
    const bool last = i + 1 == children.size();
    const value& child = *children[i];
    out += indent + (last ? with.last : with.branch) + node_line(child, color) + '\n';
    append(out, child, indent + (last ? "   " : with.pass), depth + 1, color, with);
  }
}

} // namespace

std::string tree_text(const value& root, bool lines, bool color) {
  const drawing with = lines ? drawing{"├─ ", "└─ ", "│  "} : drawing{"|- ", "`- ", "|  "};
  std::string out = node_line(root, color) + '\n';
  append(out, root, "", 0, color, with);
  return out;
}

} // namespace troupe::cli
