#include "bin/verify/ledger.hpp"

#include "bin/verify/verification.hpp"
#include "messages/json.hpp"
#include "tests/verify/damage.hpp"
#include "tests/verify/lived_directory.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <fstream>
#include <functional>

/// What clients were told, held against journals and against itself.
namespace troupe::test {
namespace {

using verify::rule;

/// Ledgers beside a directory that a node has lived in.
class stage {
public:
  stage() {
    std::ifstream in{lived_.ledger()};
    for (std::string line; std::getline(in, line);)
      lines_.push_back(parse_json(line).value());
  }

  /// The first line for which that holds.
  [[nodiscard]] value& line(const std::function<bool(const value&)>& wanted) {
    const auto found = std::find_if(lines_.begin(), lines_.end(), wanted);
    if (found == lines_.end()) FAIL("no such line");
    return *found;
  }
  [[nodiscard]] std::vector<value>& lines() { return lines_; }
  [[nodiscard]] const lived_directory& lived() const { return lived_; }

  [[nodiscard]] verify::report verified() {
    const auto path = lived_.path().parent_path() / "told.jsonl";
    {
      std::ofstream out{path};
      for (const auto& each : lines_)
        out << to_json(each) << '\n';
    }
    auto made = verify::verify({lived_.path(), {path}});
    if (!made) FAIL(made.error().message);
    return *made;
  }

private:
  lived_directory lived_;
  std::vector<value> lines_;
};

std::string text_in(const value& line, std::string_view member) {
  const auto* held = line.find(member);
  const auto* text = held == nullptr ? nullptr : held->get_if<std::string>();
  return text == nullptr ? std::string{} : *text;
}

std::int64_t number_in(const value& line, std::string_view member) {
  const auto* held = line.find(member);
  const auto* number = held == nullptr ? nullptr : held->get_if<std::int64_t>();
  return number == nullptr ? 0 : *number;
}

bool is_ok_command(const value& line) {
  return text_in(line, "kind") == "command" && text_in(line, "outcome") == "ok";
}

bool says(const verify::report& from, rule broken, const std::string& words) {
  return std::any_of(from.findings().begin(), from.findings().end(), [&](const auto& each) {
    return each.broken == broken && each.where.file == "told.jsonl" && each.where.index > 0 &&
           each.what.find(words) != std::string::npos;
  });
}

TEST_CASE("what a life's clients were told holds") {
  stage on;
  const auto found = on.verified();
  CHECK(found.clean());
  CHECK(found.ledger_lines == on.lines().size());
  CHECK(found.checked_of(rule::linearizable) > 50);
}

TEST_CASE("an acknowledgement without a record, or with another one, is named") {
  stage on;
  auto& line = on.line(is_ok_command);
  SECTION("lost") {
    line["command"] = command_id::make(1'700'000'000'000, 1, 2).text();
    CHECK(says(on.verified(), rule::acknowledged, "it is lost"));
  }
  SECTION("another seq") {
    line["seq"] = number_in(line, "seq") + 1;
    CHECK(says(on.verified(), rule::acknowledged, "has seq"));
  }
  SECTION("another aggregate") {
    line["id"] = number_in(line, "id") + 1;
    CHECK(says(on.verified(), rule::acknowledged, "is of aggregate"));
  }
  SECTION("no such context") {
    line["context"] = "taxi.ghost";
    CHECK(says(on.verified(), rule::acknowledged, "its context has no journal"));
  }
}

TEST_CASE("an answer of an owner older than the record is named") {
  stage on;
  auto& line = on.line(
      [](const value& each) { return is_ok_command(each) && number_in(each, "epoch") > 1; });
  line["epoch"] = number_in(line, "epoch") - 1;
  CHECK(says(on.verified(), rule::one_writer, "it was answered by epoch"));
}

TEST_CASE("a refused command that acted after all is named") {
  stage on;
  auto& line = on.line(is_ok_command);
  const auto told = value{line};
  SECTION("rejected") {
    line["outcome"] = "rejected";
    line["code"] = "REJECTED";
    CHECK(says(on.verified(), rule::acknowledged, "refused for good"));
  }
  SECTION("an error that is the end of the command") {
    line["outcome"] = "error";
    line["code"] = "CALLEE_FAILED";
    CHECK(says(on.verified(), rule::acknowledged, "refused for good"));
  }
  SECTION("an error that lets it be sent again") {
    line["outcome"] = "error";
    line["code"] = "OVERLOADED";
    CHECK(on.verified().found_of(rule::acknowledged) == 0);
  }
  SECTION("refused at first, without a record, and accepted when sent again") {
    auto refused = told;
    refused["outcome"] = "error";
    refused["code"] = "CIRCUIT_OPEN";
    on.lines().insert(on.lines().begin(), std::move(refused));
    CHECK(on.verified().found_of(rule::acknowledged) == 0);
  }
}

TEST_CASE("an acknowledged command that the journal rejects is named") {
  stage on;
  auto& line = on.line([](const value& each) { return text_in(each, "outcome") == "rejected"; });
  line["outcome"] = "ok";
  CHECK(says(on.verified(), rule::acknowledged, "rejects it"));
}

TEST_CASE("an answer older than one known before it was asked for is named") {
  stage on;
  auto& seen = on.line([](const value& each) {
    return text_in(each, "kind") == "get" && number_in(each, "seq") > 1;
  });
  const auto last = number_in(on.lines().back(), "end_us");
  SECTION("a read that goes back") {
    auto older = value{seen};
    older["start_us"] = last + 1;
    older["end_us"] = last + 2;
    older["seq"] = number_in(seen, "seq") - 1;
    on.lines().push_back(std::move(older));
    CHECK(says(on.verified(), rule::linearizable, "was told seq"));
  }
  SECTION("one that overlaps may") {
    auto older = value{seen};
    older["start_us"] = 0;
    older["end_us"] = last + 2;
    older["seq"] = number_in(seen, "seq") - 1;
    on.lines().push_back(std::move(older));
    CHECK(on.verified().found_of(rule::linearizable) == 0);
  }
  SECTION("a state whose turn is gone") {
    auto newer = value{seen};
    newer["start_us"] = last + 1;
    newer["end_us"] = last + 2;
    newer["seq"] = 9'999;
    on.lines().push_back(std::move(newer));
    CHECK(says(on.verified(), rule::acknowledged, "in no journal"));
  }
}

TEST_CASE("a command sent again gets its first answer, however late") {
  stage on;
  const auto first = value{on.line([](const value& each) {
    return is_ok_command(each) && text_in(each, "context") == "taxi.driver";
  })};
  const auto last = number_in(on.lines().back(), "end_us");
  auto later = first;
  later["start_us"] = last + 1;
  later["end_us"] = last + 2;
  on.lines().push_back(std::move(later));
  CHECK(on.verified().clean());
}

TEST_CASE("clocks of different ledgers are not compared") {
  const lived_directory lived;
  const auto early = lived.path().parent_path() / "early.jsonl";
  std::filesystem::copy_file(lived.ledger(), early);
  const auto made = verify::verify({lived.path(), {lived.ledger(), early}});
  REQUIRE(made);
  CHECK(made->clean());
}

TEST_CASE("a ledger that cannot be read names its line; half a line at the end is none") {
  const lived_directory lived;
  const auto path = lived.path().parent_path() / "bad.jsonl";
  const std::string good = R"({"start_us":1,"end_us":2,"kind":"get","context":"taxi.call","id":1,)"
                           R"("seq":1,"outcome":"ok"})";
  const auto read = [&](const std::string& text) {
    std::ofstream{path} << text;
    verify::ledger_book book;
    return book.read(path);
  };
  CHECK(read(good + "\n" + good.substr(0, 30)).ok());
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {R"("end_us":2)", R"("end_us":0)"},
           {R"("kind":"get")", R"("kind":"put")"},
           {R"("kind":"get")", R"("kind":"command")"},
           {R"("outcome":"ok")", R"("outcome":"fine")"},
           {R"("context":"taxi.call")", R"("context":"")"},
           {"{", "["}}) {
    auto bad = good;
    bad.replace(bad.find(from), from.size(), to);
    INFO(bad);
    const auto done = read(good + "\n" + bad + "\n");
    REQUIRE(!done.ok());
    CHECK(done.error().code == errc::malformed);
    CHECK(done.error().message.find("line 2") != std::string::npos);
  }
  verify::ledger_book book;
  const auto absent = book.read(path.string() + ".absent");
  REQUIRE(!absent.ok());
  CHECK(absent.error().code == errc::not_found);
}

} // namespace
} // namespace troupe::test
