#include "bin/cli/plain_text.hpp"
#include "bin/cli/tour.hpp"
#include "messages/json.hpp"

#include <algorithm>
#include <ostream>

namespace troupe::cli {
namespace {

constexpr std::chrono::milliseconds request_deadline{10'000};
constexpr std::chrono::milliseconds first_pause{10}; // doubles from try to try
constexpr std::chrono::milliseconds longest_pause{200};

/// JSON as it is printed below a step: indented, line by line.
std::string indented(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    out += "     " + plain_line(line) + '\n';
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return out;
}

std::string pretty(std::string_view body) {
  const auto parsed = parse_json(body, {.bytes_max = http_body_bytes_max});
  return parsed ? to_json(*parsed, true) : std::string{body};
}

/// One answer, judged: `lacking` is empty when it is what the step wants.
struct judged {
  http_answer answer;
  value content;
  std::string lacking;
};

std::string lacking_in(const judged& seen, const tour_step& step, const value::object& wanted) {
  if (seen.answer.status != step.expect_status)
    return "the status is " + std::to_string(seen.answer.status) + ", not " +
           std::to_string(step.expect_status);
  for (const auto& [where, expected] : wanted) {
    const value* part = part_of(seen.content, where);
    if (part == nullptr) return "the answer has no '" + where + "'";
    if (*part != expected)
      return "'" + where + "' is " + to_json(*part) + ", not " + to_json(expected);
  }
  for (const auto& [name, where] : step.save)
    if (part_of(seen.content, where) == nullptr) return "the answer has no '" + where + "'";
  return {};
}

class player {
public:
  explicit player(tour_stage& stage) : stage_(stage) {}

  result<void> play(const tour_step& step, std::size_t number) {
    auto ready = prepare(step);
    if (!ready) return ready.error();
    print_request(step, number);
    const auto seen = repeat(step);
    if (!seen) return seen.error();
    print_answer(step, *seen);
    if (!seen->lacking.empty()) {
      const std::string time =
          step.within.count() > 0 ? " after " + duration_text(step.within.count()) : "";
      return fail(errc::rejected, seen->lacking + time);
    }
    for (const auto& [name, where] : step.save)
      names_[name] = *part_of(seen->content, where);
    return {};
  }

private:
  result<void> prepare(const tour_step& step) {
    request_ = step.request;
    const auto path = filled_in(value{step.request.target}, names_);
    if (!path) return path.error();
    const auto* text = path->get_if<std::string>();
    request_.target = text == nullptr ? to_json(*path) : *text;
    const auto body = filled_in(step.body, names_);
    if (!body) return body.error();
    request_.body = body->is_null() ? std::string{} : to_json(*body);
    const auto wanted = filled_in(value{step.until}, names_);
    if (!wanted) return wanted.error();
    wanted_ = *wanted->get_if<value::object>();
    return {};
  }

  result<judged> ask_once(const tour_step& step) {
    auto answer = stage_.exchange(request_, request_deadline);
    if (!answer) return answer.error();
    judged seen{std::move(*answer), {}, {}};
    if (auto parsed = parse_json(seen.answer.body, {.bytes_max = http_body_bytes_max}))
      seen.content = std::move(*parsed);
    seen.lacking = lacking_in(seen, step, wanted_);
    return seen;
  }

  /// Asks until the answer is the wanted one or the step's time is over.
  result<judged> repeat(const tour_step& step) {
    const monotonic_time begun = stage_.time.monotonic();
    auto pause = first_pause;
    for (tries_ = 1;; ++tries_) {
      auto seen = ask_once(step);
      const auto passed =
          std::chrono::duration_cast<std::chrono::milliseconds>(stage_.time.monotonic() - begun);
      took_ = passed;
      if (!seen || seen->lacking.empty() || passed >= step.within) return seen;
      if (stage_.pause.wait(std::min(pause, step.within - passed)))
        return fail(errc::shutting_down, "stopped");
      pause = std::min(pause * 2, longest_pause);
    }
  }

  void print_request(const tour_step& step, std::size_t number) {
    stage_.out << '\n' << number << ". " << plain_line(step.say) << '\n';
    stage_.out << "   " << request_.method << ' ' << plain_line(request_.target) << '\n';
    if (!request_.body.empty()) stage_.out << indented(pretty(request_.body));
    stage_.out.flush();
  }

  void print_answer(const tour_step& step, const judged& seen) {
    stage_.out << "   -> " << seen.answer.status;
    if (step.within.count() > 0 && seen.lacking.empty())
      stage_.out << ", came true within " << duration_text(took_.count()) << " (asked " << tries_
                 << (tries_ == 1 ? " time)" : " times)");
    stage_.out << '\n' << indented(pretty(seen.answer.body));
    stage_.out.flush();
  }

  tour_stage& stage_;
  tour_names names_;
  http_request request_;
  value::object wanted_;
  int tries_ = 0;
  std::chrono::milliseconds took_{0};
};

} // namespace

result<void> play(const std::vector<tour_step>& steps, tour_stage& stage) {
  player plays{stage};
  for (std::size_t i = 0; i < steps.size(); ++i) {
    auto done = plays.play(steps[i], i + 1);
    if (done) continue;
    error why = done.error();
    if (why.code != errc::shutting_down)
      why.message = "step " + std::to_string(i + 1) + " (" + steps[i].say + "): " + why.message;
    return why;
  }
  return {};
}

} // namespace troupe::cli
