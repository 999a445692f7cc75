#include "persistence/cluster_rows.hpp"

#include <sqlite3.h>

#include <functional>
#include <string>
#include <utility>

namespace troupe {

using sqlite::connection;
using sqlite::statement;

namespace {

/// The last column of a shard's row: two flags in one number, so that the table stays as it was.
constexpr std::int64_t flag_ready = 1;
constexpr std::int64_t flag_held = 2;

constexpr const char* tables = R"(
CREATE TABLE cluster(format INTEGER NOT NULL, version INTEGER NOT NULL, news INTEGER NOT NULL,
  secret TEXT NOT NULL);
CREATE TABLE members(node TEXT, generation INTEGER, endpoint TEXT NOT NULL,
  cluster_endpoint TEXT NOT NULL, build TEXT NOT NULL, state INTEGER NOT NULL, hosts TEXT NOT NULL,
  PRIMARY KEY(node, generation)) WITHOUT ROWID;
CREATE TABLE contexts(name TEXT PRIMARY KEY, shards INTEGER NOT NULL, stopped INTEGER NOT NULL,
  delay TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE shards(context TEXT, shard INTEGER, owner TEXT NOT NULL,
  owner_generation INTEGER NOT NULL, epoch INTEGER NOT NULL, target TEXT NOT NULL,
  target_generation INTEGER NOT NULL, target_ready INTEGER NOT NULL,
  PRIMARY KEY(context, shard)) WITHOUT ROWID;
CREATE TABLE leases(node TEXT, generation INTEGER, ended INTEGER NOT NULL,
  PRIMARY KEY(node, generation)) WITHOUT ROWID;
CREATE TABLE votes(voter TEXT, voter_generation INTEGER, target TEXT, target_generation INTEGER,
  PRIMARY KEY(voter, voter_generation, target, target_generation)) WITHOUT ROWID;
)";

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names)
    text += (text.empty() ? "" : ",") + name;
  return text;
}

std::vector<std::string> parted(std::string_view text) {
  std::vector<std::string> names;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(','), text.size());
    names.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return names;
}

member_key key_at(const statement& row, int column) {
  return {std::string{row.text(column)}, row.unsigned_integer(column + 1)};
}

statement& bind_key(statement& to, int parameter, const member_key& who) {
  return to.bind_text(parameter, who.node).bind(parameter + 1, who.generation);
}

/// How the rows of one list are read, written and removed. `key_of` is what they are sorted by.
template <class Row, class Key> struct table {
  const char* select;
  Row (*read)(const statement&);
  const char* insert;
  int (*write)(statement&, const Row&);
  const char* erase;
  int (*remove)(statement&, const Row&);
  Key key_of;
};

const table<member_row, member_key member_row::*> members_table{
    "SELECT * FROM members ORDER BY node, generation",
    [](const statement& row) {
      return member_row{key_at(row, 0),
                        std::string{row.text(2)},
                        std::string{row.text(3)},
                        std::string{row.text(4)},
                        static_cast<member_state>(row.integer(5)),
                        parted(row.text(6))};
    },
    "INSERT OR REPLACE INTO members VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [](statement& to, const member_row& row) {
      const std::string hosts = joined(row.hosts);
      return bind_key(to, 1, row.who)
          .bind_text(3, row.endpoint)
          .bind_text(4, row.cluster_endpoint)
          .bind_text(5, row.build)
          .bind(6, static_cast<std::int64_t>(row.state))
          .bind_text(7, hosts)
          .run();
    },
    "DELETE FROM members WHERE node = ?1 AND generation = ?2",
    [](statement& to, const member_row& row) { return bind_key(to, 1, row.who).run(); },
    &member_row::who};

const table<context_row, std::string context_row::*> contexts_table{
    "SELECT * FROM contexts ORDER BY name",
    [](const statement& row) {
      return context_row{std::string{row.text(0)}, static_cast<std::uint32_t>(row.integer(1)),
                         row.integer(2) != 0, std::string{row.text(3)}};
    },
    "INSERT OR REPLACE INTO contexts VALUES(?1, ?2, ?3, ?4)",
    [](statement& to, const context_row& row) {
      return to.bind_text(1, row.name)
          .bind(2, std::int64_t{row.shards})
          .bind(3, std::int64_t{row.stopped})
          .bind_text(4, row.delay)
          .run();
    },
    "DELETE FROM contexts WHERE name = ?1",
    [](statement& to, const context_row& row) { return to.bind_text(1, row.name).run(); },
    &context_row::name};

const table<shard_row, shard_ref shard_row::*> shards_table{
    "SELECT * FROM shards ORDER BY context, shard",
    [](const statement& row) {
      return shard_row{{std::string{row.text(0)}, {static_cast<std::uint32_t>(row.integer(1))}},
                       key_at(row, 2),
                       {row.unsigned_integer(4)},
                       key_at(row, 5),
                       (row.integer(7) & flag_ready) != 0,
                       (row.integer(7) & flag_held) != 0};
    },
    "INSERT OR REPLACE INTO shards VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    [](statement& to, const shard_row& row) {
      to.bind_text(1, row.which.context).bind(2, std::int64_t{row.which.shard.value});
      bind_key(to, 3, row.owner).bind(5, row.epoch.value);
      const std::int64_t flags = (row.target_ready ? flag_ready : 0) | (row.held ? flag_held : 0);
      return bind_key(to, 6, row.target).bind(8, flags).run();
    },
    "DELETE FROM shards WHERE context = ?1 AND shard = ?2",
    [](statement& to, const shard_row& row) {
      return to.bind_text(1, row.which.context).bind(2, std::int64_t{row.which.shard.value}).run();
    },
    &shard_row::which};

const table<lease_row, member_key lease_row::*> leases_table{
    "SELECT * FROM leases ORDER BY node, generation",
    [](const statement& row) {
      return lease_row{key_at(row, 0), 0, row.integer(2) != 0};
    },
    "INSERT OR REPLACE INTO leases VALUES(?1, ?2, ?3)",
    [](statement& to, const lease_row& row) {
      return bind_key(to, 1, row.who).bind(3, std::int64_t{row.ended}).run();
    },
    "DELETE FROM leases WHERE node = ?1 AND generation = ?2",
    [](statement& to, const lease_row& row) { return bind_key(to, 1, row.who).run(); },
    &lease_row::who};

const table<vote_row, std::identity> votes_table{
    "SELECT * FROM votes ORDER BY voter, voter_generation, target, target_generation",
    [](const statement& row) {
      return vote_row{key_at(row, 0), key_at(row, 2)};
    },
    "INSERT INTO votes VALUES(?1, ?2, ?3, ?4)",
    [](statement& to, const vote_row& row) {
      return bind_key(bind_key(to, 1, row.voter), 3, row.target).run();
    },
    "DELETE FROM votes WHERE voter = ?1 AND voter_generation = ?2 AND target = ?3 "
    "AND target_generation = ?4",
    [](statement& to, const vote_row& row) {
      return bind_key(bind_key(to, 1, row.voter), 3, row.target).run();
    },
    {}};

template <class Row, class Key>
int load(connection& db, const table<Row, Key>& from, std::vector<Row>& to) {
  statement rows;
  int code = db.prepare(from.select, rows);
  if (code != SQLITE_OK) return code;
  while ((code = rows.step()) == SQLITE_ROW)
    to.push_back(from.read(rows));
  return code == SQLITE_DONE ? SQLITE_OK : code;
}

/// Both lists are sorted by their keys, so one walk finds what differs.
template <class Row, class Key>
int store(connection& db, const table<Row, Key>& in, const std::vector<Row>& before,
          const std::vector<Row>& after) {
  if (before == after) return SQLITE_OK;
  statement insert;
  statement erase;
  int code = db.prepare(in.insert, insert);
  if (code == SQLITE_OK) code = db.prepare(in.erase, erase);
  auto old = before.begin();
  for (auto row = after.begin(); code == SQLITE_OK && row != after.end(); ++row) {
    const auto& key = std::invoke(in.key_of, *row);
    for (; code == SQLITE_OK && old != before.end() && std::invoke(in.key_of, *old) < key; ++old)
      code = in.remove(erase, *old);
    const bool known = old != before.end() && std::invoke(in.key_of, *old) == key;
    if (code == SQLITE_OK && !(known && *old == *row)) code = in.write(insert, *row);
    if (known) ++old;
  }
  for (; code == SQLITE_OK && old != before.end(); ++old)
    code = in.remove(erase, *old);
  return code;
}

error damaged(const connection& db, const std::string& how) {
  return fail(errc::corrupt, db.path().string() + " " + how);
}

/// What SQLite calls an error in our SQL is a file that lacks a table: it is not ours.
error read_failure(const connection& db, int code) {
  return code == SQLITE_ERROR ? damaged(db, "is not a cluster's file")
                              : cluster_failure(db, code, "read");
}

} // namespace

error cluster_failure(const connection& db, int code, std::string_view doing) {
  if (sqlite::is_failed_sync(code)) sqlite::die_of_failed_sync(db.path(), doing);
  error why = db.failure(code, doing);
  if ((code & 0xff) == SQLITE_BUSY) why.code = errc::storage_locked;
  return why;
}

int make_cluster_tables(connection& db, std::string_view secret) {
  return db.transaction([&] {
    statement put;
    int code = db.execute(tables);
    if (code == SQLITE_OK) code = db.prepare("INSERT INTO cluster VALUES(?1, 0, 0, ?2)", put);
    return code == SQLITE_OK ? put.bind(1, cluster_format).bind_text(2, secret).run() : code;
  });
}

result<void> check_cluster_format(connection& db) {
  statement find;
  int code = db.prepare("SELECT format FROM cluster", find);
  if (code == SQLITE_OK) code = find.step();
  if (code == SQLITE_DONE) return damaged(db, "lacks its format");
  if (code != SQLITE_ROW) return read_failure(db, code);
  if (find.integer(0) == cluster_format) return {};
  return fail(errc::wrong_format, db.path().string() + " has cluster format " +
                                      std::to_string(find.integer(0)) + "; this version knows " +
                                      std::to_string(cluster_format) + " only");
}

result<cluster_state> load_cluster_numbers(connection& db) {
  statement find;
  int code = db.prepare("SELECT version, news, secret FROM cluster", find);
  if (code == SQLITE_OK) code = find.step();
  if (code == SQLITE_DONE) return damaged(db, "lacks its version");
  if (code != SQLITE_ROW) return read_failure(db, code);
  cluster_state found;
  found.view.version = find.unsigned_integer(0);
  found.news = find.unsigned_integer(1);
  found.view.secret = find.text(2);
  return found;
}

result<cluster_state> load_cluster(connection& db) {
  auto found = load_cluster_numbers(db);
  if (!found) return found;
  cluster_view& view = found->view;
  int code = load(db, members_table, view.members);
  if (code == SQLITE_OK) code = load(db, contexts_table, view.contexts);
  if (code == SQLITE_OK) code = load(db, shards_table, view.shards);
  if (code == SQLITE_OK) code = load(db, leases_table, view.leases);
  if (code == SQLITE_OK) code = load(db, votes_table, view.votes);
  if (code != SQLITE_OK) return read_failure(db, code);
  for (const auto& member : view.members)
    if (name_of(member.state) == name_of(member_state{}))
      return damaged(db, "has a member without a state: " + member.who.node);
  return found;
}

int store_cluster(connection& db, const cluster_state& before, const cluster_state& after) {
  int code = store(db, members_table, before.view.members, after.view.members);
  if (code == SQLITE_OK)
    code = store(db, contexts_table, before.view.contexts, after.view.contexts);
  if (code == SQLITE_OK) code = store(db, shards_table, before.view.shards, after.view.shards);
  if (code == SQLITE_OK) code = store(db, leases_table, before.view.leases, after.view.leases);
  if (code == SQLITE_OK) code = store(db, votes_table, before.view.votes, after.view.votes);
  statement numbers;
  if (code == SQLITE_OK) code = db.prepare("UPDATE cluster SET version = ?1, news = ?2", numbers);
  return code == SQLITE_OK ? numbers.bind(1, after.view.version).bind(2, after.news).run() : code;
}

result<bool> has_lease(connection& db, const member_key& who) {
  statement find;
  int code = db.prepare("SELECT ended FROM leases WHERE node = ?1 AND generation = ?2", find);
  if (code == SQLITE_OK) code = bind_key(find, 1, who).step();
  if (code != SQLITE_ROW && code != SQLITE_DONE) return read_failure(db, code);
  return code == SQLITE_ROW && find.integer(0) == 0;
}

} // namespace troupe
