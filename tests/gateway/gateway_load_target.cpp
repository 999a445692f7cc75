// Serves the made-up system of the tests before a cluster that answers at once, so that a load
// generator measures the gateway alone. Prints its address; ends at end of input.
#include "net/gateway/application.hpp"
#include "net/gateway/http_server.hpp"
#include "tests/gateway/fake_backend.hpp"
#include "tests/gateway/shop_contexts.hpp"

#include <cstdio>
#include <cstdlib>

int main(int count, char** words) {
  using namespace troupe;
  gateway::fake_backend cluster;
  cluster.record = false;
  const value::object order{
      {"item", "tea"}, {"amount", 500}, {"price", 2.5}, {"gift", false}, {"status", "Placed"}};
  cluster.reply = gateway::reply_of(7, order);
  gateway::application app{gateway::shop_contexts(), cluster, real_clock()};
  gateway::http_server_options options;
  options.port = 0;
  if (count > 1) options.threads = static_cast<std::uint32_t>(std::atoi(words[1]));
  auto server = gateway::http_server::start(options, app);
  if (!server) return std::fprintf(stderr, "%s\n", server.error().message.c_str()), 1;
  std::printf("http://127.0.0.1:%u\n", static_cast<unsigned>((*server)->port()));
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
  return (*server)->stop(std::chrono::milliseconds{1000}) ? 0 : 1;
}
