#include "bin/cli/system_map.hpp"
#include "messages/json.hpp"
#include "tests/docs/markdown.hpp"
#include "tests/docs/shell_example.hpp"
#include "tests/support/http_door.hpp"
#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

/// Types the examples of every system's page, in their order, before a node of their own, and
/// compares what is printed. One shard, so that ids are those of the page.
namespace troupe::test {
namespace {

/// Whether everything the page shows is there; it may leave members out, and times differ.
bool shows(const value& printed, const value& shown) {
  if (const auto* members = shown.get_if<value::object>())
    return std::all_of(members->begin(), members->end(), [&](const auto& each) {
      const value* held = printed.find(each.first);
      return each.first == "timestamp" || (held != nullptr && shows(*held, each.second));
    });
  const auto* wanted = shown.get_if<value::array>();
  const auto* held = printed.get_if<value::array>();
  if (wanted == nullptr || held == nullptr) return printed == shown;
  return std::equal(wanted->begin(), wanted->end(), held->begin(), held->end(),
                    [](const value& a, const value& b) { return shows(b, a); });
}

std::string replaced(std::string text, std::string_view what, const std::string& by) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
  return text;
}

class page_reader {
public:
  page_reader() : node_(scratch_.path() / "data", {"--shards", "1"}) {
    node_.start();
    gateway_.emplace(node_.endpoint());
  }

  void type(const shell_example& example) {
    for (const example_step& step : example.steps) {
      INFO("line " << step.line);
      const bool last = &step == &example.steps.back();
      if (!step.words.empty())
        call_tool(step);
      else if (last && !example.printed_language.empty())
        compare(step, example);
      else
        CHECK(ask(step).status < 400);
    }
  }

private:
  void call_tool(const example_step& step) {
    auto words = step.words;
    words.insert(words.end(), {"--endpoint", node_.endpoint()});
    const auto done = run_program("troupe", std::move(words));
    INFO(done.output);
    CHECK(done.exit_code == 0);
    if (step.words.size() == 3 && step.words[1] == "start") wait_for(step.words[2]);
  }

  /// A context that starts is up in a moment; a reader who types is not faster.
  void wait_for(const std::string& context) const {
    const context_info* info = find_context(context);
    REQUIRE(info != nullptr);
    const std::string path = '/' + std::string{info->system} + '/' + std::string{info->resource};
    CHECK(eventually([&] { return gateway_->get(path).status == 200; }));
  }

  [[nodiscard]] http_said ask(const example_step& step) const {
    const http_request& wanted = step.request;
    return gateway_->ask(wanted.method, wanted.target, wanted.body, wanted.headers);
  }

  /// Views and policies follow in a moment, so what is only read may be read again.
  void compare(const example_step& step, const shell_example& example) const {
    const http_place& at = gateway_->place();
    const auto shown = parse_json(
        replaced(example.printed, "localhost:8080", at.host + ':' + std::to_string(at.port)));
    REQUIRE(shown);
    value printed;
    const auto look = [&] {
      const auto said = ask(step);
      printed = step.status_only ? value{std::int64_t{said.status}} : said.body;
      return shows(printed, *shown);
    };
    const bool right = step.request.method == "GET" ? eventually(look) : look();
    INFO("the page shows " << to_json(*shown) << "\nprinted is  " << to_json(printed));
    CHECK(right);
  }

  temp_folder scratch_;
  test_node node_;
  std::optional<test_gateway> gateway_;
};

TEST_CASE("the examples of every system's page print what the page says") {
  for (const std::string_view system : cli::systems_of(all_contexts())) {
    const std::string page = "docs/systems/" + std::string{system} + ".md";
    INFO(page);
    const auto examples = shell_examples(by_hand(page_text(page)));
    INFO((examples ? std::string{} : examples.error().message));
    REQUIRE(examples);
    CHECK(examples->size() >= 5);
    page_reader reader;
    for (const shell_example& each : *examples)
      reader.type(each);
  }
}

} // namespace
} // namespace troupe::test
