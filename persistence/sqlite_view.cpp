#include "persistence/sqlite_view.hpp"

#include "persistence/data_folder.hpp"

namespace troupe {

namespace {

/// Grows when the tables change; older files are then made again.
constexpr int view_format = 2;

std::string signature_of(const journal_identity& who, const sqlite_view_shape& shape) {
  return "view " + std::to_string(view_format) + " " + who.context + " " +
         std::to_string(who.shard.value) + "/" + std::to_string(who.shards) + " " + shape.described;
}

} // namespace

result<std::unique_ptr<sqlite_view>> sqlite_view::open(const sqlite_options& options,
                                                       const journal_identity& who,
                                                       const context_info& info) {
  auto columns = view_columns(info);
  if (!columns) return columns.error();
  if (info.view.key.empty())
    return fail(errc::internal, "context " + info.full_name() + " declares no key for its view");
  const auto path = data_file(options.directory, who, "view");
  if (!path) return path.error();
  if (auto done = make_data_folder(options.directory); !done) return done.error();
  auto lock = file_lock::take(path->string() + ".lock", describe_file("view", who), who.node);
  if (!lock) return lock.error();
  std::unique_ptr<sqlite_view> opened{
      new sqlite_view{sqlite_view_shape{info, std::move(columns).value()}}};
  const auto& shape = opened->shape_;
  auto file = rebuildable_file::open({*path, signature_of(who, shape), shape.schema},
                                     std::move(lock).value());
  if (!file) return file.error();
  auto served = sqlite_view_file::take(shape, std::move(file).value());
  if (!served) return served.error();
  opened->served_ = std::move(served).value();
  return opened;
}

result<void> sqlite_view::begin_rebuild() {
  rebuilt_.reset(); // before the next one is made: it has the same name
  auto made = served_->make_beside();
  if (!made) return made.error();
  rebuilt_ = std::move(made).value();
  return {};
}

result<void> sqlite_view::finish_rebuild() {
  if (!rebuilt_) return fail(errc::internal, "there is no rebuild of the view to finish");
  const auto filled = std::exchange(rebuilt_, nullptr);
  return served_->replace_with(std::move(*filled));
}

} // namespace troupe
