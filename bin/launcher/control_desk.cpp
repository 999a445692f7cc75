#include "bin/launcher/control_desk.hpp"

#include "messages/codec.hpp"
#include "messages/hello.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace troupe::cli {
namespace {

constexpr std::chrono::milliseconds stop_time{500};

answer to(const inbound& question, std::variant<reply_content, error, event_push> content) {
  return {question.from, std::move(content)};
}

reply_content hello_content() {
  hello_reply hello;
  hello.node = "launcher";
  hello.build = "troupe/" TROUPE_VERSION;
  reply_content content;
  content.payload = encode_hello_reply(hello);
  return content;
}

} // namespace

control_endpoint::control_endpoint(const std::filesystem::path& data) {
  constexpr std::size_t path_bytes_max = 100; // the system's limit is 107
  const std::filesystem::path folder = std::filesystem::absolute(data) / "run";
  std::string path = (folder / "launcher.sock").string();
  if (path.size() > path_bytes_max) {
    folder_ = ::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    path = "/proc/self/fd/" + std::to_string(folder_) + "/launcher.sock";
  }
  text_ = "ipc://" + path;
}

control_endpoint::~control_endpoint() {
  if (folder_ >= 0) ::close(folder_);
}

result<std::unique_ptr<control_desk>> control_desk::open(const std::filesystem::path& data,
                                                         const clock& time) {
  std::unique_ptr<control_desk> desk{new control_desk};
  const control_endpoint at{data};
  server_options options;
  options.endpoint = at.text();
  options.grants = role::operate; // whoever can open the socket
  auto started = server::start(options, *desk, time);
  if (!started) return started.error();
  desk->server_ = std::move(*started);
  return desk;
}

control_desk::~control_desk() {
  serve([](const std::string&, const value&) {
    return fail(errc::shutting_down, "the launcher is ending");
  });
  if (server_) server_->stop(stop_time);
}

void control_desk::submit(std::vector<inbound>& batch) {
  std::vector<answer> answers;
  answer_port* port = batch.empty() ? nullptr : batch.front().from.port;
  {
    const std::lock_guard lock{mutex_};
    for (inbound& each : batch) {
      if (each.content.kind == request_kind::hello)
        answers.push_back(to(each, hello_content()));
      else if (each.content.kind != request_kind::admin)
        answers.push_back(to(each, fail(errc::unknown_context, "this is a launcher, not a node; "
                                                               "it knows admin verbs only")));
      else if (waiting_.size() >= waiting_max)
        answers.push_back(to(each, fail(errc::overloaded, "too many requests wait here")));
      else
        waiting_.push_back(std::move(each));
    }
  }
  batch.clear();
  if (port != nullptr && !answers.empty()) port->deliver(answers);
  wake_.ring();
}

void control_desk::serve(const verb_handler& how) {
  wake_.clear();
  std::vector<inbound> taken;
  {
    const std::lock_guard lock{mutex_};
    taken.swap(waiting_);
  }
  std::vector<answer> answers;
  for (const inbound& each : taken) {
    const auto arguments =
        each.content.payload.empty() ? result<value>{value{}} : decode_value(each.content.payload);
    const auto said =
        arguments ? how(each.content.name, *arguments) : result<value>{arguments.error()};
    reply_content content;
    if (said) content.payload = encode_value(*said);
    answers.push_back(said ? to(each, std::move(content)) : to(each, said.error()));
  }
  // All came by the same port: there is one server.
  if (!answers.empty()) answers.front().to.port->deliver(answers);
}

} // namespace troupe::cli
