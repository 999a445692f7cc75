#pragma once

#include "messages/descriptor.hpp"

#include <vector>

namespace troupe::cli {

[[nodiscard]] inline context_info stall_context() {
  context_info stall;
  stall.system = "market";
  stall.name = "stall";
  stall.resource = "stalls";
  stall.entity = "stall";
  stall.purpose = "Stalls that sell.";
  stall.state = {"Stall",
                 {{"owner", field_type::text, true},
                  {"open", field_type::boolean},
                  {"secret", field_type::real, true, true}}};
  stall.filters = {"owner", "secret"};
  stall.commands = {{.message = {"openStall", {{"owner", field_type::text, true}}},
                     .meaning = "open a stall",
                     .creates = true,
                     .verbs = {http_verb::post}},
                    {.message = {"moveStall", {}},
                     .meaning = "move it",
                     .verbs = {http_verb::patch, http_verb::put}},
                    {.message = {"closeStall", {}}, .meaning = "close | shut"},
                    {.message = {"ageStall", {}}, .meaning = "grow older"}};
  stall.events = {{{"StallOpened", {{"id", field_type::integer}}}}, {{"StallAged", {}}, true}};
  stall.asks = {{.target = "market.rent",
                 .command = "payRent",
                 .timeout = std::chrono::milliseconds{610},
                 .missing = "NO_RENT"},
                {.target = "market.rent", .command = "howMuch", .reads_only = true}};
  stall.policies = {{"CloseAll", "market.rent", "RentRose", "closeStall", "owner"}};
  stall.rejections = {{"NO_RENT", "there is no such rent"}};
  return stall;
}

/// A small catalogue with everything a descriptor can say: a system `market` of four contexts, and
/// another system that must not get mixed up with it.
[[nodiscard]] inline std::vector<context_info> market() {
  context_info shelf;
  shelf.system = "market";
  shelf.name = "shelf";
  shelf.resource = "shelves";
  shelf.entity = "shelf";
  shelf.purpose = "Shelves of a stall.";
  shelf.part_of = "market.stall";
  shelf.rank = ranking::supporting;
  shelf.state = {"Shelf", {}};
  shelf.commands = {{.message = {"putUp", {}}, .meaning = "put up", .creates = true}};
  shelf.policies = {{"PutUp", "market.stall", "StallOpened", "putUp"}};

  context_info rent;
  rent.system = "market";
  rent.name = "rent";
  rent.resource = "rents";
  rent.entity = "rent";
  rent.purpose = "Rents of stalls.";
  rent.rank = ranking::general;
  rent.state = {"Rent", {{"amount", field_type::integer, true}}};
  rent.commands = {{.message = {"payRent", {{"stallId", field_type::integer, true}}},
                    .meaning = "pay",
                    .creates = true,
                    .id_from = "stallId",
                    .verbs = {http_verb::post},
                    .reply = {"Paid", {{"left", field_type::integer}}}}};
  rent.queries = {{"howMuch", "what is due", "stallId", "amount"}};
  rent.events = {{{"RentRose", {{"id", field_type::integer}}}}};

  context_info board;
  board.system = "market";
  board.name = "boardOfStalls";
  board.resource = "boards";
  board.entity = "board";
  board.purpose = "All stalls.";
  board.kind = context_kind::view;
  board.state = {"Board", {{"owner", field_type::text, true}}};
  board.view = {{"market.stall", "market.rent"}, "id", {"owner"}, view_storage::memory};

  context_info other;
  other.system = "fair";
  other.name = "stall";
  other.resource = "stalls";
  other.entity = "stall";
  other.purpose = "Somebody else's.";
  return {stall_context(), shelf, rent, board, other};
}

} // namespace troupe::cli
