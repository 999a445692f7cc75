#include "net/http_client.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <charconv>
#include <optional>

namespace troupe {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

std::string shown(const http_place& at) {
  return at.host + ':' + std::to_string(at.port);
}

std::optional<http::verb> verb_of(std::string_view method) {
  for (const http::verb each :
       {http::verb::get, http::verb::post, http::verb::put, http::verb::patch, http::verb::delete_})
    if (http::to_string(each) == beast::string_view{method.data(), method.size()}) return each;
  return std::nullopt;
}

/// One request and its answer, step after step on its own loop, each step within the deadline.
class exchange {
public:
  exchange(const http_place& at, http::request<http::string_body> wanted)
      : at_(at), wanted_(std::move(wanted)), stream_(loop_) {
    parser_.body_limit(http_body_bytes_max);
  }

  result<http_answer> run(std::chrono::milliseconds deadline) {
    error_code fault;
    asio::ip::tcp::resolver resolver{loop_};
    const auto found = resolver.resolve(at_.host, std::to_string(at_.port), fault);
    if (fault) return fail(errc::unreachable, "cannot find " + at_.host + ": " + fault.message());
    stream_.expires_after(deadline);
    stream_.async_connect(found, [this](const error_code& why, const auto&) { connected(why); });
    loop_.run();
    return std::move(*outcome_);
  }

private:
  void connected(const error_code& why) {
    if (why)
      return finish(
          fail(errc::unreachable, "cannot connect to " + shown(at_) + ": " + why.message()));
    http::async_write(stream_, wanted_, [this](const error_code& broken, std::size_t) {
      if (broken) return finish(lost(broken));
      http::async_read_header(stream_, buffer_, parser_,
                              [this](const error_code& cut, std::size_t) { announced(cut); });
    });
  }

  /// A body that says it is too long is refused before any of it is read.
  void announced(const error_code& why) {
    if (why) return answered(why);
    const auto length = parser_.content_length();
    if (length && *length > http_body_bytes_max) return answered(http::error::body_limit);
    http::async_read(stream_, buffer_, parser_,
                     [this](const error_code& cut, std::size_t) { answered(cut); });
  }

  void answered(const error_code& why) {
    if (why == http::error::body_limit)
      return finish(fail(errc::too_large, "the answer of " + shown(at_) + " is too long"));
    if (why) return finish(lost(why));
    auto message = parser_.release();
    const auto type = message[http::field::content_type];
    http_answer whole{static_cast<std::uint16_t>(message.result_int()),
                      std::string{type.data(), type.size()}, std::move(message.body())};
    for (const auto& each : message)
      whole.headers.emplace_back(std::string{each.name_string().data(), each.name_string().size()},
                                 std::string{each.value().data(), each.value().size()});
    finish(std::move(whole));
    error_code ignored; // the peer may have closed already
    (void)stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
  }

  [[nodiscard]] error lost(const error_code& why) const {
    return fail(errc::timeout, "no whole answer from " + shown(at_) + ": " + why.message());
  }
  void finish(result<http_answer> with) { outcome_.emplace(std::move(with)); }

  const http_place& at_;
  asio::io_context loop_{1};
  http::request<http::string_body> wanted_;
  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  http::response_parser<http::string_body> parser_;
  std::optional<result<http_answer>> outcome_;
};

} // namespace

result<http_place> parse_http_place(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  http_place place;
  if (colon != std::string_view::npos && colon > 0) {
    const char* const end = text.data() + text.size();
    const auto [stop, fault] = std::from_chars(text.data() + colon + 1, end, place.port);
    std::string_view host = text.substr(0, colon);
    if (host.size() > 2 && host.front() == '[' && host.back() == ']')
      host = host.substr(1, host.size() - 2);
    place.host = host;
    if (fault == std::errc{} && stop == end) return place;
  }
  return fail(errc::malformed,
              "'" + std::string{text} + "' is not of the form HOST:PORT, e.g. 127.0.0.1:8080");
}

result<http_answer> http_exchange(const http_place& at, const http_request& wanted,
                                  std::chrono::milliseconds deadline) {
  const auto verb = verb_of(wanted.method);
  if (!verb) return fail(errc::malformed, "'" + wanted.method + "' is no HTTP method of ours");
  if (wanted.target.empty() || wanted.target.front() != '/' ||
      wanted.target.find_first_of(" \t\r\n") != std::string::npos)
    return fail(errc::malformed, "'" + wanted.target + "' is no path");
  http::request<http::string_body> request{*verb, wanted.target, 11};
  request.set(http::field::host, shown(at));
  request.set(http::field::accept, "application/json");
  request.set(http::field::user_agent, "troupe");
  request.keep_alive(false);
  if (!wanted.body.empty()) request.set(http::field::content_type, "application/json");
  for (const auto& [name, text] : wanted.headers)
    request.set(name, text);
  request.body() = wanted.body;
  if (*verb != http::verb::get) request.content_length(wanted.body.size());
  return exchange{at, std::move(request)}.run(deadline);
}

result<bool> is_free(const http_place& at) {
  if (at.port == 0) return true;
  asio::io_context loop{1};
  error_code fault;
  asio::ip::tcp::resolver resolver{loop};
  const auto found =
      resolver.resolve(at.host, std::to_string(at.port), asio::ip::resolver_base::passive, fault);
  if (fault || found.empty())
    return fail(errc::malformed, "cannot find " + at.host + ": " + fault.message());
  const auto place = found.begin()->endpoint();
  asio::ip::tcp::acceptor acceptor{loop};
  (void)acceptor.open(place.protocol(), fault);
  if (!fault) (void)acceptor.set_option(asio::socket_base::reuse_address{true}, fault);
  if (!fault) (void)acceptor.bind(place, fault);
  if (fault == asio::error::address_in_use) return false;
  if (fault) return fail(errc::malformed, shown(at) + ": " + fault.message());
  return true;
}

} // namespace troupe
