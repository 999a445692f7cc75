#!/usr/bin/env python3
"""Each rule finds a violation planted for it, and leaves a clean repository alone."""

import tempfile
import unittest
from pathlib import Path
from unittest import mock

import allowed
import call_rules
import furniture_rules
import include_rules
import size_rules
import tidy
from tree import Source, Tree

CLEAN = {
    "LICENSE": "text\n",
    "ARCHITECTURE.md": "# Map\n",
    "CONTRIBUTING.md": "# Contributing\n",
    "CHANGELOG.md": "# Changes\n",
    "README.md": "# It\n\n| folder | holds |\n|---|---|\n| `messages/` | words |\n"
                 "| `actors/` | runtime |\n| `actors/taxi/` | rules |\n| `tests/` | tests |\n",
    "messages/README.md": "# messages\n",
    "messages/systems.def": "TROUPE_SYSTEM(taxi)\n",
    "messages/taxi.hpp": "#pragma once\n#include <string>\nnamespace troupe::taxi {}\n",
    "messages/error.hpp": "#pragma once\nenum class errc : int { malformed = 1, lost };\n",
    "messages/error.cpp": '#include "messages/error.hpp"\nint f() { return 1; }\n',
    "tests/error_test.cpp": "int t() { return int(errc::malformed) + int(errc::lost); }\n",
    "actors/README.md": "# actors\n",
    "actors/decision.hpp": '#pragma once\n#include "messages/error.hpp"\n#include <string>\n',
    "actors/taxi/call.hpp": '#pragma once\n#include "actors/decision.hpp"\n',
}

# The tables of exceptions as the planted repositories need them.
TABLES = (
    mock.patch.object(include_rules, "PRIVATE_HEADERS", {"net/socket.hpp": "private"}),
    mock.patch.object(include_rules, "PURE_HEADERS", {"actors/decision.hpp": "values"}),
    mock.patch.object(call_rules, "CALLS", {"clock": {"tests/*": "real deadlines"}}),
    mock.patch.object(furniture_rules, "SOURCES_WITHOUT_TEST", {}),
)


class Planted(unittest.TestCase):
    def setUp(self):
        for table in TABLES:
            table.start()
            self.addCleanup(table.stop)

    def faults(self, planted, removed=()):
        """(path, rule) of what is found, without the one entry that CLEAN does not need."""
        texts = {path: text for path, text in {**CLEAN, **planted}.items() if path not in removed}
        return [(found.path, found.rule) for found in tidy.violations_of(Tree.of_texts(texts))
                if (found.path, found.rule) != ("net/socket.hpp", "unused-exception")]

    def assert_caught(self, rule, path, text, **options):
        self.assertIn((path, rule), self.faults({path: text}, **options))

    def assert_left_alone(self, rule, path, text):
        self.assertNotIn((path, rule), self.faults({path: text}))


class TheWhole(Planted):
    def test_a_clean_repository_has_no_violations(self):
        self.assertEqual(self.faults({}), [])

    def test_a_violation_is_one_line_with_place_rule_and_advice(self):
        tree = Tree.of_texts({**CLEAN, "messages/error.cpp": "// a\nint x = std::rand();\n"})
        shown = [str(found) for found in tidy.violations_of(tree)]
        self.assertIn("messages/error.cpp:2: randomness: std::rand: "
                      "draw from the random seam (seams/random.hpp)", shown)


class Includes(Planted):
    def test_a_lower_layer_may_not_include_a_higher_one(self):
        self.assert_caught("layers", "messages/error.cpp", '#include "actors/decision.hpp"\n')
        self.assert_left_alone("layers", "net/a.cpp", '#include "actors/decision.hpp"\n')

    def test_a_layer_may_not_include_tests(self):
        self.assertIn(("messages/error.cpp", "layers"), self.faults(
            {"messages/error.cpp": '#include "tests/fake.hpp"\n', "tests/fake.hpp": "\n"}))

    def test_our_includes_are_full_paths_in_quotes(self):
        self.assert_caught("include-path", "messages/error.cpp", '#include "error.hpp"\n')

    def test_the_sdk_is_included_as_its_users_do(self):
        sdk = {"net/sdk/troupe/client.hpp": "#pragma once\n"}
        line = "#include <troupe/client.hpp>\n"
        self.assertNotIn(("bin/a.cpp", "third-party"), self.faults({**sdk, "bin/a.cpp": line}))
        self.assertIn(("actors/a.cpp", "layers"), self.faults({**sdk, "actors/a.cpp": line}))
        self.assert_caught("include-path", "bin/a.cpp", line)

    def test_the_gateway_uses_the_sdk_only(self):
        server = {"net/server.hpp": "#pragma once\n", "net/sdk/troupe/client.hpp": "#pragma once\n"}
        for line, caught in (('#include "net/server.hpp"', True),
                             ("#include <troupe/client.hpp>", False)):
            found = self.faults({**server, "net/gateway/a.cpp": line + "\n"})
            self.assertEqual(("net/gateway/a.cpp", "gateway") in found, caught)

    def test_a_header_that_the_build_makes_may_be_included(self):
        self.assert_left_alone("include-path", "messages/error.cpp",
                               '#include "messages/system_includes.hpp"\n')

    def test_third_party_headers_belong_to_their_layer(self):
        for header, path in (("caf/all.hpp", "net/a.cpp"), ("zmq.hpp", "actors/a.cpp"),
                             ("sqlite3.h", "actors/a.cpp"), ("msgpack.hpp", "net/a.cpp"),
                             ("boost/beast.hpp", "bin/a.cpp"), ("nlohmann/json.hpp", "net/a.cpp"),
                             ("no/owner.hpp", "net/a.cpp"), ("sys/stat.h", "actors/a.cpp")):
            self.assert_caught("third-party", path, f"#include <{header}>\n")
        for header, path in (("caf/all.hpp", "supervisors/a.cpp"), ("zmq.hpp", "net/a.cpp"),
                             ("sqlite3.h", "persistence/a.cpp"), ("zmq.hpp", "tests/a_test.cpp"),
                             ("sys/stat.h", "persistence/a.cpp"), ("vector", "messages/a.cpp")):
            self.assert_left_alone("third-party", path, f"#include <{header}>\n")

    def test_public_headers_have_no_third_party_headers(self):
        self.assert_caught("public-header", "net/client.hpp", "#pragma once\n#include <zmq.hpp>\n")
        self.assert_left_alone("public-header", "net/socket.hpp",
                               "#pragma once\n#include <zmq.hpp>\n")
        self.assert_caught("third-party", "bin/a.hpp", "#pragma once\n#include <zmq.hpp>\n")

    def test_business_code_includes_messages_and_itself_only(self):
        for line in ("#include <thread>", "#include <random>", "#include <mutex>",
                     "#include <caf/all.hpp>", "#include <sqlite3.h>", "#include <zmq.hpp>",
                     '#include "actors/host.hpp"'):
            self.assertIn(("actors/taxi/call.cpp", "pure-domain"), self.faults(
                {"actors/taxi/call.cpp": line + "\n", "actors/host.hpp": "#pragma once\n"}))
        self.assert_left_alone("pure-domain", "actors/taxi/call.cpp",
                               '#include "actors/taxi/call.hpp"\n#include <optional>\n')

    def test_the_pure_headers_are_held_to_the_same(self):
        self.assert_caught("pure-domain", "actors/decision.hpp", "#pragma once\n#include <mutex>\n")

    def test_only_the_binding_of_a_system_sees_the_runtime(self):
        binding = next(iter(allowed.BINDING_HEADERS))
        for name, caught in (("context", False), ("call", True)):
            path = f"actors/taxi/{name}.cpp"
            found = self.faults({path: f'#include "{binding}"\n', binding: "#pragma once\n"})
            self.assertEqual((path, "pure-domain") in found, caught)

    def test_a_header_has_its_guard(self):
        self.assert_caught("header-guard", "messages/taxi.hpp", "int x;\n")

    def test_an_include_in_a_comment_is_none(self):
        self.assert_left_alone("layers", "messages/error.cpp",
                               '// #include "actors/decision.hpp"\n')


class Calls(Planted):
    def test_each_banned_call_is_found(self):
        for rule, code in (
                ("clock", "auto t = std::chrono::steady_clock::now();"),
                ("clock", "auto t = std::chrono::system_clock::now();"),
                ("clock", "auto t = std::time(nullptr);"),
                ("randomness", "std::random_device device;"),
                ("randomness", "int r = std::rand();"),
                ("sleep", "std::this_thread::sleep_for(1s);"), ("sleep", "usleep(5);"),
                ("sleep", "::sleep(5);"),
                ("caf-await", "request(a, 1s).await(f);"),
                ("caf-timer", "delayed_send(self, 1s, m);"), ("caf-output", "aout(self) << 1;"),
                ("caf-blocking", "caf::scoped_actor self{system};"),
                ("caf-main", "CAF_MAIN()")):
            self.assert_caught(rule, "actors/host.cpp", f"void f() {{ {code} }}\n")

    def test_common_words_are_banned_where_caf_is_included(self):
        for rule, code in (("caf-timer", "after(1s);"), ("caf-detached", "spawn<detached>();"),
                           ("caf-registry", "system.registry();"),
                           ("caf-mailbox", "self->mailbox();")):
            code = f"void f() {{ {code} }}\n"
            self.assert_caught(rule, "actors/host.cpp", "#include <caf/all.hpp>\n" + code)
            self.assert_left_alone(rule, "actors/host.cpp", code)

    def test_comments_and_strings_call_nothing(self):
        self.assert_left_alone("randomness", "messages/error.cpp",
                               '// std::rand()\n/* std::rand() */ auto s = "std::rand()";\n')

    def test_exceptions_hold_for_their_files_only(self):
        code = "auto t = std::chrono::steady_clock::now();\n"
        self.assert_left_alone("clock", "tests/error_test.cpp", code)
        self.assert_left_alone("caf-blocking", "tests/a.cpp", "caf::scoped_actor self{system};\n")

    def test_an_exception_nobody_needs_is_reported(self):
        with mock.patch.object(call_rules, "CALLS", {"sleep": {"net/gone.cpp": "reason"}}):
            self.assertIn(("net/gone.cpp", "unused-exception"), self.faults({}))
        self.assertIn(("net/socket.hpp", "unused-exception"), [
            (found.path, found.rule) for found in tidy.violations_of(Tree.of_texts(CLEAN))])


class Sizes(Planted):
    def test_long_files_lines_and_functions_are_found(self):
        self.assert_caught("file-length", "messages/error.cpp", "int x;\n" * 501)
        self.assert_left_alone("file-length", "messages/error.cpp", "int x;\n" * 500)
        self.assert_caught("line-length", "messages/error.cpp", "x" * 101 + "\n")
        self.assert_left_alone("line-length", "messages/error.cpp", "é" * 100 + "\n")
        long_body = "  x();\n" * 69
        self.assert_caught("function-length", "messages/error.cpp", f"void f() {{\n{long_body}}}\n")
        self.assert_left_alone("function-length", "messages/error.cpp",
                               f"void f() {{\n{long_body[7:]}}}\n")
        self.assert_caught("function-length", "tests/tidy/a.py",
                           "def f():\n" + "    x()\n" * 70)

    def test_functions_are_told_from_scopes_data_and_initialisers(self):
        code = ("namespace a {\n"
                "struct s {\n"
                "  s() : x_{1}, y_(std::move(z)), v_{} {\n  }\n"
                "  template <class T> const T& get() const {\n    return {};\n  }\n"
                "};\n"
                "auto table = std::array{\n  f(1),\n};\n"
                "bool operator==(const s& a, const s& b) {\n  return true;\n}\n"
                "}\n")
        self.assertEqual(list(size_rules.cpp_functions(Source("a.cpp", code).code)),
                         [("s", 3, 2), ("get", 5, 3), ("function", 12, 3)])

    def test_unfinished_work_is_found(self):
        for marker in ("TO" + "DO", "FIX" + "ME", "XX" + "X"):
            self.assert_caught("unfinished", "messages/error.cpp", f"// {marker}: later\n")
        self.assert_left_alone("unfinished", "messages/error.cpp", 'auto t = "/tmp/aXXXXXX";\n')

    def test_files_are_named_after_what_they_hold(self):
        self.assert_caught("vague-name", "messages/utils.hpp", "#pragma once\n")


class Names(Planted):
    def test_a_layer_may_not_know_a_system(self):
        self.assert_caught("system-name", "net/gateway.cpp", 'auto path = "/taxi/calls";\n')
        self.assert_caught("system-name", "net/gateway.cpp", "int f() { return taxi_calls; }\n")
        self.assert_caught("system-name", "CMakeLists.txt", "add_library(taxi)\n")
        self.assert_left_alone("system-name", "net/gateway.cpp", "// such as taxi.call\n")
        self.assert_left_alone("system-name", "actors/taxi/call.cpp", "namespace taxi {}\n")
        self.assert_left_alone("system-name", "tests/a_test.cpp", "namespace taxi {}\n")


class Furniture(Planted):
    def test_each_folder_has_its_line_and_each_line_its_folder(self):
        self.assertIn(("README.md", "folder-table"), self.faults({"docs/a.md": "# A\n"}))
        self.assert_caught("folder-table", "README.md", CLEAN["README.md"] + "| `gone/` | x |\n")

    def test_each_layer_has_a_readme(self):
        self.assertIn(("actors/README.md", "layer-readme"),
                      self.faults({}, removed=["actors/README.md"]))

    def test_each_error_code_is_named_in_a_test(self):
        self.assertIn(("messages/error.hpp", "error-codes"),
                      self.faults({"tests/error_test.cpp": "// errc::lost\n"}))

    def test_each_source_has_a_test(self):
        self.assert_caught("source-without-test", "messages/codec.cpp", "int x;\n")

    def test_the_root_documents_are_there(self):
        for path in furniture_rules.ROOT_DOCUMENTS:
            self.assertIn((path, "root-document"), self.faults({}, removed=[path]))

    def test_each_page_is_in_the_index(self):
        self.assert_caught("docs-index", "docs/format.md", "# Format\n")

    def test_links_lead_somewhere(self):
        self.assert_caught("link", "CHANGELOG.md", "[x](docs/gone.md)\n")
        self.assert_caught("link", "CHANGELOG.md", "[x](README.md#nowhere)\n")
        for good in ("[x](README.md#it)", "[x](messages/)", "[x](https://example.org)",
                     "`[x](gone.md)`"):
            self.assert_left_alone("link", "CHANGELOG.md", good + "\n")


class Listing(unittest.TestCase):
    def test_without_git_the_folder_is_walked_and_build_is_left_out(self):
        with tempfile.TemporaryDirectory() as folder:
            for path in ("messages/a.cpp", "build/release/b.cpp"):
                (Path(folder) / path).parent.mkdir(parents=True)
                (Path(folder) / path).write_text("int x;\n")
            self.assertEqual(Tree.of_folder(folder).paths, {"messages/a.cpp"})


if __name__ == "__main__":
    unittest.main()
